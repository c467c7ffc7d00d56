"""Mutated frames against a kernel and its twin: ``python -m tests.native.fuzz_kernel SO COUNT``.

The library is compiled with sanitizers, so the process ends at the first access outside of the
arrays, which have exactly the size that the kernel is told, and at the first overflow. All results
are compared with the twin's.
"""

from __future__ import annotations

import ctypes
import random
import sys
from pathlib import Path

import numpy as np

from tart.native.library import Kernel
from tart.protocol import batch_split, columnar, frames, interning
from tart.protocol.columnar import Columns
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.frames import PADDING, Frames
from tart.protocol.framing import frame
from tart.protocol.optional_fields import PEER_BYTES
from tart.shard.state.peer_dictionary import PeerDictionary
from tests.vectors import event_vectors

BATCH = 2_000
LONGEST = 4_096
MAX_PEERS = 3_000


def main(library: Path, wanted: int, seed: int = 1) -> int:
    """Check this many frames; return how many came."""
    kernel = Kernel(library)
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    vectors = [*event_vectors(), *event_vectors(conformant=False)]
    known = [frame(vector.content) for vector in vectors]
    known += [frame(vector.content[: rng.randrange(60)]) for vector in vectors]
    known += [
        frame(b""),
        frame(bytes(8)),
        frame(bytes(9)),
        *(frame(bytes(8) + bytes([n, 255])) for n in range(256)),
    ]
    dictionaries = PeerDictionary({}, MAX_PEERS, kernel), PeerDictionary({}, MAX_PEERS, None)
    checked = 0
    while checked < wanted:
        streams = [mutated(rng, numbers, known) for _ in range(rng.choice((1, 5, 40)))]
        checked += check(kernel, rng, streams, dictionaries)
        if len(dictionaries[1].ids) == MAX_PEERS:
            remaining = rng.randrange(MAX_PEERS)
            for dictionary in dictionaries:
                dictionary.truncate(remaining)
    return checked


def mutated(rng: random.Random, numbers: np.random.Generator, known: list[bytes]) -> bytes:
    """The bytes of a connection: frames of which some bytes are others, or are missing."""
    stream = np.frombuffer(
        b"".join(rng.choices(known, k=rng.choice((3, 50, 400)))), np.uint8
    ).copy()
    changes = int(len(stream) * rng.choice((0, 0.0005, 0.005, 0.05)))
    places = numbers.integers(0, len(stream), changes)
    stream[places] = numbers.integers(0, 256, changes)
    cut = rng.randrange(len(stream)) if rng.random() < 0.3 else len(stream)
    return stream[:cut].tobytes() + (bytes(rng.randrange(6)) if rng.random() < 0.1 else b"")


def exactly(data: bytes):
    """The bytes in memory that ends with them."""
    array = np.frombuffer(data, np.uint8).copy() if data else np.empty(1, np.uint8)
    return (ctypes.c_char * len(data)).from_buffer(array)


def check(kernel: Kernel, rng: random.Random, streams: list[bytes], dictionaries) -> int:
    """Compare kernel and twin for the reads of some connections; return the number of frames."""
    reads = []
    for index, stream in enumerate(streams):
        # Short reads are mostly work of the test.
        size = 7 if rng.random() < 0.02 else rng.choice((900, 5_000, len(stream) + 1))
        reads += [(index, min(size, len(stream) - at)) for at in range(0, len(stream), size)]
    order = (
        sorted(range(len(reads)), key=lambda _: rng.random())
        if rng.random() < 0.7
        else range(len(reads))
    )
    layout = batch_split.ReadLayout(
        np.cumsum([0, *map(len, streams)]),
        np.array([reads[place][0] for place in order], np.int64),
        np.array([reads[place][1] for place in order], np.int64),
    )
    data = b"".join(streams)
    split = batch_split.split_plainly(data, layout, LONGEST)
    same(split, batch_split.split_natively(kernel, exactly(data), layout, LONGEST))
    padded = Frames(data + bytes(PADDING), split.starts, split.ends)
    bare = Frames(exactly(data), split.starts, split.ends)
    columns = columnar.read_in_numpy(padded)
    same_columns(columns, columnar.read_natively(kernel, bare), padded.lengths)
    assert frames.concatenate_natively(kernel, [bare]) == frames.concatenate_plainly([padded])
    rows = np.flatnonzero(columns.has_peer)
    positions = padded.starts[rows] + columns.body_start[rows]
    same(
        interning.intern_plainly(data, positions, PEER_BYTES),
        interning.intern_natively(kernel, exactly(data), positions, PEER_BYTES),
    )
    native, plain = dictionaries
    found = native.numbers(exactly(data), positions)
    assert np.array_equal(found, plain.numbers(data, positions))
    assert native.ids == plain.ids
    return len(padded)


def same(expected, found):
    """Two tuples of arrays are equal."""
    for one, other in zip(expected, found, strict=True):
        assert np.array_equal(one, other)


def same_columns(expected, found, lengths):
    """Two results are equal where ``Columns`` defines them."""
    for name in Columns._fields:
        defined = getattr(expected, f"has_{name}", np.ones(len(lengths), np.bool_))
        if name in ("number", "timestamp"):
            defined = lengths >= HEADER_BYTES
        assert np.array_equal(getattr(expected, name)[defined], getattr(found, name)[defined]), name


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]), int(sys.argv[2]))} frames\n")
