"""Rows of the event log about the blocks of a range of slots, as ``slot_blocks`` needs them.

Five statements select, join and add them up, each of which costs DuckDB some milliseconds however
few rows there are; so a few thousand rows are read once and added up here. Both have the same
results (``tests/shard/queries``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import duckdb

from tart.protocol.events import EventKind
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import log_subquery
from tart.storage.log.log_rows import read_rows
from tart.units import JCE_US, MINUTE_US

Cursor = duckdb.DuckDBPyConnection

# More rows are added up sooner by DuckDB.
MAX_MEMORY_ROWS = 10_000
# Distinct messages about blocks that one file may have; of more, those of the most nodes.
MAX_BODIES = 4_096
# Rows of events that refer to others, and of failures.
MAX_ROWS = 100_000
BLOCK_KINDS = (
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.AUTHORED,
    EventKind.IMPORTING,
)
FAILURES = (
    EventKind.AUTHORING_FAILED,
    EventKind.BLOCK_VERIFICATION_FAILED,
    EventKind.BLOCK_EXECUTION_FAILED,
)
_KINDS = (*BLOCK_KINDS, EventKind.AUTHORING, EventKind.FINALIZED_BLOCK_CHANGED, *FAILURES)
# A block is requested at most this long before it is transferred.
_REQUESTED_US = MINUTE_US
_LAG = f"TRY_CAST(epoch_us(received_at)::HUGEINT - {JCE_US} - timestamp AS BIGINT)"
_INT64 = 1 << 63

Rows = Sequence[Sequence[Any]]
# The numbers of the subjects that a message, by type and body, is about.
Subjects = Mapping[tuple[int, bytes], Sequence[int]]


class SlotRows(Protocol):
    """The rows of a file about the blocks of a range of slots."""

    def bodies(self, kinds: Sequence[int]) -> Rows:
        """Return the distinct messages: type, body, and slot, session and reference of one."""

    def times(self, subjects: Subjects) -> Rows:
        """Return of each subject the first time, and of its nodes number, first time and lag."""

    def events(self, kinds: Sequence[int]) -> Rows:
        """Return events: type, session, event id, reference, node, body, time and lag."""

    def failed(self) -> Rows:
        """Return the number of failures by slot and type."""

    def heads(self) -> Rows:
        """Return of each node the newest best block's body and time, and the finalized slot."""


def slots_condition(first: int, last: int) -> str:
    """Return the condition on the slots of rows."""
    slots = f"BETWEEN {first:d} AND {last:d}"
    # Zone maps of ``last_slot`` exclude most row groups.
    return f"slot {slots} AND last_slot {slots}"


def read_slot_rows(
    cursor: Cursor, file: LogFile, first: int, last: int, *, most: int = MAX_MEMORY_ROWS
) -> SlotRowsInMemory | None:
    """Return the rows of a file without those of single stages; ``None`` if there are too many."""
    if file.salvaged:
        return None
    where = f"{slots_condition(first, last)} AND type IN ({numbers(_KINDS)})"
    rows = read_rows(cursor, file, where, first=most + 1)
    return None if len(rows) > most else SlotRowsInMemory(rows)


class SlotRowsInMemory:
    """Rows that were read once, in order of ``seq``."""

    def __init__(self, rows: Sequence[LogRow]) -> None:
        self._rows: defaultdict[int, list[LogRow]] = defaultdict(list)
        for row in rows:
            # NumPy has byte strings that cannot be keys.
            self._rows[row.type].append(row._replace(body=bytes(row.body)))

    def _of(self, kinds: Sequence[int]) -> Iterator[LogRow]:
        return (row for kind in kinds for row in self._rows[kind])

    def bodies(self, kinds: Sequence[int]) -> Rows:
        """See ``SlotRows``."""
        counts = Counter((row.type, row.body) for row in self._of(kinds))
        example = {(row.type, row.body): row for row in self._of(kinds)}
        return [
            (*key, example[key].slot, example[key].session, example[key].ref)
            for key, _ in counts.most_common(MAX_BODIES)
        ]

    def times(self, subjects: Subjects) -> Rows:
        """See ``SlotRows``."""
        first: defaultdict[int, dict[int, LogRow]] = defaultdict(dict)
        lagging: defaultdict[int, dict[int, LogRow]] = defaultdict(dict)
        for row in self._of(list(self._rows)):
            for subject in subjects.get((row.type, row.body), ()):
                _keep_earlier(first[subject], row)
                if _lag(row) is not None:
                    _keep_earlier(lagging[subject], row)
        return [
            (
                subject,
                min(row.received_at for row in nodes.values()),
                list(nodes),
                [row.received_at for row in nodes.values()],
                [_lag(lagging[subject].get(node)) for node in nodes],
            )
            for subject, nodes in first.items()
        ]

    def events(self, kinds: Sequence[int]) -> Rows:
        """See ``SlotRows``."""
        return [
            (
                row.type,
                row.session,
                row.event_id,
                row.ref,
                row.node,
                row.body,
                row.received_at,
                _lag(row),
            )
            for row in self._of(kinds)
        ]

    def failed(self) -> Rows:
        """See ``SlotRows``."""
        counts = Counter((row.slot, row.type) for row in self._of(FAILURES))
        return [(*key, count) for key, count in counts.items()]

    def heads(self) -> Rows:
        """See ``SlotRows``."""
        best: dict[int, LogRow] = {}
        reported: dict[int, int] = {}
        finalized: dict[int, int] = {}
        for row in self._rows[EventKind.BEST_BLOCK_CHANGED]:
            best[row.node] = row
            reported[row.node] = max(row.received_at, reported.get(row.node, 0))
        for row in self._rows[EventKind.FINALIZED_BLOCK_CHANGED]:
            if row.slot is not None:
                finalized[row.node] = max(row.slot, finalized.get(row.node, 0))
        return [
            (
                node,
                best[node].body if node in best else None,
                reported.get(node),
                finalized.get(node),
            )
            for node in {**best, **finalized}
        ]


def _keep_earlier(rows: dict[int, LogRow], row: LogRow) -> None:
    known = rows.setdefault(row.node, row)
    if (row.received_at, row.seq) < (known.received_at, known.seq):
        rows[row.node] = row


def _lag(row: LogRow | None) -> int | None:
    """Return by how much a node's clock was behind; ``None`` beyond 64 bits."""
    if row is None:
        return None
    lag = row.received_at - JCE_US - row.timestamp
    return lag if -_INT64 <= lag < _INT64 else None


class StoredSlotRows:
    """Rows that DuckDB adds up.

    Args:
        cursor: The cursor to read with.
        file: The file.
        first: The first slot.
        last: The last slot.
        stages: Whether single stages are read, of which only transfers that the node requested.
    """

    def __init__(
        self, cursor: Cursor, file: LogFile, first: int, last: int, *, stages: bool
    ) -> None:
        self._cursor, self._stages = cursor, stages
        self._log = log_subquery(file.alias)
        self._where = slots_condition(first, last)

    def _fetch(self, statement: str, values: Sequence[Any] = ()) -> Rows:
        return self._cursor.execute(statement, values).fetchall()

    def bodies(self, kinds: Sequence[int]) -> Rows:
        """See ``SlotRows``."""
        rows = self._fetch(
            "SELECT type, body, any_value(slot), any_value(session), any_value(ref), count(*) "
            f"FROM {self._log} WHERE {self._where} AND type IN ({numbers(kinds)}) "
            f"GROUP BY type, body ORDER BY 6 DESC LIMIT {MAX_BODIES}"
        )
        return [row[:-1] for row in rows]

    def times(self, subjects: Subjects) -> Rows:
        """See ``SlotRows``."""
        mapped = [(*key, subject) for key, some in subjects.items() for subject in some]
        types, texts, of = map(list, zip(*mapped, strict=True))
        return self._fetch(
            "WITH bodies AS (SELECT unnest(?) AS type, unnest(?) AS body, unnest(?) AS subject) "
            "SELECT subject, min(at_us), list(node), list(at_us), list(lag_us) FROM ("
            "SELECT subject, node, epoch_us(min(received_at)) AS at_us, "
            f"arg_min({_LAG}, received_at) AS lag_us "
            f"FROM {self._log} JOIN bodies USING (type, body) "
            f"WHERE {self._where} AND {self._received()} GROUP BY subject, node) GROUP BY subject",
            (types, texts, of),
        )

    def _received(self) -> str:
        """Return a condition: a transfer is to the node that requested the block."""
        if not self._stages:
            return "true"
        start = (
            f"(SELECT min(received_at) FROM {self._log} WHERE {self._where}) "
            f"- INTERVAL {_REQUESTED_US} MICROSECONDS"
        )
        return (
            f"(type <> {EventKind.BLOCK_TRANSFERRED:d} OR (session, ref) IN (SELECT (session, "
            f"event_id) FROM {self._log} WHERE type = {EventKind.SENDING_BLOCK_REQUEST:d} "
            f"AND received_at >= {start}))"
        )

    def events(self, kinds: Sequence[int]) -> Rows:
        """See ``SlotRows``."""
        return self._fetch(
            f"SELECT type, session, event_id, ref, node, body, epoch_us(received_at), {_LAG} "
            f"FROM {self._log} WHERE {self._where} AND type IN ({numbers(kinds)}) "
            f"LIMIT {MAX_ROWS}"
        )

    def referring(self, kinds: Sequence[int]) -> Rows:
        """Return events that refer to others: type, session, reference, node, time, lag, slot.

        The last column is the body of failures.
        """
        return self._fetch(
            f"SELECT type, session, ref, node, epoch_us(received_at), {_LAG}, slot, "
            f"CASE WHEN type IN ({numbers(FAILURES)}) THEN body END "
            f"FROM {self._log} WHERE {self._where} AND type IN ({numbers(kinds)}) "
            f"ORDER BY received_at LIMIT {MAX_ROWS}"
        )

    def failed(self) -> Rows:
        """See ``SlotRows``."""
        return self._fetch(
            f"SELECT slot, type, count(*) FROM {self._log} WHERE {self._where} "
            f"AND type IN ({numbers(FAILURES)}) GROUP BY slot, type"
        )

    def heads(self) -> Rows:
        """See ``SlotRows``."""
        best, final = EventKind.BEST_BLOCK_CHANGED, EventKind.FINALIZED_BLOCK_CHANGED
        return self._fetch(
            f"SELECT node, arg_max(body, seq) FILTER (type = {best:d}), "
            f"epoch_us(max(received_at) FILTER (type = {best:d})), "
            f"max(slot) FILTER (type = {final:d}) "
            f"FROM {self._log} WHERE {self._where} AND type IN ({best:d}, {final:d}) GROUP BY node"
        )


def numbers(kinds: Sequence[int]) -> str:
    """Return types as SQL."""
    return ", ".join(str(int(kind)) for kind in kinds)
