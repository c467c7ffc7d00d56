"""What is counted by the batch: events, durations, clocks; in NumPy, additive.

Pure. Each counter holds the buckets not yet taken by a flush; a bucket may come again
after it was taken, and then adds to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tart.aggregate.core.event_batch import EventBatch, LazyColumns, Rows, grow
from tart.aggregate.core.event_columns import Array
from tart.aggregate.core.tables import COUNT_BUCKET, MINUTE_BUCKET
from tart.protocol.events import EVENTS, leading_reference
from tart.query.core.log_histogram import BINS, PER_OCTAVE
from tart.units import JCE_US, SECOND_US

_TYPES = 256
_SPARE_PLACES = 4
_NONE = np.iinfo(np.int64).max
# A clock that is further off than this is no clock; its offset still fits the column.
_FURTHEST_US = 1 << 61

# A step is a pair of an event and one it may refer to: what durations are counted of.
STEPS: tuple[tuple[int, int], ...] = tuple(
    (parent, number)
    for number, event in EVENTS.items()
    if (reference := leading_reference(event.fields)) is not None
    for parent in reference.refers_to
)
STEP_OF: dict[tuple[int, int], int] = {pair: index for index, pair in enumerate(STEPS)}


class Counts:
    """Events by bucket, node and type."""

    def __init__(self) -> None:
        self._buckets: dict[int, Array] = {}

    def add(self, batch: EventBatch) -> None:
        """Count a batch; all of it or, if this raises, nothing."""
        parts = [
            (
                self._bucket(bucket, batch.columns.node[inside]),
                batch.columns.node[inside],
                batch.columns.type[inside],
            )
            for bucket, inside in _buckets(batch.columns.received_at, COUNT_BUCKET)
        ]
        for counts, node, number in parts:
            np.add.at(counts, (node, number), 1)

    def _bucket(self, bucket: int, node: Array) -> Array:
        """The counts of a bucket, with a row for each of these nodes."""
        counts = self._buckets.get(bucket)
        if counts is None:
            counts = np.zeros((16, _TYPES), np.uint32)
        counts = self._buckets[bucket] = grow(counts, int(node.max()) + 1)
        return counts

    def rows(self) -> Rows:
        """What was counted, as rows of ``counts``."""
        return LazyColumns(partial(_counts, dict(self._buckets)))

    def clear(self) -> None:
        """Begin anew."""
        self._buckets.clear()


class Latencies:
    """Durations of steps by bucket, node and bin.

    Of the steps there are, a network takes less than half: only those have a place.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, Array] = {}
        # By place its step, by step its place; neither is ever taken back.
        self._steps: list[int] = []
        self._places = np.full(len(STEPS), -1)

    def add(self, received_at: Array, node: Array, step: Array, duration_us: Array) -> None:
        """Count durations, in the minutes they ended in; all of them or, if this raises, none."""
        bins = np.log2(np.maximum(duration_us.astype(np.float64), 1)) * PER_OCTAVE
        bins = np.minimum(bins, BINS - 1).astype(np.intp)
        for each in np.unique(step[self._places[step] < 0]).tolist():
            self._places[each] = len(self._steps)
            self._steps.append(each)
        places = self._places[step]
        parts = [
            (self._bucket(bucket, node[inside]), node[inside], places[inside], bins[inside])
            for bucket, inside in _buckets(received_at, MINUTE_BUCKET)
        ]
        for counts, nodes, place, number in parts:
            np.add.at(counts, (nodes, place, number), 1)

    def _bucket(self, bucket: int, node: Array) -> Array:
        """The counts of a bucket, with room for each of these nodes and all steps."""
        counts = self._buckets.get(bucket)
        if counts is None:
            counts = np.zeros((16, 0, BINS), np.uint32)
        if len(self._steps) > counts.shape[1]:
            more = len(self._steps) + _SPARE_PLACES - counts.shape[1]
            spare = np.zeros((len(counts), more, BINS), np.uint32)
            counts = np.concatenate([counts, spare], axis=1)
        counts = self._buckets[bucket] = grow(counts, int(node.max()) + 1)
        return counts

    def rows(self) -> Rows:
        """What was counted, as rows of ``latency``."""
        return LazyColumns(partial(_latencies, dict(self._buckets), self._steps))

    def clear(self) -> None:
        """Begin anew."""
        self._buckets.clear()


class Clocks:
    """How far each node's clock is behind ours, at least: the fastest message tells.

    The offset is ``received_at`` less the node's timestamp: its clock's error and the
    way of the message, of which the least in a minute is nearly none.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, Array] = {}

    def add(self, batch: EventBatch) -> None:
        """Look at a batch; the same batch again, or a part of it, changes nothing more."""
        claimed = np.minimum(batch.columns.timestamp, np.uint64(_FURTHEST_US)).astype(np.int64)
        offset = batch.columns.received_at - (claimed + JCE_US)
        for bucket, inside in _buckets(batch.columns.received_at, MINUTE_BUCKET):
            self._add(bucket, batch.columns.node[inside], offset[inside])

    def _add(self, bucket: int, node: Array, offset: Array) -> None:
        least = self._buckets.get(bucket)
        rows = int(node.max()) + 1
        if least is None:
            least = np.full(max(16, rows), _NONE)
        elif rows > len(least):
            least = np.concatenate([least, np.full(rows, _NONE)])
        np.minimum.at(least, node, offset)
        self._buckets[bucket] = least

    def rows(self) -> Rows:
        """The least offsets, as rows of ``clocks``."""
        return LazyColumns(partial(_clocks, dict(self._buckets)))

    def clear(self) -> None:
        """Begin anew."""
        self._buckets.clear()


def _buckets(received_at: Array, seconds: int) -> list[tuple[int, Any]]:
    """The buckets of some moments, and which of them are in each."""
    length = seconds * SECOND_US
    first, last = int(received_at.min()) // length, int(received_at.max()) // length
    if first == last:
        return [(first, slice(None))]
    buckets = received_at // length
    return [(bucket, buckets == bucket) for bucket in np.unique(buckets).tolist()]


# Making rows: of arrays that may still be counted into meanwhile, so of copies.


def _counts(buckets: dict[int, Array]) -> Rows:
    parts = []
    for bucket, living in buckets.items():
        counts = living.copy()
        node, number = np.nonzero(counts)
        start = np.full(len(node), bucket * COUNT_BUCKET * SECOND_US)
        parts.append((start, node, number, counts[node, number]))
    return _columns(("bucket", "node", "type", "count"), parts)


def _latencies(buckets: dict[int, Array], steps: list[int]) -> Rows:
    parents, numbers = (np.array(each, np.uint8) for each in zip(*STEPS, strict=True))
    parts = []
    for bucket, living in buckets.items():
        counts = living.copy()
        node, place, number = np.nonzero(counts)
        # After the copy: whatever is counted in it has a step by now.
        step = np.array(steps, np.intp)[place]
        start = np.full(len(node), bucket * MINUTE_BUCKET * SECOND_US)
        of_bin = counts[node, place, number]
        parts.append((start, node, parents[step], numbers[step], number, of_bin))
    return _columns(("bucket", "node", "parent", "type", "bin", "count"), parts)


def _clocks(buckets: dict[int, Array]) -> Rows:
    parts = []
    for bucket, living in buckets.items():
        least = living.copy()
        node = np.flatnonzero(least != _NONE)
        start = np.full(len(node), bucket * MINUTE_BUCKET * SECOND_US)
        parts.append((start, node, least[node]))
    return _columns(("bucket", "node", "offset_us"), parts)


def _columns(names: tuple[str, ...], parts: Sequence[tuple[Array, ...]]) -> Rows:
    if not parts:
        return {name: np.zeros(0, np.int64) for name in names}
    columns = (np.concatenate(each) for each in zip(*parts, strict=True))
    return dict(zip(names, columns, strict=True))
