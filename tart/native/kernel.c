/* The native kernel: what a shard does for every event, for a whole batch at a time.
 *
 * Each function here has a twin in Python (`tart.protocol.batch_split`, `columnar`,
 * `interning`, `frames`, `tart.shard.state.peer_dictionary`), which is the reference: property
 * tests hold both equal. The library has no Python ABI and no state; `tart.native.library`
 * calls it with the addresses of NumPy arrays, without Python's global lock.
 *
 * Nothing about JIP-3's events is written here: their layouts come as tables, derived from
 * `tart.protocol.events`.
 *
 * Memory safety:
 * - Bytes of nodes are read through `inside(size, start, length)` only, or at an offset that was
 *   compared with the end of its frame, and each frame with the end of the buffer, before.
 *   All sizes and positions are 64-bit; a length from the wire is 32-bit, a position below 2^63,
 *   so sums of two do not overflow.
 * - Integers of nodes are read by memcpy: neither alignment nor aliasing is assumed.
 * - Each output array has the number of elements that the call names. Writes are counted
 *   against it; a call that would need more returns NO_ROOM.
 * - Positions and table entries that come from Python are checked as well, and refused with
 *   BAD_INPUT: a fault of the caller is an exception there, not a fault of memory.
 * - Nothing is allocated and no pointer outlives a call.
 */
#include <stdint.h>
#include <string.h>

/* Both sides of an interface that changes change this number; the loader compares it. */
#define KERNEL_ABI 1

#define BAD_INPUT (-1)
#define NO_ROOM (-2)

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

enum {
    LENGTH_BYTES = 4,
    HEADER_BYTES = 9,
    REF_BYTES = 8,
    PEER_BYTES = 32,
    SLOT_BYTES = 4,
    CORE_BYTES = 2,
    SHARD_INDEX_BYTES = 2,
    ONE_BYTE_NATURAL = 0x80,
    LONGEST_KEY = 64
};

EXPORT int64_t tart_kernel_abi(void) { return KERNEL_ABI; }

/* The hash of the source that the library is made of (tart.native.build). */
#ifndef KERNEL_SOURCE
#define KERNEL_SOURCE ""
#endif
EXPORT const char *tart_kernel_source(void) { return KERNEL_SOURCE; }

static int inside(int64_t size, int64_t start, int64_t length)
{
    return start >= 0 && length >= 0 && start <= size && length <= size - start;
}

static uint64_t read_u64(const uint8_t *at)
{
    uint64_t value = 0;
    for (int byte = 7; byte >= 0; byte--)
        value = value << 8 | at[byte];
    return value;
}

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint16_t read_u16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }

/* --- Frames of reads ------------------------------------------------------------------- */

/* Split the bytes of many connections into frames, read by read.
 *
 * data, size:     the bytes; those of one connection are together, in order
 * connections:    their number; connection c has the bytes from begins[c] to begins[c + 1]
 * reads:          their number, in order of arrival; read r brought read_sizes[r] bytes of
 *                 connection read_of[r]. Bytes of a connection before those of its reads are
 *                 the tail of earlier ones.
 * longest:        the longest content accepted
 * parsed:         per connection, out: where the bytes begin that are no complete frame
 * broken:         per connection, out: the read with a length beyond the limit, or -1; the
 *                 connection's frames end there, and parsed is where that frame begins
 * starts, ends:   out: the contents, in order of the reads that completed them
 * counts:         per read, out: the number of frames that it completed
 * scratch:        per connection
 *
 * Returns the number of frames. */
EXPORT int64_t tart_split(const uint8_t *data, int64_t size, int64_t connections,
                          const int64_t *begins, int64_t reads, const int64_t *read_of,
                          const int64_t *read_sizes, int64_t longest, int64_t *parsed,
                          int64_t *broken, int64_t *starts, int64_t *ends, int64_t capacity,
                          int64_t *counts, int64_t *scratch)
{
    int64_t frames = 0;

    for (int64_t c = 0; c < connections; c++) {
        if (begins[c] < 0 || begins[c] > begins[c + 1] || begins[c + 1] > size)
            return BAD_INPUT;
        parsed[c] = begins[c];
        broken[c] = -1;
        scratch[c] = begins[c + 1];
    }
    /* Where the reads of each connection begin, behind the tail. */
    for (int64_t r = 0; r < reads; r++) {
        int64_t c = read_of[r];
        if (c < 0 || c >= connections || read_sizes[r] < 0 ||
            read_sizes[r] > scratch[c] - begins[c])
            return BAD_INPUT;
        scratch[c] -= read_sizes[r];
    }
    for (int64_t r = 0; r < reads; r++) {
        int64_t c = read_of[r];
        int64_t available = scratch[c] += read_sizes[r];
        int64_t before = frames, at = parsed[c];

        while (broken[c] < 0 && available - at >= LENGTH_BYTES) {
            int64_t length = read_u32(data + at);
            if (length > longest) {
                broken[c] = r;
                break;
            }
            if (length > available - at - LENGTH_BYTES)
                break;
            if (frames == capacity)
                return NO_ROOM;
            starts[frames] = at + LENGTH_BYTES;
            at += LENGTH_BYTES + length;
            ends[frames++] = at;
        }
        parsed[c] = at;
        counts[r] = frames - before;
    }
    return frames;
}

/* Copy frames into a buffer of their own, one directly after the other; ends: out.
 * Returns the number of bytes. */
EXPORT int64_t tart_compact(const uint8_t *data, int64_t size, const int64_t *starts,
                            const int64_t *ends, int64_t frames, uint8_t *into,
                            int64_t capacity, int64_t *new_ends)
{
    int64_t written = 0;

    for (int64_t i = 0; i < frames; i++) {
        int64_t length = ends[i] - starts[i];
        if (!inside(size, starts[i], length))
            return BAD_INPUT;
        if (length > capacity - written)
            return NO_ROOM;
        if (length) /* memcpy must not get a null pointer, even for nothing */
            memcpy(into + written, data + starts[i], (size_t)length);
        new_ends[i] = written += length;
    }
    return written;
}

/* --- Columns --------------------------------------------------------------------------- */

/* The layout of an event type; offsets count from the payload's start, -1 for none. */
typedef struct {
    int32_t size;             /* of a payload of fixed size */
    int32_t count_offset;     /* of the length of the only list */
    int32_t element;          /* the size of an element of that list */
    int32_t after;            /* the size of the part after that list */
    int32_t slot_offset, core_offset;
    int32_t first_limit;      /* index of the first limited byte */
    int32_t limits;           /* their number, at offsets from the payload's start */
    int32_t limits_after;     /* the number of those after the list, which follow */
    uint8_t has_ref, has_peer, ends_with_shard, unused;
} type_layout;

/* A byte with a highest valid value. */
typedef struct {
    int32_t offset, highest;
} byte_limit;

/* The limited bytes of a part of a frame, which begins at `part` and ends at `end`. */
static int in_range(const uint8_t *data, int64_t part, int64_t end, const byte_limit *limits,
                    int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (limits[i].offset < 0 || limits[i].offset >= end - part ||
            data[part + limits[i].offset] > limits[i].highest)
            return 0;
    return 1;
}

/* Whether a payload is exactly as its type's layout says. */
static int is_clean(const uint8_t *data, int64_t payload, int64_t end, const type_layout *layout,
                    const byte_limit *limits)
{
    int64_t size = end - payload;

    if (layout->count_offset >= 0) {
        if (size <= layout->count_offset)
            return 0;
        int64_t count = data[payload + layout->count_offset];
        int64_t expected = (int64_t)layout->count_offset + 1 + count * layout->element + layout->after;
        if (count >= ONE_BYTE_NATURAL || size != expected)
            return 0;
        if (!in_range(data, end - layout->after, end, limits + layout->limits, layout->limits_after))
            return 0;
    } else if (size != layout->size) {
        return 0;
    }
    return in_range(data, payload, end, limits, layout->limits);
}

static int valid_layouts(const type_layout *layouts, int64_t all_limits)
{
    for (int type = 0; type < 256; type++) {
        const type_layout *layout = &layouts[type];
        if (layout->first_limit < 0 || layout->limits < 0 || layout->limits_after < 0 ||
            layout->element < 0 || layout->after < 0 ||
            (int64_t)layout->first_limit + layout->limits + layout->limits_after > all_limits)
            return 0;
    }
    return 1;
}

/* Read the columns of frames: see `tart.protocol.columnar.Columns`.
 *
 * layouts has 256 elements. Absent values are 0. Returns 0. */
EXPORT int64_t tart_columns(const uint8_t *data, int64_t size, const int64_t *starts,
                            const int64_t *ends, int64_t frames, const type_layout *layouts,
                            const byte_limit *limits, int64_t all_limits, uint64_t *timestamp,
                            uint64_t *ref, int64_t *body_start, int64_t *body_end, uint32_t *slot,
                            uint16_t *core, uint16_t *shard_index, uint8_t *number,
                            uint8_t *has_ref, uint8_t *has_peer, uint8_t *has_slot,
                            uint8_t *has_core, uint8_t *has_shard_index, uint8_t *clean)
{
    if (!valid_layouts(layouts, all_limits))
        return BAD_INPUT;
    for (int64_t i = 0; i < frames; i++) {
        int64_t start = starts[i], end = ends[i], length = end - start;

        if (!inside(size, start, length))
            return BAD_INPUT;
        timestamp[i] = ref[i] = 0;
        slot[i] = 0;
        core[i] = shard_index[i] = 0;
        number[i] = has_ref[i] = has_peer[i] = has_slot[i] = has_core[i] = 0;
        has_shard_index[i] = clean[i] = 0;
        body_start[i] = HEADER_BYTES;
        body_end[i] = length;
        if (length < HEADER_BYTES)
            continue;

        int64_t payload = start + HEADER_BYTES, bytes = length - HEADER_BYTES;
        const type_layout *layout = &layouts[data[payload - 1]];

        timestamp[i] = read_u64(data + start);
        number[i] = data[payload - 1];
        if (layout->has_ref && bytes >= REF_BYTES) {
            has_ref[i] = 1;
            ref[i] = read_u64(data + payload);
            body_start[i] += REF_BYTES;
        }
        if (layout->has_peer && bytes >= PEER_BYTES + (has_ref[i] ? REF_BYTES : 0))
            has_peer[i] = 1;
        if (layout->slot_offset >= 0 && bytes >= (int64_t)layout->slot_offset + SLOT_BYTES) {
            has_slot[i] = 1;
            slot[i] = read_u32(data + payload + layout->slot_offset);
        }
        if (layout->core_offset >= 0 && bytes >= (int64_t)layout->core_offset + CORE_BYTES) {
            has_core[i] = 1;
            core[i] = read_u16(data + payload + layout->core_offset);
        }
        if (!is_clean(data, payload, end, layout, limits + layout->first_limit))
            continue;
        clean[i] = 1;
        if (layout->ends_with_shard && bytes >= SHARD_INDEX_BYTES) {
            has_shard_index[i] = 1;
            shard_index[i] = read_u16(data + end - SHARD_INDEX_BYTES);
            body_end[i] -= SHARD_INDEX_BYTES;
        }
    }
    return 0;
}

/* --- Numbers of keys ------------------------------------------------------------------- */

/* Multilinear hashing over 32-bit words (Lemire and Kaser, "Strongly universal string hashing is
 * fast", 2014): with random secrets two different keys collide with probability 2^-32, whoever
 * chose them, so that no node can make a table slow. A key has at most LONGEST_KEY bytes;
 * there are LONGEST_KEY / 4 + 1 secrets. */
static uint32_t hash(const uint8_t *key, int64_t width, const uint64_t *secrets)
{
    uint64_t sum = secrets[0];
    for (int64_t word = 0; word < width / 4; word++)
        sum += secrets[word + 1] * read_u32(key + 4 * word);
    return (uint32_t)(sum >> 32);
}

static int valid_table(int64_t width, int64_t slots, int64_t most)
{
    return width > 0 && width <= LONGEST_KEY && width % 4 == 0 && slots > 0 &&
           (slots & (slots - 1)) == 0 && most < slots && most < INT32_MAX;
}

/* Number keys by first appearance: numbers and firsts as in `tart.protocol.interning`.
 *
 * slots: the size of table, a power of two above `keys`; table is all -1. Returns the number of
 * different keys; firsts has room for `keys`. */
EXPORT int64_t tart_intern(const uint8_t *data, int64_t size, const int64_t *positions,
                           int64_t keys, int64_t width, const uint64_t *secrets, int32_t *table,
                           int64_t slots, int64_t *numbers, int64_t *firsts)
{
    int64_t known = 0;

    if (!valid_table(width, slots, keys))
        return BAD_INPUT;
    for (int64_t i = 0; i < keys; i++) {
        if (!inside(size, positions[i], width))
            return BAD_INPUT;
        const uint8_t *key = data + positions[i];
        int64_t slot = hash(key, width, secrets) & (slots - 1);
        while (table[slot] >= 0) {
            if (table[slot] >= known)
                return BAD_INPUT;
            if (!memcmp(key, data + positions[firsts[table[slot]]], (size_t)width))
                break;
            slot = (slot + 1) & (slots - 1);
        }
        if (table[slot] < 0) {
            firsts[known] = i;
            table[slot] = (int32_t)known++;
        }
        numbers[i] = table[slot];
    }
    return known;
}

/* Fill the table of a dictionary: all -1 before. Keys that are not `used` are in no slot.
 * See tart_number_keys for the rest. Returns the number of keys. */
EXPORT int64_t tart_index_keys(const uint8_t *stored, int64_t known, int64_t width,
                               const uint8_t *used, const uint64_t *secrets, int32_t *table,
                               int64_t slots)
{
    if (!valid_table(width, slots, known) || known < 0)
        return BAD_INPUT;
    for (int64_t number = 0; number < known; number++) {
        if (!used[number])
            continue;
        int64_t slot = hash(stored + number * width, width, secrets) & (slots - 1);
        while (table[slot] >= 0)
            slot = (slot + 1) & (slots - 1);
        table[slot] = (int32_t)number;
    }
    return known;
}

/* Look keys up in a dictionary, and add those that are new while there is room.
 *
 * known:        the number of keys that the dictionary has
 * most:         the number that it may have; stored has room for them
 * stored:       the keys by number, `width` bytes each
 * table:        of `slots` (a power of two above `most`); -1 where free
 * numbers:      out: the number of each key; -1 for a new one beyond `most`
 *
 * Returns the number of keys that the dictionary has now. */
EXPORT int64_t tart_number_keys(const uint8_t *data, int64_t size, const int64_t *positions,
                                int64_t keys, int64_t width, const uint64_t *secrets,
                                uint8_t *stored, int64_t known, int64_t most, int32_t *table,
                                int64_t slots, int64_t *numbers)
{
    if (!valid_table(width, slots, most) || known < 0 || known > most)
        return BAD_INPUT;
    for (int64_t i = 0; i < keys; i++) {
        if (!inside(size, positions[i], width))
            return BAD_INPUT;
        const uint8_t *key = data + positions[i];
        int64_t slot = hash(key, width, secrets) & (slots - 1);
        while (table[slot] >= 0) {
            if (table[slot] >= known)
                return BAD_INPUT;
            if (!memcmp(key, stored + table[slot] * width, (size_t)width))
                break;
            slot = (slot + 1) & (slots - 1);
        }
        if (table[slot] < 0 && known < most) {
            memcpy(stored + known * width, key, (size_t)width);
            table[slot] = (int32_t)known++;
        }
        numbers[i] = table[slot];
    }
    return known;
}
