"""Deliveries of guarantees, assurances and blocks: the start at a node, arrivals at the others.

Pure. A start (Guarantee built, Distributing assurance) is a row; arrivals (Guarantee received,
Assurance received) of one report, or of one assurer's assurance, are a row with a histogram of
their delays after the first of them (``query.core.log_histogram``). Starts and arrivals meet when a
query joins them, since the nodes may be connected to different shards; all times are of receipt by
the server's clock. Arrivals of a block are that a node names it as its best or finalized block, or
begins to import it; its start is the author's row of ``sightings``.

A guarantee and a block count once at each node: what the node already had is known for the newest
``MAX_REPORTS`` of them. Assurances of all validators to all others are most events of a large
network: their arrivals are followed for the anchors that ``is_followed`` selects, by the hash of
the anchor, so that all shards select the same ones.
"""

from __future__ import annotations

import struct
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tart.aggregate.core.event_batch import LazyColumns, Rows
from tart.aggregate.core.tables import columns
from tart.protocol.events import EventKind
from tart.query.core.log_histogram import BINS, PER_OCTAVE
from tart.units import SECOND_US

# Keys of arrivals, and starts, between two flushes.
MAX_ROWS = 65_536
# Arrivals between two flushes, of 8 bytes each.
MAX_TIMES = 4_000_000
# Reports and blocks whose receivers are remembered; about two minutes of the largest network.
MAX_REPORTS = 8_192
# An assurer distributes assurances of one anchor again if a slot has no block. Arrivals that are
# farther apart than this have rows of their own, so that each finds its start.
DISTRIBUTION_US = 2 * SECOND_US
# Receivers are bits of a number; in a directory with more nodes each receipt of the others counts.
MAX_NODES = 32_768
# Networks of more cores, which have three validators each, follow a part of their anchors: on
# average as many assurers each slot as such a network has.
FOLLOWED_CORES = 22
_BIN = struct.Struct("<BI")
# Of arrivals: the event type, the hash of the report or the anchor, the assurer's peer id, and
# for assurances the time in units of ``DISTRIBUTION_US``.
_Key: TypeAlias = tuple[int, bytes, bytes | None, int]


class Start(NamedTuple):
    """The start of a delivery at one node.

    Attributes:
        seen_at: Unix microseconds.
        node: The directory's number.
        number: The event type.
        hash: Of the report or the anchor.
    """

    seen_at: int
    node: int
    number: int
    hash: bytes
    slot: int | None = None
    core: int | None = None
    package: bytes | None = None


class _Arrivals(NamedTuple):
    """Arrivals of one subject since the last flush; times in Unix microseconds."""

    slot: int | None
    times: array[int]


def decode_bins(data: bytes) -> list[tuple[int, int]]:
    """Return the bins of a row of arrivals, each with its count."""
    return [(number, count) for number, count in _BIN.iter_unpack(data)]


def is_followed(anchor: bytes, cores: int | None) -> bool:
    """Return whether the assurances of an anchor are followed.

    Args:
        anchor: The header hash.
        cores: Number of cores of the network, ``None`` if it is not known.
    """
    stride = -(-(cores or 1) // FOLLOWED_CORES)
    return int.from_bytes(anchor[:4], "big") % stride == 0


class Deliveries:
    """The starts and arrivals since the last flush.

    Attributes:
        overflowed: Number of starts and arrivals left out, because of ``max_rows`` and
            ``max_times``.
    """

    def __init__(
        self,
        max_rows: int = MAX_ROWS,
        max_reports: int = MAX_REPORTS,
        max_times: int = MAX_TIMES,
    ) -> None:
        self._max_rows, self._max_reports, self._max_times = max_rows, max_reports, max_times
        self._starts: list[Start] = []
        self._arrivals: dict[_Key, _Arrivals] = {}
        self._times = 0
        # The nodes that have a report or a block, as bits; the newest of these are last.
        # Ordered: of a plain dictionary the first key is found after all places freed before it.
        self._receivers: OrderedDict[tuple[int, bytes], int] = OrderedDict()
        self.overflowed = 0

    def add_start(self, start: Start) -> None:
        """Record the start of a delivery."""
        if len(self._starts) >= self._max_rows:
            self.overflowed += 1
            return
        self._starts.append(start)

    def add_assurances(self, arrivals: Iterable[tuple[bytes, bytes, Sequence[int]]]) -> None:
        """Count the arrivals of a batch's assurances: anchor, assurer, and the time of each."""
        for anchor, sender, times in arrivals:
            self.add_arrivals(EventKind.ASSURANCE_RECEIVED.number, anchor, sender, None, times)

    def add_arrivals(
        self,
        number: int,
        subject: bytes,
        sender: bytes | None,
        slot: int | None,
        times: Sequence[int],
    ) -> None:
        """Count the arrivals of a batch.

        Args:
            number: The event type.
            subject: The hash of the report, the block or the anchor.
            sender: The peer id of the assurer; ``None`` for a report or a block.
            slot: The slot of the guarantee or the block.
            times: The time of each, Unix microseconds, in any order; at least one.
        """
        if sender is None:
            self._add((number, subject, None, 0), slot, times)
            return
        first, last = min(times) // DISTRIBUTION_US, max(times) // DISTRIBUTION_US
        if first == last:
            self._add((number, subject, sender, first), slot, times)
            return
        for part in sorted({received_at // DISTRIBUTION_US for received_at in times}):
            in_part = [each for each in times if each // DISTRIBUTION_US == part]
            self._add((number, subject, sender, part), slot, in_part)

    def _add(self, key: _Key, slot: int | None, times: Sequence[int]) -> None:
        arrivals = self._arrivals.get(key)
        if self._times + len(times) > self._max_times or (
            arrivals is None and len(self._arrivals) >= self._max_rows
        ):
            self.overflowed += len(times)
            return
        if arrivals is None:
            arrivals = self._arrivals[key] = _Arrivals(slot, array("q"))
        arrivals.times.extend(times)
        self._times += len(times)

    def add_first_arrivals(
        self, number: int, subject: bytes, slot: int, arrivals: Iterable[tuple[int, int]]
    ) -> None:
        """Count the first arrival of a report or a block at each node, of those in a batch.

        Args:
            number: The event type.
            subject: The hash of the report or the block.
            slot: The slot of the guarantee or the block.
            arrivals: Time and the directory's number of the node of each, in any order.
        """
        known = self._receivers.get((number, subject))
        if known is None:
            known = 0
            if len(self._receivers) >= self._max_reports:
                self._receivers.popitem(last=False)
        times = []
        for received_at, node in sorted(arrivals):
            bit = 1 << node if node < MAX_NODES else 0
            if not known & bit:
                known |= bit
                times.append(received_at)
        self._receivers[number, subject] = known
        if times:
            self.add_arrivals(number, subject, None, slot, times)

    def rows(self) -> Rows:
        """Return the rows of ``deliveries``."""
        arrivals = [(key, each.slot, each.times[:]) for key, each in self._arrivals.items()]
        return LazyColumns(partial(_rows, self._starts[:], arrivals))

    def clear(self) -> None:
        """Remove all rows; the receivers of reports remain known."""
        self._starts.clear()
        self._arrivals.clear()
        self._times = 0


def _rows(starts: list[Start], arrivals: list[tuple[_Key, int | None, array[int]]]) -> Rows:
    rows = [_start_row(start) for start in starts]
    rows += [_arrival_row(key, slot, times) for key, slot, times in arrivals]
    return columns("deliveries", rows)


def _start_row(start: Start) -> tuple[Any, ...]:
    return (
        start.seen_at,
        start.node,
        start.number,
        start.hash,
        None,
        start.slot,
        start.core,
        start.package,
        start.seen_at,
        1,
        None,
    )


def _arrival_row(key: _Key, slot: int | None, times: array[int]) -> tuple[Any, ...]:
    number, subject, sender, _ = key
    delays = np.array(times)
    first, last = int(delays.min()), int(delays.max())
    bins = np.log2(np.maximum(delays - first, 1)) * PER_OCTAVE
    counts = np.bincount(np.minimum(bins, BINS - 1).astype(np.intp))
    encoded = b"".join(_BIN.pack(each, counts[each]) for each in np.flatnonzero(counts).tolist())
    return first, None, number, subject, sender, slot, None, None, last, len(times), encoded
