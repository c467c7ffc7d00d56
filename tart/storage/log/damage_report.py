"""The events and rows that damage makes unreadable, for health, the server log and ``verify``.

An event whose own number or time cannot be read lies between its neighbours'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tart.query.core.rfc3339 import rfc3339
from tart.storage.core.files import LogFile
from tart.storage.log.damage import Damage, UnreadableRows

if TYPE_CHECKING:
    import duckdb

# The ranges that a report names; it counts the others.
_NAMED = 5
_ADVICE = (
    "the rest of the file is served. Restore the file from a backup while tart is stopped, or "
    "leave it until retention deletes it"
)


class UnreadableEvents(NamedTuple):
    """A range of events that cannot be read.

    Attributes:
        events: The number of events.
        first: The first ``seq``; ``None`` if unknown, as all that follow.
        last: The last ``seq``.
        first_at: When the first was received, Unix microseconds.
        last_at: When the last was received.
    """

    events: int
    first: int | None
    last: int | None
    first_at: int | None
    last_at: int | None

    @property
    def text(self) -> str:
        """The range in words."""
        if self.first is None or self.last is None:
            return f"{self.events} at its {'beginning' if self.first is None else 'end'}"
        return f"sequence {self.first} to {self.last}"


@dataclass(frozen=True)
class DamageReport:
    """The part of a file that cannot be read.

    Attributes:
        ranges: The events.
        without_inherited: Events that can be read but for the slot and core they inherited.
        other_rows: The number of rows of each other table.
    """

    ranges: tuple[UnreadableEvents, ...] = ()
    without_inherited: int = 0
    other_rows: dict[str, int] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """The number of events that cannot be read."""
        return sum(each.events for each in self.ranges)

    @property
    def rows(self) -> int:
        """The number of rows of other tables that cannot be read."""
        return sum(self.other_rows.values())

    @property
    def text(self) -> str:
        """The report in one sentence."""
        parts = []
        if self.ranges:
            named = ", ".join(each.text for each in self.ranges[:_NAMED])
            more = len(self.ranges) - _NAMED
            named += f" and {more} more ranges" if more > 0 else ""
            parts.append(f"{self.events} events cannot be read ({named})")
        parts += self.other_parts()
        return f"damaged: {', '.join(parts)}; {_ADVICE}"

    def other_parts(self) -> list[str]:
        """Return the clauses about everything but unreadable events."""
        parts = []
        if self.without_inherited:
            parts.append(f"the slot or core of {self.without_inherited} events cannot be read")
        return parts + [
            f"{count} rows of {table} cannot be read" for table, count in self.other_rows.items()
        ]

    def as_json(self, name: str) -> dict[str, Any]:
        """Return the report for health; ``name`` is the file's."""
        return {
            "file": name,
            "events": self.events,
            "stretches": [
                {
                    "events": each.events,
                    "first": each.first,
                    "last": each.last,
                    "since": _rfc3339(each.first_at),
                    "until": _rfc3339(each.last_at),
                }
                for each in self.ranges[:_NAMED]
            ],
            "bare": self.without_inherited,
            "others": self.other_rows,
        }


def _rfc3339(time_us: int | None) -> str | None:
    return None if time_us is None else rfc3339(time_us)


def report_damage(cursor: duckdb.DuckDBPyConnection, file: LogFile, damage: Damage) -> DamageReport:
    """Return the events and rows that damage makes unreadable.

    Raises:
        duckdb.Error: Undamaged rows cannot be read either.
    """
    log = damage.unreadable.get("log", [])
    return DamageReport(
        tuple(_events_of(cursor, file, rows) for rows in _whole_ranges(log)),
        sum(rows.end - rows.first for rows in log if not rows.row_is_lost),
        {
            table: sum(rows.end - rows.first for rows in unreadable)
            for table, unreadable in damage.unreadable.items()
            if table != "log"
        },
    )


def _whole_ranges(unreadable: Sequence[UnreadableRows]) -> list[UnreadableRows]:
    """Return the rows that cannot be used at all, adjacent ranges joined."""
    ranges: list[UnreadableRows] = []
    for rows in unreadable:
        if not rows.row_is_lost:
            continue
        if ranges and ranges[-1].end == rows.first:
            columns = ranges[-1].columns | rows.columns
            ranges[-1] = UnreadableRows(ranges[-1].first, rows.end, columns)
        else:
            ranges.append(rows)
    return ranges


def _events_of(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, rows: UnreadableRows
) -> UnreadableEvents:
    count = rows.end - rows.first
    if rows.columns.isdisjoint({"seq", "received_at"}):
        return UnreadableEvents(count, *_bounds(cursor, file, rows.first, rows.end))
    _, before, _, since = _bounds(cursor, file, rows.first - 1, rows.first)
    after, _, until, _ = _bounds(cursor, file, rows.end, rows.end + 1)
    return UnreadableEvents(
        events=count,
        first=None if before is None else before + 1,
        last=None if after is None else after - 1,
        first_at=since,
        last_at=until,
    )


def _bounds(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, first: int, end: int
) -> tuple[int | None, int | None, int | None, int | None]:
    """Return the least and greatest ``seq`` and ``received_at`` of rows."""
    ((*bounds,),) = cursor.execute(
        "SELECT min(seq), max(seq), epoch_us(min(received_at)), epoch_us(max(received_at)) "
        f"FROM {file.catalog}.log WHERE rowid >= {first} AND rowid < {end}"
    ).fetchall()
    return bounds[0], bounds[1], bounds[2], bounds[3]
