"""Tables that combine rows by key: counts, sums, minima and maxima.

Pure. Each table is a dictionary from its keys to its values, and every flush empties it. Rows of
later flushes can have the same keys and are combined with those of earlier ones. Nodes choose
many of the keys, so their number is bounded: each table takes at most ``max_keys`` new keys
between two flushes. Events with further keys are left out and counted in ``overflowed``.

Failures are never left out. A node's reasons beyond ``max_reasons_of_node`` are counted under their
templates, so that a reason with a number in it stays one. A template costs 17 µs (a reason 0.6), so
at most ``max_templates_of_node`` are made for a node between two flushes. Its templates beyond as
many as reasons, and the reasons beyond any limit, are counted under ``(other reasons)`` and in
``overflowed``. A node that invents reasons hides none of another's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from tart.aggregate.core.event_batch import LazyColumns, Rows
from tart.aggregate.core.grouping import Occurrences
from tart.aggregate.core.tables import (
    LINK_BUCKET,
    MINUTE_BUCKET,
    SUMMED,
    TICK_US,
    columns,
)
from tart.query.core.aggregate_columns import DISCARD_REASONS
from tart.query.core.failure_templates import failure_template
from tart.units import SECOND_US

MAX_KEYS = 65_536
MAX_REASONS = 32_768
MAX_REASONS_OF_NODE = 64
MAX_TEMPLATES = 20_000
MAX_TEMPLATES_OF_NODE = 2_000
OTHER_REASONS = "(other reasons)"

_REPORT_COUNTS = ("slot", "first_at", "last_at", "received", *DISCARD_REASONS)
_REPORT_TIMES = ("included_at", "received_at", "discarded_at")
# The column with the time of the first guarantee, by discard reason; ``None``: it was received.
# Every other reason has ``discarded_at``.
_FIRST_TIMES = {None: "received_at", 0: "included_at"}
# The places of the columns of ``erasures`` after the root.
_ERASURE = {
    name: at for at, name in enumerate(name for name in SUMMED["erasures"] if name != "root")
}
_FIRST_AT, _LAST_AT = _ERASURE["first_at"], _ERASURE["last_at"]

_LINK_BUCKET_US = LINK_BUCKET * SECOND_US

Key = TypeVar("Key")


class AccumulationCost(NamedTuple):
    """The cost of one node's accumulation of a service in a block.

    Attributes:
        items: Number of work items accumulated.
        transfers: Number of transfers to the service.
    """

    gas: int
    elapsed_ns: int
    load_ns: int = 0
    items: int = 0
    transfers: int = 0


class RoleValues(NamedTuple):
    """The values of an event that its role names; ``None`` for those that it does not.

    Attributes:
        valid: 1 or 0.
    """

    tranche: int | None
    valid: int | None
    round: int | None


def minute_start(received_at: int) -> int:
    """Return the start of a time's minute; Unix microseconds."""
    return received_at - received_at % (MINUTE_BUCKET * SECOND_US)


def link_bucket_start(received_at: int) -> int:
    """Return the start of a time's bucket of ``links``; Unix microseconds."""
    return received_at - received_at % (LINK_BUCKET * SECOND_US)


def count_by_key(keys: Iterable[Key], times: Iterable[int]) -> dict[Key, tuple[int, int, int]]:
    """Return for each key the number of its events, and the times of the first and last."""
    counts: dict[Key, list[int]] = {}
    for key, time_us in zip(keys, times, strict=True):
        entry = counts.get(key)
        if entry is None:
            counts[key] = [1, time_us, time_us]
        else:
            entry[0] += 1
            if time_us > entry[2]:
                entry[2] = time_us
            elif time_us < entry[1]:
                entry[1] = time_us
    return {key: (count, first, last) for key, (count, first, last) in counts.items()}


class KeyedCounters:
    """The keyed tables since the last flush.

    Attributes:
        overflowed: By table, the number of events beyond ``max_keys``, which are left out, or
            of failures that are counted under ``(other reasons)``.
        failure_totals: Number of failures by event type since this object was made.
        discard_totals: Likewise the discarded guarantees, by the column of ``reports``.
    """

    def __init__(
        self,
        max_keys: int = MAX_KEYS,
        max_reasons: int = MAX_REASONS,
        max_reasons_of_node: int = MAX_REASONS_OF_NODE,
        max_templates_of_node: int = MAX_TEMPLATES_OF_NODE,
    ) -> None:
        self._max_keys, self._max_reasons = max_keys, max_reasons
        self._max_reasons_of_node = max_reasons_of_node
        self._max_templates_of_node = max_templates_of_node
        self._failures: dict[tuple[int, int, int, str], list[int]] = {}
        # Keys of ``_failures`` by node.
        self._reasons_of_node: Counter[int] = Counter()
        # Templates made since the last flush, and for each node.
        self._templates = 0
        self._templates_of_node: Counter[int] = Counter()
        self._links: dict[tuple[int, int, bytes, int, int], list[int]] = {}
        self._transfers: dict[tuple[int, int, int, int], list[int]] = {}
        self._core_events: dict[tuple[int, int, int, int], list[int]] = {}
        self._shard_requests: dict[tuple[int, int | None, int, int], int] = {}
        self._authorizations: dict[tuple[int, int, int | None], list[int]] = {}
        self._refinements: dict[tuple[int, int, int | None, int | None], list[int]] = {}
        self._executions: dict[tuple[bytes, int], list[Any]] = {}
        self._reports: dict[bytes, dict[str, Any]] = {}
        self._erasures: dict[bytes, list[int]] = {}
        self._assurances: dict[tuple[bytes, int, int], int] = {}
        self._reached: dict[tuple[bytes, int], list[int]] = {}
        self._role_events: dict[tuple[int, int, int, int | None, int | None], list[Any]] = {}
        self._tables: Mapping[str, dict[Any, Any]] = {
            "failures": self._failures,
            "links": self._links,
            "transfers": self._transfers,
            "core_events": self._core_events,
            "shard_requests": self._shard_requests,
            "authorizations": self._authorizations,
            "refinements": self._refinements,
            "executions": self._executions,
            "reports": self._reports,
            "erasures": self._erasures,
            "assurances": self._assurances,
            "reached": self._reached,
            "role_events": self._role_events,
        }
        self.overflowed: Counter[str] = Counter()
        self.failure_totals: Counter[int] = Counter()
        self.discard_totals: Counter[str] = Counter()

    def add_failures(
        self, first_at: int, last_at: int, node: int, number: int, reason: str, count: int = 1
    ) -> None:
        """Count failures of one minute for one reason.

        Args:
            first_at: The time of the first of these failures; it also selects the minute.
            last_at: The time of the last.
            node: The node that failed.
            number: The number of the event type.
            reason: The reason in the events.
            count: The number of failures.
        """
        self.failure_totals[number] += count
        key = (minute_start(first_at), node, number, reason)
        entry = self._failures.get(key)
        if entry is None:
            entry = self._new_failure(key, first_at, count)
        entry[0] += count
        entry[1] = min(entry[1], first_at)
        entry[2] = max(entry[2], last_at)

    def _new_failure(self, key: tuple[int, int, int, str], first_at: int, count: int) -> list[int]:
        """Return the entry of a new key, or that of its template or of the other reasons."""
        minute, node, number, reason = key
        reasons = self._reasons_of_node[node]
        is_full = len(self._failures) >= self._max_reasons
        if reasons >= self._max_reasons_of_node:
            if self._may_make_template(node):
                key = (minute, node, number, failure_template(reason))
                if (entry := self._failures.get(key)) is not None:
                    return entry
            else:
                is_full = True
        if is_full or reasons >= 2 * self._max_reasons_of_node:
            self.overflowed["failures"] += count
            key = (minute, node, number, OTHER_REASONS)
            if (entry := self._failures.get(key)) is not None:
                return entry
        self._reasons_of_node[node] += 1
        self._failures[key] = entry = [0, first_at, 0]
        return entry

    def _may_make_template(self, node: int) -> bool:
        """Return whether a template may be made for a node, and count it."""
        of_node = self._templates_of_node[node]
        if of_node >= self._max_templates_of_node or self._templates >= MAX_TEMPLATES:
            return False
        self._templates += 1
        self._templates_of_node[node] = of_node + 1
        return True

    def add_link(self, received_at: int, node: int, peer: bytes, number: int, side: int) -> None:
        """Count a message between a node and one of its peers.

        ``side`` is 0 if the node opened, announced, offered or sent, and 1 if its peer did.
        """
        key = (link_bucket_start(received_at), node, peer, number, side)
        self._count("links", self._links, key, received_at)

    def add_links(self, number: int, links: Iterable[tuple[int, int, bytes, int]]) -> None:
        """Count messages of one type: time, node, peer and side of each; see ``add_link``."""
        entries = self._links
        for received_at, node, peer, side in links:
            key = (received_at - received_at % _LINK_BUCKET_US, node, peer, number, side)
            entry = entries.get(key)
            if entry is None:
                if self._is_full("links"):
                    continue
                entries[key] = [1, received_at]
            else:
                entry[0] += 1
                entry[1] = max(entry[1], received_at)

    def add_transfer(self, received_at: int, node: int, slot: int, side: int) -> None:
        """Count a block transfer; ``side`` is 0 for sent, 1 for received and 2 for unknown."""
        key = (link_bucket_start(received_at), node, slot, side)
        self._count("transfers", self._transfers, key, received_at)

    def add_core_events(self, times: Sequence[int], node: int, core: int, number: int) -> None:
        """Count events of work-packages of a core; ``times`` has one element for each."""
        first, last = min(times), max(times)
        if minute_start(first) == minute_start(last):
            key = (minute_start(first), node, core, number)
            self._count("core_events", self._core_events, key, last, len(times))
            return
        for start, (count, _, last) in count_by_key(map(minute_start, times), times).items():
            key = (start, node, core, number)
            self._count("core_events", self._core_events, key, last, count)

    def add_shard_requests(
        self, number: int, requests: Mapping[tuple[int, int | None, int], int]
    ) -> None:
        """Count requests of one type by bucket of links, node and index of the erasure shard."""
        entries = self._shard_requests
        for (bucket, node, index), count in requests.items():
            key = (bucket, node, number, index)
            before = entries.get(key)
            if before is not None:
                entries[key] = before + count
            elif not self._is_full("shard_requests", count):
                entries[key] = count

    def add_authorization(
        self,
        received_at: int,
        node: int,
        core: int | None,
        gas: int,
        elapsed_ns: int,
        load_ns: int = 0,
    ) -> None:
        """Add the cost of an Is-Authorized invocation."""
        key = (minute_start(received_at), node, core)
        if key not in self._authorizations and self._is_full("authorizations"):
            return
        _add_cost(self._authorizations.setdefault(key, [0, 0, 0, 0]), gas, elapsed_ns, load_ns)

    def add_refinement(
        self,
        received_at: int,
        node: int,
        core: int | None,
        service: int | None,
        gas: int,
        elapsed_ns: int,
        load_ns: int = 0,
    ) -> None:
        """Add the cost of refining a work item."""
        key = (minute_start(received_at), node, core, service)
        if key not in self._refinements and self._is_full("refinements"):
            return
        _add_cost(self._refinements.setdefault(key, [0, 0, 0, 0]), gas, elapsed_ns, load_ns)

    def add_execution(
        self,
        received_at: int,
        block: bytes,
        slot: int | None,
        service: int,
        cost: AccumulationCost,
    ) -> None:
        """Add the cost of one node's accumulation of a service in a block."""
        entry = self._executions.get((block, service))
        if entry is None:
            if self._is_full("executions"):
                return
            entry = self._executions[block, service] = [received_at, slot, 0, 0, 0, 0, 0, 0]
        entry[0] = min(entry[0], received_at)
        if slot is not None:
            entry[1] = max(entry[1] or 0, slot)
        entry[2] += 1
        entry[3] = max(entry[3], cost.gas)
        entry[4] += cost.elapsed_ns
        entry[5] += cost.load_ns
        entry[6] = max(entry[6], cost.items)
        entry[7] = max(entry[7], cost.transfers)

    def add_guarantees(
        self, first: int, last: int, report: bytes, slot: int, discarded: int | None, count: int
    ) -> None:
        """Count guarantees of a work-report that a guarantor received or discarded.

        Args:
            first: The time of the first of them, Unix microseconds.
            last: The time of the last of them.
            report: The hash of the work-report.
            slot: The slot in the guarantees.
            discarded: The discard reason by its position in JIP-3, ``None`` if received.
            count: The number of guarantees.
        """
        if discarded is not None:
            self.discard_totals[DISCARD_REASONS[discarded]] += count
        entry = self._reports.get(report)
        if entry is None:
            if self._is_full("reports", count):
                return
            entry = {**dict.fromkeys(_REPORT_COUNTS, 0), **dict.fromkeys(_REPORT_TIMES)}
            entry.update(slot=slot, first_at=first)
            self._reports[report] = entry
        # Nodes may report different slots, and the first report depends on the shard and on
        # the batches: the highest slot counts.
        entry["slot"] = max(entry["slot"], slot)
        entry["first_at"] = min(entry["first_at"], first)
        entry["last_at"] = max(entry["last_at"], last)
        entry["received" if discarded is None else DISCARD_REASONS[discarded]] += count
        column = _FIRST_TIMES.get(discarded, "discarded_at")
        entry[column] = min(entry[column] or first, first)

    def add_erasure_messages(self, column: str, messages: Occurrences) -> None:
        """Count messages about erasure roots.

        Args:
            column: The name of the column of ``erasures`` to increase.
            messages: The roots; times are Unix microseconds.
        """
        place = _ERASURE[column]
        for root, count, first, last in zip(*messages, strict=True):
            entry = self._erasures.get(root)
            if entry is None:
                if self._is_full("erasures", count):
                    continue
                entry = self._erasures[root] = [0] * len(_ERASURE)
                entry[_FIRST_AT] = first
            entry[_FIRST_AT] = min(entry[_FIRST_AT], first)
            entry[_LAST_AT] = max(entry[_LAST_AT], last)
            entry[place] += count

    def add_assurances(self, received_at: int, anchor: bytes, number: int, count: int) -> None:
        """Count events of distributing or receiving assurances of an anchor."""
        key = (anchor, received_at - received_at % TICK_US, number)
        if key not in self._assurances and self._is_full("assurances", count):
            return
        self._assurances[key] = self._assurances.get(key, 0) + count

    def add_block_reached(self, received_at: int, number: int, slot: int, block: bytes) -> None:
        """Count a node that reports a block as its best or as finalized."""
        entry = self._reached.get((block, number))
        if entry is None:
            if self._is_full("reached"):
                return
            entry = self._reached[block, number] = [received_at, slot, 0]
        entry[0] = min(entry[0], received_at)
        entry[1] = max(entry[1], slot)
        entry[2] += 1

    def add_role_event(self, received_at: int, node: int, number: int, values: RoleValues) -> None:
        """Count an event of a type that has a role in audits or finality."""
        key = (minute_start(received_at), node, number, values.tranche, values.valid)
        entry = self._role_events.get(key)
        if entry is None:
            if self._is_full("role_events"):
                return
            entry = self._role_events[key] = [0, received_at, values.round]
        entry[0] += 1
        entry[1] = max(entry[1], received_at)
        if values.round is not None:
            entry[2] = max(entry[2] or 0, values.round)

    def rows(self, table: str) -> Rows:
        """Return the rows of a table."""
        return LazyColumns(partial(_rows, table, dict(self._tables[table])))

    def clear(self) -> None:
        """Remove all rows; ``overflowed`` remains."""
        self._reasons_of_node.clear()
        self._templates = 0
        self._templates_of_node.clear()
        for entries in self._tables.values():
            entries.clear()

    def _count(
        self,
        table: str,
        entries: dict[Any, list[int]],
        key: tuple[Any, ...],
        received_at: int,
        count: int = 1,
    ) -> None:
        """Add to a key's count, and keep the time of its last event."""
        entry = entries.get(key)
        if entry is None:
            if self._is_full(table, count):
                return
            entry = entries[key] = [0, 0]
        entry[0] += count
        entry[1] = max(entry[1], received_at)

    def _is_full(self, table: str, count: int = 1) -> bool:
        """Return whether a table can take no new key; count its events if so."""
        full = len(self._tables[table]) >= self._max_keys
        self.overflowed[table] += count * full
        return full


def _add_cost(entry: list[int], gas: int, elapsed_ns: int, load_ns: int) -> None:
    entry[0] += 1
    entry[1] += gas
    entry[2] += elapsed_ns
    entry[3] += load_ns


def _rows(table: str, entries: dict[Any, Any]) -> Rows:
    if table == "reports":
        return columns(table, [(key, *entry.values()) for key, entry in entries.items()])
    if table == "erasures":
        return columns(table, [(key, *values) for key, values in entries.items()])
    if table == "failures":
        return columns(
            table,
            [(*key, failure_template(key[-1]), *values) for key, values in entries.items()],
        )
    if table in ("assurances", "shard_requests"):
        return columns(table, [(*key, count) for key, count in entries.items()])
    return columns(table, [(*key, *values) for key, values in entries.items()])
