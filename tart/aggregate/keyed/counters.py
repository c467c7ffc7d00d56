"""What adds up by key: failures, links, costs, reports, erasure roots, assurances.

Pure. Each table is a dictionary from its keys to its values, emptied by every flush: rows
of later flushes have the same keys and add to them. Keys are what nodes say, so their
number is bounded: beyond ``MAX_KEYS`` of a table until the next flush, new ones are not
counted, and that is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from tart.aggregate.core.event_batch import LazyColumns, Rows
from tart.aggregate.core.tables import LINK_BUCKET, MINUTE_BUCKET, SUMMED, TICK_US
from tart.units import SECOND_US

MAX_KEYS = 65_536
MAX_REASONS = 4_096
OTHER_REASONS = "(other reasons)"

# Guarantee discard reasons in wire order, as columns of ``reports``.
_DISCARDED = ("reported_on_chain", "replaced", "cannot_report", "too_many", "other")
_REPORT = (
    *("slot", "first_at", "last_at", "received", *_DISCARDED),
    *("included_at", "received_at", "discarded_at"),
)
# By discard reason: which time of ``reports`` it is, and of what was received.
_MOMENTS = {None: "received_at", 0: "included_at"}
_ERASURE = tuple(name for name in SUMMED["erasures"] if name != "root")


Key = TypeVar("Key")


def minute(received_at: int) -> int:
    """The start of its minute, Unix microseconds."""
    return received_at - received_at % (MINUTE_BUCKET * SECOND_US)


def bucket_of_link(received_at: int) -> int:
    """The start of the bucket that links are counted in, Unix microseconds."""
    return received_at - received_at % (LINK_BUCKET * SECOND_US)


def gathered(keys: Iterable[Key], times: Iterable[int]) -> dict[Key, tuple[int, int, int]]:
    """Of events with these keys, that came at these times: how many, the first and the last."""
    found: dict[Key, list[int]] = {}
    for key, now in zip(keys, times, strict=True):
        entry = found.get(key)
        if entry is None:
            found[key] = [1, now, now]
        else:
            entry[0] += 1
            if now > entry[2]:
                entry[2] = now
            elif now < entry[1]:
                entry[1] = now
    return {key: (count, first, last) for key, (count, first, last) in found.items()}


class KeyedCounters:
    """The additive tables that are no arrays."""

    def __init__(self) -> None:
        self._failures: dict[tuple[int, int, int, str], list[int]] = {}
        self._links: dict[tuple[int, int, bytes, int, int], list[int]] = {}
        self._transfers: dict[tuple[int, int, int, int], list[int]] = {}
        self._core_events: dict[tuple[int, int, int, int], list[int]] = {}
        self._shard_requests: dict[tuple[int, int | None, int, int], int] = {}
        self._authorizations: dict[tuple[int, int, int | None], list[int]] = {}
        self._refinements: dict[tuple[int, int, int | None, int | None], list[int]] = {}
        self._executions: dict[tuple[bytes, int], list[Any]] = {}
        self._reports: dict[bytes, dict[str, Any]] = {}
        self._erasures: dict[bytes, dict[str, Any]] = {}
        self._assurances: dict[tuple[bytes, int, int], int] = {}
        self._reached: dict[tuple[bytes, int], list[int]] = {}
        # Rows of each table that found no room.
        self.overflowed: Counter[str] = Counter()

    def failure(
        self, received_at: int, node: int, number: int, reason: str, count: int = 1
    ) -> None:
        """Failures of one minute for one reason; when the last of them came."""
        key = (minute(received_at), node, number, reason)
        if key not in self._failures and len(self._failures) >= MAX_REASONS:
            self.overflowed["failures"] += count
            key = (key[0], node, number, OTHER_REASONS)
        entry = self._failures.setdefault(key, [0, 0])
        entry[0] += count
        entry[1] = max(entry[1], received_at)

    def link(self, received_at: int, node: int, peer: bytes, number: int, side: int) -> None:
        """A message between a node and a peer of it."""
        key = (bucket_of_link(received_at), node, peer, number, side)
        self._seen("links", self._links, key, received_at)

    def transfer(self, received_at: int, node: int, slot: int, side: int) -> None:
        """A block was transferred; ``side`` says by whom."""
        key = (bucket_of_link(received_at), node, slot, side)
        self._seen("transfers", self._transfers, key, received_at)

    def core_events(self, times: Sequence[int], node: int, core: int, number: int) -> None:
        """Events of a package whose core is known, by when they came."""
        for start, (count, _, last) in gathered(map(minute, times), times).items():
            key = (start, node, core, number)
            self._seen("core_events", self._core_events, key, last, count)

    def shard_request(
        self, bucket: int, node: int | None, number: int, index: int, count: int
    ) -> None:
        """Somebody asked for the erasure shard of that index, in one bucket of links."""
        key = (bucket, node, number, index)
        if key not in self._shard_requests and self._full(
            "shard_requests", self._shard_requests, count
        ):
            return
        self._shard_requests[key] = self._shard_requests.get(key, 0) + count

    def authorization(
        self, received_at: int, node: int, core: int | None, gas: int, elapsed_ns: int
    ) -> None:
        """One Is-Authorized invocation."""
        key = (minute(received_at), node, core)
        _add_cost(self._authorizations.setdefault(key, [0, 0, 0]), gas, elapsed_ns)

    def refinement(
        self,
        received_at: int,
        node: int,
        core: int | None,
        service: int | None,
        gas: int,
        elapsed_ns: int,
    ) -> None:
        """One work item refined."""
        key = (minute(received_at), node, core, service)
        if key not in self._refinements and self._full("refinements", self._refinements):
            return
        _add_cost(self._refinements.setdefault(key, [0, 0, 0]), gas, elapsed_ns)

    def execution(
        self,
        received_at: int,
        block: bytes,
        slot: int | None,
        service: int,
        gas: int,
        elapsed_ns: int,
    ) -> None:
        """One node's accumulation of one service in one block."""
        entry = self._executions.get((block, service))
        if entry is None:
            if self._full("executions", self._executions):
                return
            entry = self._executions[block, service] = [received_at, slot, 0, 0, 0]
        entry[0] = min(entry[0], received_at)
        if slot is not None:
            entry[1] = max(entry[1] or 0, slot)
        entry[2] += 1
        entry[3] = max(entry[3], gas)
        entry[4] += elapsed_ns

    def report(
        self, first: int, last: int, report: bytes, slot: int, discarded: int | None, count: int
    ) -> None:
        """Guarantees of a work-report were received, or discarded for that reason.

        Args:
            first, last: when the first and the last of them came, Unix microseconds.
        """
        entry = self._reports.get(report)
        if entry is None:
            if self._full("reports", self._reports, count):
                return
            entry = dict.fromkeys(_REPORT, 0)
            entry.update(slot=slot, first_at=first)
            entry.update(included_at=None, received_at=None, discarded_at=None)
            self._reports[report] = entry
        # Nodes may differ; which came first depends on the shard and on where batches end.
        entry["slot"] = max(entry["slot"], slot)
        entry["first_at"] = min(entry["first_at"], first)
        entry["last_at"] = max(entry["last_at"], last)
        entry["received" if discarded is None else _DISCARDED[discarded]] += count
        moment = _MOMENTS.get(discarded, "discarded_at")
        entry[moment] = min(entry[moment] or first, first)

    def erasure(self, first: int, last: int, root: bytes, counter: str, count: int) -> None:
        """Messages about an erasure root; when the first and the last of them came."""
        entry = self._erasures.get(root)
        if entry is None:
            if self._full("erasures", self._erasures, count):
                return
            entry = self._erasures[root] = dict.fromkeys(_ERASURE, 0)
            entry["first_at"] = first
        entry["first_at"] = min(entry["first_at"], first)
        entry["last_at"] = max(entry["last_at"], last)
        entry[counter] += count

    def assurance(self, received_at: int, anchor: bytes, number: int, count: int) -> None:
        """Events of distributing or receiving an assurance of that anchor."""
        key = (anchor, received_at - received_at % TICK_US, number)
        if key not in self._assurances and self._full("assurances", self._assurances, count):
            return
        self._assurances[key] = self._assurances.get(key, 0) + count

    def reach(self, received_at: int, number: int, slot: int, block: bytes) -> None:
        """A node named a block as its best (11) or as finalized (12)."""
        entry = self._reached.get((block, number))
        if entry is None:
            if self._full("reached", self._reached):
                return
            entry = self._reached[block, number] = [received_at, slot, 0]
        entry[0] = min(entry[0], received_at)
        entry[1] = max(entry[1], slot)
        entry[2] += 1

    def rows(self, table: str) -> Rows:
        """What was counted, as rows of one of ``SUMS_TABLES``."""
        return LazyColumns(partial(_rows, table, dict(getattr(self, f"_{table}"))))

    def clear(self) -> None:
        """Begin anew; what has overflowed stays counted."""
        for table in SUMS_TABLES:
            getattr(self, f"_{table}").clear()

    def _seen(
        self,
        table: str,
        entries: dict[Any, list[int]],
        key: tuple[Any, ...],
        received_at: int,
        count: int = 1,
    ) -> None:
        """Count more, and when the last was."""
        entry = entries.get(key)
        if entry is None:
            if self._full(table, entries, count):
                return
            entry = entries[key] = [0, 0]
        entry[0] += count
        entry[1] = max(entry[1], received_at)

    def _full(self, table: str, entries: dict[Any, Any], count: int = 1) -> bool:
        full = len(entries) >= MAX_KEYS
        self.overflowed[table] += count * full
        return full


SUMS_TABLES = (
    *("failures", "links", "transfers", "core_events", "shard_requests", "authorizations"),
    *("refinements", "executions", "reports", "erasures", "assurances", "reached"),
)


def _add_cost(entry: list[int], gas: int, elapsed_ns: int) -> None:
    entry[0] += 1
    entry[1] += gas
    entry[2] += elapsed_ns


def _rows(table: str, entries: dict[Any, Any]) -> Rows:
    if table in ("reports", "erasures"):
        return _columns(table, [(key, *entry.values()) for key, entry in entries.items()])
    if table in ("assurances", "shard_requests"):
        return _columns(table, [(*key, count) for key, count in entries.items()])
    return _columns(table, [(*key, *values) for key, values in entries.items()])


def _columns(table: str, rows: list[tuple[Any, ...]]) -> Rows:
    names = list(SUMMED[table])
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
