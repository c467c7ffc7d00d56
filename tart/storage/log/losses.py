"""What damage costs, in the words of those who ask: which events, received when.

An event whose own number or time cannot be read lies between its neighbours'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tart.query.core.rfc3339 import rfc3339
from tart.storage.core.files import LogFile
from tart.storage.log.damage import Damage, Lost

if TYPE_CHECKING:
    import duckdb

# Named in a sentence; the others are counted.
_NAMED = 5
_ADVICE = (
    "what else is in the file is served. Restore it from a backup while tart is stopped, or "
    "leave it until its time is over"
)


class Stretch(NamedTuple):
    """Events that cannot be read: their sequences, and when they came, Unix microseconds.

    ``None``: nobody knows where they begin or end.
    """

    events: int
    first: int | None
    last: int | None
    first_at: int | None
    last_at: int | None

    @property
    def text(self) -> str:
        """Their sequences, in words."""
        if self.first is None or self.last is None:
            return f"{self.events} at its {'beginning' if self.first is None else 'end'}"
        return f"sequence {self.first} to {self.last}"


@dataclass(frozen=True)
class DamageReport:
    """What of a file cannot be read.

    Attributes:
        stretches: of events.
        bare: events that can be read but for what they inherited, slot and core.
        others: rows by table.
    """

    stretches: tuple[Stretch, ...]
    bare: int
    others: dict[str, int]

    @property
    def events(self) -> int:
        """How many events cannot be read."""
        return sum(each.events for each in self.stretches)

    @property
    def text(self) -> str:
        """In one sentence."""
        parts = []
        if self.stretches:
            named = ", ".join(each.text for each in self.stretches[:_NAMED])
            more = len(self.stretches) - _NAMED
            named += f" and {more} more stretches" if more > 0 else ""
            parts.append(f"{self.events} events cannot be read ({named})")
        if self.bare:
            parts.append(f"the slot or core of {self.bare} events cannot be read")
        parts += [f"{rows} rows of {table} cannot be read" for table, rows in self.others.items()]
        return f"damaged: {', '.join(parts)}; {_ADVICE}"

    def as_json(self, name: str) -> dict[str, Any]:
        """For health; ``name`` is the file's."""
        return {
            "file": name,
            "events": self.events,
            "stretches": [
                {
                    "events": each.events,
                    "first": each.first,
                    "last": each.last,
                    "since": _text(each.first_at),
                    "until": _text(each.last_at),
                }
                for each in self.stretches[:_NAMED]
            ],
            "bare": self.bare,
            "others": self.others,
        }


def _text(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


def losses(cursor: duckdb.DuckDBPyConnection, file: LogFile, damage: Damage) -> DamageReport:
    """What damage means.

    Raises:
        duckdb.Error: what is sound cannot be read either.
    """
    log = damage.lost.get("log", [])
    return DamageReport(
        tuple(_stretch(cursor, file, each) for each in _joined(log)),
        sum(each.end - each.first for each in log if not each.whole),
        {
            table: sum(each.end - each.first for each in lost)
            for table, lost in damage.lost.items()
            if table != "log"
        },
    )


def _joined(lost: Sequence[Lost]) -> list[Lost]:
    """Rows that follow one another as one; only those that cannot be read."""
    found: list[Lost] = []
    for each in lost:
        if not each.whole:
            continue
        if found and found[-1].end == each.first:
            found[-1] = Lost(found[-1].first, each.end, found[-1].columns | each.columns)
        else:
            found.append(each)
    return found


def _stretch(cursor: duckdb.DuckDBPyConnection, file: LogFile, lost: Lost) -> Stretch:
    count = lost.end - lost.first
    if lost.columns.isdisjoint({"seq", "received_at"}):
        inside = _bounds(cursor, file, lost.first, lost.end)
        return Stretch(count, *inside)
    _, before, _, since = _bounds(cursor, file, lost.first - 1, lost.first)
    after, _, until, _ = _bounds(cursor, file, lost.end, lost.end + 1)
    return Stretch(
        count,
        None if before is None else before + 1,
        None if after is None else after - 1,
        since,
        until,
    )


def _bounds(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, first: int, end: int
) -> tuple[int | None, int | None, int | None, int | None]:
    """Of rows: least and greatest ``seq``, least and greatest ``received_at``."""
    ((*found,),) = cursor.execute(
        "SELECT min(seq), max(seq), epoch_us(min(received_at)), epoch_us(max(received_at)) "
        f"FROM {file.catalog}.log WHERE rowid >= {first} AND rowid < {end}"
    ).fetchall()
    return found[0], found[1], found[2], found[3]
