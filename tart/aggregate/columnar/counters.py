"""Columnar counters: events, durations and clock offsets, added batch by batch with NumPy.

Pure. Each class holds the buckets since the last flush. The tables are additive: a bucket
that receives events after a flush gives further rows with equal keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tart.aggregate.columnar.sparse_histograms import SparseHistograms
from tart.aggregate.core.event_batch import EventBatch, LazyColumns, Rows, grow
from tart.aggregate.core.event_columns import Array
from tart.aggregate.core.tables import COUNT_BUCKET, MINUTE_BUCKET
from tart.protocol.events import EventKind
from tart.protocol.references import PARENT_TYPES
from tart.query.core.log_histogram import BINS, PER_OCTAVE
from tart.units import JCE_US, SECOND_US

_TYPES = 256
_ONE = np.uint32(1)
_FIRST_NODES = 16
_SPARE_COLUMNS = 4
_NONE = np.iinfo(np.int64).max
# Timestamps are clamped to this, so that every offset fits the column.
_MAX_TIMESTAMP_US = 1 << 61
# The upper end of the last bin: 71 minutes.
MAX_DURATION_US = 1 << (BINS // PER_OCTAVE)

# A step is a pair of event types: the parent, and a type that may refer to it. Durations are
# counted by step.
REFERENCE_STEPS: tuple[tuple[int, int], ...] = tuple(
    (parent, kind) for kind, parents in PARENT_TYPES.items() for parent in sorted(parents)
)
# Steps of one audit, whose events have the same ``audit_id`` (``references.audits``).
AUDIT_STEPS: tuple[tuple[int, int], ...] = (
    (EventKind.SENDING_BUNDLE_SHARD_REQUEST.number, EventKind.BUNDLE_RECONSTRUCTED.number),
    (EventKind.RECONSTRUCTING_BUNDLE.number, EventKind.BUNDLE_RECONSTRUCTED.number),
)
# From a node's best block to the same block as its finalized one (``references.finalizations``).
FINALITY_STEP: tuple[int, int] = (
    EventKind.BEST_BLOCK_CHANGED.number,
    EventKind.FINALIZED_BLOCK_CHANGED.number,
)
STEPS: tuple[tuple[int, int], ...] = (*REFERENCE_STEPS, *AUDIT_STEPS, FINALITY_STEP)
STEP_INDEX: dict[tuple[int, int], int] = {pair: index for index, pair in enumerate(STEPS)}


class EventCounters:
    """Number of events by bucket, node and type.

    Attributes:
        totals: Number of events by type since this object was made.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, Array] = {}
        self.totals = np.zeros(_TYPES, np.int64)

    def add(self, batch: EventBatch) -> None:
        """Count a batch; if this raises, nothing is counted."""
        events = batch.columns
        parts = [
            (self._bucket(bucket, events.node[mask]), events.node[mask], events.type[mask])
            for bucket, mask in _split(events.received_at, COUNT_BUCKET)
        ]
        for counts, node, number in parts:
            # One index instead of two: NumPy adds four times as fast.
            np.add.at(counts.reshape(-1), node.astype(np.intp) * _TYPES + number, _ONE)
        self.totals += np.bincount(events.type, minlength=_TYPES)

    def _bucket(self, bucket: int, node: Array) -> Array:
        """Return the counts of a bucket, with a row for each of these nodes."""
        counts = self._buckets.get(bucket)
        if counts is None:
            counts = np.zeros((_FIRST_NODES, _TYPES), np.uint32)
        counts = self._buckets[bucket] = grow(counts, int(node.max()) + 1)
        return counts

    def rows(self) -> Rows:
        """Return the rows of ``counts``."""
        return LazyColumns(partial(_count_rows, dict(self._buckets)))

    def clear(self) -> None:
        """Remove all rows."""
        self._buckets.clear()


class LatencyHistograms:
    """Histograms of the durations of steps, by bucket and node.

    A network uses less than half of the steps, so a step gets a column when it first occurs.

    Attributes:
        totals: Number of durations by step (index into ``STEPS``) and bin, since this object was
            made.
        total_us: The durations of each step, added up. Each counts as at least 0 and at most
            ``MAX_DURATION_US``, so that a node with a wrong clock does not move the sum for good.
    """

    def __init__(self) -> None:
        self.totals = np.zeros((len(STEPS), BINS), np.int64)
        self.total_us = np.zeros(len(STEPS), np.int64)
        self._rows = _FIRST_NODES
        self._buckets: dict[int, SparseHistograms] = {}
        # The step of each column, and the column of each step. Columns are never removed.
        self._steps: list[int] = []
        self._columns = np.full(len(STEPS), -1)

    def add(self, received_at: Array, node: Array, step: Array, duration_us: Array) -> None:
        """Count durations by the minutes they ended in; if this raises, none is counted.

        Args:
            received_at: The times of the events that ended them, Unix microseconds.
            node: The nodes that reported them.
            step: Indices into ``STEPS``.
            duration_us: By the node's clock, microseconds.
        """
        bins = np.log2(np.maximum(duration_us.astype(np.float64), 1)) * PER_OCTAVE
        bins = np.minimum(bins, BINS - 1).astype(np.intp)
        for index in np.unique(step[self._columns[step] < 0]).tolist():
            self._columns[index] = len(self._steps)
            self._steps.append(index)
        columns = self._columns[step]
        parts = []
        for bucket, mask in _split(received_at, MINUTE_BUCKET):
            counts = self._bucket(bucket)
            parts.append((counts, counts.cells(node[mask], columns[mask], bins[mask])))
        for counts, cells in parts:
            counts.add(cells)
        np.add.at(self.totals.reshape(-1), step * BINS + bins, 1)
        np.add.at(self.total_us, step, np.clip(duration_us, 0, MAX_DURATION_US))

    def _bucket(self, bucket: int) -> SparseHistograms:
        """Return the histograms of a bucket."""
        histograms = self._buckets.get(bucket)
        if histograms is None:
            # An index as large as the last one: growing copies all of it.
            columns = len(self._steps) + _SPARE_COLUMNS
            histograms = self._buckets[bucket] = SparseHistograms(self._rows, columns)
        self._rows = histograms.rows
        return histograms

    def rows(self) -> Rows:
        """Return the rows of ``latency``."""
        return LazyColumns(partial(_latency_rows, dict(self._buckets), self._steps))

    def clear(self) -> None:
        """Remove all rows."""
        self._buckets.clear()


class ClockOffsets:
    """The minimum offset of each node's clock, by minute.

    The offset is ``received_at`` minus the event's timestamp: the error of the node's clock
    plus the delay of the message. The minimum of a minute has nearly no delay.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, Array] = {}

    def add(self, batch: EventBatch) -> None:
        """Add a batch. Adding it, or a part of it, again has no effect."""
        events = batch.columns
        timestamp = np.minimum(events.timestamp, np.uint64(_MAX_TIMESTAMP_US)).astype(np.int64)
        offset = events.received_at - (timestamp + JCE_US)
        for bucket, mask in _split(events.received_at, MINUTE_BUCKET):
            self._add(bucket, events.node[mask], offset[mask])

    def _add(self, bucket: int, node: Array, offset: Array) -> None:
        minimum = self._buckets.get(bucket)
        rows = int(node.max()) + 1
        if minimum is None:
            minimum = np.full(max(_FIRST_NODES, rows), _NONE)
        elif rows > len(minimum):
            minimum = np.concatenate([minimum, np.full(rows, _NONE)])
        np.minimum.at(minimum, node, offset)
        self._buckets[bucket] = minimum

    def rows(self) -> Rows:
        """Return the rows of ``clocks``."""
        return LazyColumns(partial(_clock_rows, dict(self._buckets)))

    def clear(self) -> None:
        """Remove all rows."""
        self._buckets.clear()


def _split(received_at: Array, seconds: int) -> list[tuple[int, Any]]:
    """Return the buckets of these times, each with the mask or slice of its events."""
    length = seconds * SECOND_US
    first, last = int(received_at.min()) // length, int(received_at.max()) // length
    if first == last:
        return [(first, slice(None))]
    buckets = received_at // length
    return [(bucket, buckets == bucket) for bucket in np.unique(buckets).tolist()]


# Another thread makes the rows while events are counted into the same arrays, so the rows
# are made of copies.


def _count_rows(buckets: dict[int, Array]) -> Rows:
    parts = []
    for bucket, live in buckets.items():
        counts = live.copy()
        node, number = np.nonzero(counts)
        start = np.full(len(node), bucket * COUNT_BUCKET * SECOND_US)
        parts.append((start, node, number, counts[node, number]))
    return _concatenate(("bucket", "node", "type", "count"), parts)


def _latency_rows(buckets: dict[int, SparseHistograms], steps: list[int]) -> Rows:
    parents, numbers = (np.array(types, np.uint8) for types in zip(*STEPS, strict=True))
    parts = []
    for bucket, histograms in buckets.items():
        node, column, number, count = histograms.nonzero()
        # After the counts: ``steps`` has every column that they are of.
        step = np.array(steps, np.intp)[column]
        start = np.full(len(node), bucket * MINUTE_BUCKET * SECOND_US)
        parts.append((start, node, parents[step], numbers[step], number, count))
    return _concatenate(("bucket", "node", "parent", "type", "bin", "count"), parts)


def _clock_rows(buckets: dict[int, Array]) -> Rows:
    parts = []
    for bucket, live in buckets.items():
        minimum = live.copy()
        node = np.flatnonzero(minimum != _NONE)
        start = np.full(len(node), bucket * MINUTE_BUCKET * SECOND_US)
        parts.append((start, node, minimum[node]))
    return _concatenate(("bucket", "node", "offset_us"), parts)


def _concatenate(names: tuple[str, ...], parts: Sequence[tuple[Array, ...]]) -> Rows:
    if not parts:
        return {name: np.zeros(0, np.int64) for name in names}
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    return dict(zip(names, columns, strict=True))
