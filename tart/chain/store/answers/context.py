"""The files of the chain as a query reads them, and the limit of an answer.

Every answer reads one file after the other and adds up in Python, so that sums stay exact, the
deadline is checked between files, and a window of a quarter of a year needs no statement over 90
files. Blocks that are not on the chain are excluded by their numbers, which are few.

An answer has at most ``Context.max_rows`` rows. A query that would have more is refused: a part of
the sums would look like all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tart.errors import BadQuery
from tart.query.chain_queries.chain import StoredService

MAX_ROWS = 200_000


class FileView(NamedTuple):
    """A file as a query reads it.

    Attributes:
        alias: Its name in DuckDB.
        first_slot: The lowest slot of its blocks; None without blocks.
        missing: Blocks without statistics.
        forks: Numbers of the blocks that are not on the chain.
    """

    alias: str
    first_slot: int | None
    last_slot: int | None
    blocks: int
    missing: int
    reorganisations: int
    forks: Sequence[int]

    def overlaps(self, first_slot: int, last_slot: int) -> bool:
        """Return whether a block of a range of slots may be in the file."""
        if self.first_slot is None or self.last_slot is None:
            return False
        return self.first_slot <= last_slot and first_slot <= self.last_slot

    def on_chain(self) -> tuple[str, list[Any]]:
        """Return a condition on ``number`` that excludes forks, and its parameters."""
        if not self.forks:
            return "", []
        return " AND number NOT IN (SELECT unnest(?::UINTEGER[]))", [list(self.forks)]


class Context(NamedTuple):
    """All that an answer is made from.

    Attributes:
        cursor: The cursor to read with.
        files: Oldest first.
        parameters: Of the chain.
        accounts: Of services.
        check: Raises when the deadline has passed.
        max_rows: Of an answer.
    """

    cursor: Any
    files: Sequence[FileView]
    parameters: Mapping[str, int]
    accounts: Sequence[StoredService]
    check: Callable[[], None]
    max_rows: int = MAX_ROWS

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        self.check()
        selected: list[tuple[Any, ...]] = self.cursor.execute(statement, list(values)).fetchall()
        return selected

    def overlapping(self, first_slot: int, last_slot: int) -> list[FileView]:
        """Return the files with blocks of a range of slots, newest first."""
        return [file for file in reversed(self.files) if file.overlaps(first_slot, last_slot)]

    def refuse_large(self, count: int) -> None:
        """Raise if an answer would have too many rows.

        Raises:
            BadQuery: ``count`` is greater than ``max_rows``.
        """
        if count > self.max_rows:
            raise BadQuery(
                f"the answer would have more than {self.max_rows:,} rows; ask for a shorter "
                "window, a longer step, or by name"
            )
