"""Reduction of whole batches: shard requests, assurances, guarantees received, announcements.

Pure. These types are three quarters of the events of a full network, and none is part of a
pipeline. Events of one type are processed together and counted by what they are about.

In a batch, open events first learn their hashes (``set_subjects``); then the events that
refer to them are counted for these hashes (``count``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from typing import Any

import numpy as np

from tart.aggregate.core.event_batch import EventBatch
from tart.aggregate.core.event_columns import Array
from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.aggregate.core.grouping import count_times, gather, group, occurrences, split, to_bytes
from tart.aggregate.core.tables import LINK_BUCKET, TICK_US
from tart.aggregate.core.transactions import BatchTransaction
from tart.aggregate.keyed.counters import KeyedCounters, count_by_key, minute_start
from tart.aggregate.keyed.deliveries import Deliveries, Start, is_followed
from tart.aggregate.keyed.first_seen import Sighting
from tart.aggregate.references.open_references import NO_ENTRY, OpenReferences
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.events import EventKind
from tart.protocol.interning import Interned
from tart.protocol.optional_fields import REF_BYTES, SHARD_INDEX_BYTES
from tart.protocol.types import GUARANTEE_DISCARD_REASON
from tart.units import SECOND_US

LINK_BUCKET_US = LINK_BUCKET * SECOND_US
HASH_BYTES = 32
_SLOT_BYTES = 4
# Requests that name the erasure root themselves, and the column of ``erasures`` they add to.
_RECEIVED_REQUESTS: Mapping[int, str] = {
    EventKind.SHARD_REQUEST_RECEIVED: "served",
    EventKind.BUNDLE_SHARD_REQUEST_RECEIVED: "bundle_shards_served",
    EventKind.BUNDLE_REQUEST_RECEIVED: "bundles_served",
}
# Ends of requests, and the column of ``erasures`` they add to.
_REQUEST_ENDS: Mapping[int, str] = {
    EventKind.SHARDS_TRANSFERRED: "transferred",
    EventKind.SHARD_REQUEST_FAILED: "failed",
    EventKind.BUNDLE_SHARD_TRANSFERRED: "bundle_shards_transferred",
    EventKind.BUNDLE_SHARD_REQUEST_FAILED: "bundle_shards_failed",
    EventKind.BUNDLE_TRANSFERRED: "bundles_transferred",
    EventKind.BUNDLE_REQUEST_FAILED: "bundles_failed",
}
# These refer to the Distributing assurance that names the anchor.
_ASSURANCE_STEPS = frozenset(
    {
        EventKind.ASSURANCE_SEND_FAILED,
        EventKind.ASSURANCE_SENT,
        EventKind.ASSURANCE_DISTRIBUTED,
    }
)
_GUARANTEES = frozenset({EventKind.GUARANTEE_RECEIVED, EventKind.GUARANTEE_DISCARDED})
_REASONS = GUARANTEE_DISCARD_REASON.names
_OTHER_REASON = _REASONS.index("Other")
_IS_FAILURE = np.array(
    [reason in FAILED_REASONS[EventKind.GUARANTEE_DISCARDED] for reason in _REASONS]
)
# A work-report's hash, followed by its slot.
_REPORT_BYTES = HASH_BYTES + _SLOT_BYTES
# Block announced: peer, announcer, slot, block.
_BLOCK_AT = HASH_BYTES + 1 + _SLOT_BYTES
_ANNOUNCEMENT_BYTES = _BLOCK_AT + HASH_BYTES
# Column ``side`` of ``links``: the node itself, or its peer.
LOCAL, REMOTE = 0, 1
# The types that are reduced here, and nowhere else.
BATCH_KINDS = frozenset(
    {
        EventKind.SENDING_SHARD_REQUEST,
        *_RECEIVED_REQUESTS,
        *_REQUEST_ENDS,
        EventKind.DISTRIBUTING_ASSURANCE,
        *_ASSURANCE_STEPS,
        EventKind.ASSURANCE_RECEIVED,
        *_GUARANTEES,
        EventKind.BLOCK_ANNOUNCED,
    }
)
_FAILURES = BATCH_KINDS & FAILURES

Fields = dict[str, Any]


class BatchReducers:
    """Reduces the types in ``BATCH_KINDS``.

    Args:
        fields: Returns an event's fields by its index in the batch, ``None`` if it cannot be
            decoded.
        count_failure: Counts the failure that an event reports, by its index.
        cores_of: Returns the number of cores that the node of an event reports, by its index.
        see: Takes events that show that their nodes know a block.
    """

    def __init__(
        self,
        counters: KeyedCounters,
        deliveries: Deliveries,
        references: OpenReferences,
        transaction: BatchTransaction,
        fields: Callable[[int], Fields | None],
        count_failure: Callable[[int], None],
        cores_of: Callable[[int], int | None],
        see: Callable[[Iterable[Sighting]], None],
    ) -> None:
        self._counters = counters
        self._deliveries = deliveries
        self._cores_of = cores_of
        self._see = see
        self._defer = transaction.defer
        self._references = references
        self._fields = fields
        self._count_failure = count_failure

    def set_subjects(
        self, batch: EventBatch, own: Array, parents: Array, by_kind: Mapping[int, Array]
    ) -> None:
        """Set the hashes of a batch's open events, and count these.

        Args:
            batch: The events.
            own: The entry of each event, if others may refer to it.
            parents: The entry of the event that each event refers to.
            by_kind: The indices of events by type.
        """
        self._batch = batch
        sent = by_kind.get(EventKind.SENDING_SHARD_REQUEST)
        if sent is not None:
            self._reduce_sent_requests(sent, own)
        for kind, column in _RECEIVED_REQUESTS.items():
            if kind in by_kind:
                self._reduce_received_requests(kind, column, by_kind[kind], parents)
        distributing = by_kind.get(EventKind.DISTRIBUTING_ASSURANCE)
        if distributing is not None:
            self._reduce_distributing(distributing, own)

    def count(self, parents: Array, by_kind: Mapping[int, Array]) -> None:
        """Count the events that refer to others, now that those have their hashes."""
        for kind in _FAILURES & by_kind.keys():
            for index in by_kind[kind].tolist():
                self._count_failure(index)
        for kind, column in _REQUEST_ENDS.items():
            if kind in by_kind:
                self._count_erasures(column, *self.known_subjects(by_kind[kind], parents))
        for kind in _GUARANTEES & by_kind.keys():
            self._count_guarantees(kind, by_kind[kind])
        self._count_assurances(parents, by_kind)
        announced = by_kind.get(EventKind.BLOCK_ANNOUNCED)
        if announced is not None:
            self._count_announced(announced)

    def _count_assurances(self, parents: Array, by_kind: Mapping[int, Array]) -> None:
        """Count the events of sending assurances, and those received."""
        for kind in _ASSURANCE_STEPS & by_kind.keys():
            indices, anchors = self.known_subjects(by_kind[kind], parents)
            if len(indices):
                self._count_anchors(int(kind), indices, anchors, group(anchors))
        received = by_kind.get(EventKind.ASSURANCE_RECEIVED)
        if received is not None:
            # The sender's id precedes the anchor.
            self._count_received_assurances(received, self._rows(received, 0, 2 * HASH_BYTES))

    # --- Erasure roots ----------------------------------------------------------------

    def _reduce_sent_requests(self, indices: Array, own: Array) -> None:
        """Count shard requests sent; each names its erasure root."""
        readable, roots, shards = self._shard_requests(indices, HASH_BYTES)
        nodes = self._batch.columns.node[readable].tolist()
        self._count_shards(EventKind.SENDING_SHARD_REQUEST.number, readable, nodes, shards)
        self._count_erasures("requested", readable, roots)
        self._references.set_hashes(own[readable], roots)

    def _reduce_received_requests(
        self, kind: int, column: str, indices: Array, parents: Array
    ) -> None:
        """Count requests received; the erasure root becomes the hash of the parent."""
        readable, roots, shards = self._shard_requests(indices, REF_BYTES)
        if kind == EventKind.SHARD_REQUEST_RECEIVED:
            self._count_shards(int(kind), readable, repeat(None, len(readable)), shards)
        self._count_erasures(column, readable, roots)
        self._references.set_hashes(parents[readable], roots)

    def _shard_requests(self, indices: Array, offset: int) -> tuple[Array, Array, Array]:
        """Read events with an erasure root at an offset of the payload.

        Returns:
            The events that can be read; the erasure root and shard index of each.
        """
        indices, rows = self._read(indices, offset, HASH_BYTES + SHARD_INDEX_BYTES, _shard_request)
        return indices, rows[:, :HASH_BYTES], _integers(rows[:, HASH_BYTES:], np.uint16)

    def _count_shards(
        self, number: int, indices: Array, nodes: Iterable[int | None], shards: Array
    ) -> None:
        times = self._batch.columns.received_at[indices]
        buckets = (times - times % LINK_BUCKET_US).tolist()
        requests = Counter(zip(buckets, nodes, shards.tolist(), strict=True))
        self._defer(self._counters.add_shard_requests, number, requests)

    def _count_erasures(self, column: str, indices: Array, roots: Array) -> None:
        if len(indices):
            messages = occurrences(roots, self._batch.columns.received_at[indices])
            self._defer(self._counters.add_erasure_messages, column, messages)

    # --- Assurances -------------------------------------------------------------------

    def _reduce_distributing(self, indices: Array, own: Array) -> None:
        """Count assurances that are being distributed; each begins with its anchor."""
        anchors = self._rows(indices, 0, HASH_BYTES)
        self._references.set_hashes(own[indices], anchors)
        number = EventKind.DISTRIBUTING_ASSURANCE.number
        groups = group(anchors)
        self._count_anchors(number, indices, anchors, groups)
        followed = self._followed(indices, anchors, groups)
        events = self._batch.columns
        for received_at, node, anchor in zip(
            events.received_at[indices[followed]].tolist(),
            events.node[indices[followed]].tolist(),
            to_bytes(anchors[followed]),
            strict=True,
        ):
            self._defer(self._deliveries.add_start, Start(received_at, node, number, anchor))

    def _count_received_assurances(self, indices: Array, rows: Array) -> None:
        """Count assurances received, by sender and anchor; follow some of the anchors."""
        anchors = rows[:, HASH_BYTES:]
        groups = group(anchors)
        self._count_anchors(EventKind.ASSURANCE_RECEIVED.number, indices, anchors, groups)
        followed = self._followed(indices, anchors, groups)
        if not followed.any():
            return
        times = self._batch.columns.received_at[indices[followed]]
        pairs = rows[followed]
        numbers, firsts = group(pairs)
        times_of = split(times, numbers, len(firsts))
        arrivals = [
            (pair[HASH_BYTES:], pair[:HASH_BYTES], times)
            for pair, times in zip(to_bytes(pairs[firsts]), times_of, strict=True)
        ]
        self._defer(self._deliveries.add_assurances, arrivals)

    def _followed(self, indices: Array, anchors: Array, groups: Interned) -> Array:
        """Return a mask of the events whose anchor is followed."""
        firsts = groups.firsts
        followed = [
            is_followed(anchor, self._cores_of(index))
            for anchor, index in zip(
                to_bytes(anchors[firsts]), indices[firsts].tolist(), strict=True
            )
        ]
        mask: Array = np.array(followed, np.bool_)[groups.numbers]
        return mask

    def _count_anchors(self, number: int, indices: Array, anchors: Array, groups: Interned) -> None:
        """Count assurances by anchor and by tenth of a second."""
        ticks = self._batch.columns.received_at[indices] // TICK_US
        first = int(ticks.min())
        stride = int(ticks.max()) - first + 1
        keys, counts = np.unique(groups.numbers * stride + (ticks - first), return_counts=True)
        names = to_bytes(anchors[groups.firsts])
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
            number_of_anchor, tick = divmod(key, stride)
            anchor, received_at = names[number_of_anchor], (first + tick) * TICK_US
            self._defer(self._counters.add_assurances, received_at, anchor, number, count)

    # --- Guarantees -------------------------------------------------------------------

    def _count_guarantees(self, kind: int, indices: Array) -> None:
        """Count guarantees received or discarded by work-report, slot and discard reason."""
        if kind == EventKind.GUARANTEE_DISCARDED:
            indices, rows = self._read(indices, 0, _REPORT_BYTES, _report)
            if len(indices):
                reasons = self._reasons(indices)
                self._count_reports(indices, rows, group(rows), reasons)
                self._count_discard_failures(indices, reasons)
            return
        indices, rows = self._read(indices, REF_BYTES, _REPORT_BYTES, _report)
        if len(indices):
            groups = group(rows)
            self._count_reports(indices, rows, groups, None)
            self._add_guarantee_arrivals(indices, rows, groups)

    def _count_reports(
        self, indices: Array, rows: Array, groups: Interned, reasons: Array | None
    ) -> None:
        """Count guarantees; rows are hashes followed by slots, ``None``: they were received."""
        keys = groups.numbers
        if reasons is not None:
            keys = keys * len(_REASONS) + reasons
        keys, firsts, numbers = np.unique(keys, return_index=True, return_inverse=True)
        times = self._batch.columns.received_at[indices]
        counts, first, last = count_times(numbers, len(keys), times)
        for report, reason, *values in zip(
            to_bytes(rows[firsts]),
            repeat(None) if reasons is None else reasons[firsts].tolist(),
            first.tolist(),
            last.tolist(),
            counts.tolist(),
            strict=False,
        ):
            slot = int.from_bytes(report[HASH_BYTES:], "little")
            begin, end, count = values
            report = report[:HASH_BYTES]
            self._defer(self._counters.add_guarantees, begin, end, report, slot, reason, count)

    def _add_guarantee_arrivals(self, indices: Array, rows: Array, groups: Interned) -> None:
        """Add the arrivals of guarantees; rows are hashes followed by slots."""
        events = self._batch.columns
        reports = to_bytes(rows[groups.firsts])
        times, nodes = (
            split(column[indices], groups.numbers, len(reports))
            for column in (events.received_at, events.node)
        )
        for report, *arrivals in zip(reports, times, nodes, strict=True):
            self._defer(
                self._deliveries.add_first_arrivals,
                EventKind.GUARANTEE_RECEIVED.number,
                report[:HASH_BYTES],
                int.from_bytes(report[HASH_BYTES:], "little"),
                [*zip(*arrivals, strict=True)],
            )

    def _reasons(self, indices: Array) -> Array:
        """Return the reasons of guarantees discarded, as on the wire."""
        frames, clean = self._batch.contents, self._batch.clean[indices]
        reasons = frames.octets[frames.ends[indices] - 1].astype(np.int64)
        for place in np.flatnonzero(~clean).tolist():
            fields = self._fields(int(indices[place]))
            reasons[place] = _reason(fields["reason"]) if fields else _OTHER_REASON
        return reasons

    def _count_discard_failures(self, indices: Array, reasons: Array) -> None:
        number = EventKind.GUARANTEE_DISCARDED.number
        failed = _IS_FAILURE[reasons]
        indices, reasons = indices[failed], reasons[failed]
        nodes = self._batch.columns.node[indices].tolist()
        times = self._batch.columns.received_at[indices].tolist()
        keys = zip(map(minute_start, times), nodes, reasons.tolist(), strict=True)
        for (_, node, reason), (count, first, last) in count_by_key(keys, times).items():
            text = _REASONS[reason]
            self._defer(self._counters.add_failures, first, last, node, number, text, count)

    # --- Announcements ----------------------------------------------------------------

    def _count_announced(self, indices: Array) -> None:
        """Count announcements; one by a peer shows that this node knows the block."""
        indices, rows = self._read(indices, 0, _ANNOUNCEMENT_BYTES, _announcement)
        if not len(indices):
            return
        events, number = self._batch.columns, EventKind.BLOCK_ANNOUNCED.number
        sides = rows[:, HASH_BYTES]
        times, nodes = events.received_at[indices], events.node[indices]
        peers = to_bytes(rows[:, :HASH_BYTES])
        links = [*zip(times.tolist(), nodes.tolist(), peers, sides.tolist(), strict=True)]
        self._defer(self._counters.add_links, number, links)
        seen = np.flatnonzero(sides == REMOTE)
        indices, blocks = indices[seen], rows[seen, _BLOCK_AT:]
        slots = _integers(rows[seen, HASH_BYTES + 1 : _BLOCK_AT], np.uint32)
        self._see(
            map(
                Sighting._make,
                zip(
                    indices.tolist(),
                    times[seen].tolist(),
                    nodes[seen].tolist(),
                    to_bytes(blocks),
                    slots.tolist(),
                    repeat(number, len(seen)),
                    events.timestamp[indices].tolist(),
                    strict=True,
                ),
            )
        )

    # --- Reading ----------------------------------------------------------------------

    def known_subjects(self, indices: Array, parents: Array) -> tuple[Array, Array]:
        """Return the events whose parent is about a hash, and these hashes."""
        entries = parents[indices]
        known = (entries != NO_ENTRY) & self._references.has_hash[entries]
        return indices[known], self._references.hashes[entries[known]]

    def _rows(self, indices: Array, offset: int, width: int) -> Array:
        """Return the bytes at an offset of each event's payload."""
        frames = self._batch.contents
        return gather(frames, frames.starts[indices] + (HEADER_BYTES + offset), width)

    def _read(
        self, indices: Array, offset: int, width: int, encode: Callable[[Fields], bytes]
    ) -> tuple[Array, Array]:
        """Return the events that can be read, and the bytes at an offset of their payloads.

        Args:
            indices: The events.
            offset: The place of the bytes in a payload of exactly the declared layout.
            width: Their number.
            encode: Returns the same bytes from the fields of an event with another layout.
        """
        rows = self._rows(indices, offset, width)
        readable = self._batch.clean[indices]
        if readable.all():
            return indices, rows
        readable = readable.copy()
        for place in np.flatnonzero(~readable).tolist():
            fields = self._fields(int(indices[place]))
            if fields is not None:
                rows[place] = np.frombuffer(encode(fields), np.uint8)
                readable[place] = True
        return indices[readable], rows[readable]


def _integers(rows: Array, kind: type[np.unsignedinteger]) -> Array:
    """Return little-endian integers from their bytes."""
    values: Array = np.ascontiguousarray(rows).view(np.dtype(kind).newbyteorder("<"))[:, 0]
    return values


def _shard_request(fields: Fields) -> bytes:
    root: bytes = fields["erasure_root"]
    return root + int(fields.get("shard", 0)).to_bytes(SHARD_INDEX_BYTES, "little")


def _report(fields: Fields) -> bytes:
    report: bytes = fields["outline"]["work_report_hash"]
    return report + int(fields["outline"]["slot"]).to_bytes(_SLOT_BYTES, "little")


def _announcement(fields: Fields) -> bytes:
    peer, block, slot = fields["peer"], fields["hash"], fields["slot"]
    announced: bytes = peer + bytes([side_of(fields["announcer"])])
    announced += int(slot).to_bytes(_SLOT_BYTES, "little") + block
    return announced


def _reason(reason: str | int) -> int:
    """Return the reason's number on the wire; an unknown number is ``Other``."""
    return _OTHER_REASON if isinstance(reason, int) else _REASONS.index(reason)


def side_of(direction: str) -> int:
    """Return the side of a link that a direction means."""
    return REMOTE if direction == "Remote" else LOCAL
