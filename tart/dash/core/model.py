"""Pages as values: figures, sparklines, tables and the places that rows open.

A view is data and one pure function: the requests it needs, and the page that their answers make.
The terminal, ``--once`` and ``--json`` all present the same ``Page``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Align = Literal["left", "right"]
# The meaning of a value, never by its colour alone: its text says the same.
Tone = Literal["", "good", "warning", "bad", "dim"]
# What is sorted, and what ``--json`` prints.
Value = str | int | float | bool | None
# Answers by the names of their requests; ``None`` for an optional one that failed.
Answers = Mapping[str, Any]


class UnknownPlace(ValueError):
    """A text names no view, or lacks what its view needs; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """A view, and what it shows.

    Attributes:
        view: The view's name.
        argument: The node, slot or filter that the view shows; ``None`` for all.
    """

    view: str
    argument: str | None = None

    def __str__(self) -> str:
        return self.view if self.argument is None else f"{self.view} {self.argument}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; where the terminal is narrow the last columns are left out.

    Attributes:
        key: Its name in JSON, unique in the table.
        title: Its heading.
        align: The side to which its cells are aligned; numbers to the right.
        width: The most columns of the terminal that it takes; ``None`` takes what its cells need.
        descending: The order of the first sort by it.
        least: A text is cut to this width before columns behind it are left out; ``None``: to one
            that suits most.
    """

    key: str
    title: str
    align: Align = "left"
    width: int | None = None
    descending: bool = False
    least: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        text: What is shown.
        value: What is sorted, and what ``--json`` prints; ``None`` if it is not known.
        tone: Its meaning.
    """

    text: str
    value: Value
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        key: Identifies the row over refreshes; unique in its table.
        cells: One for each column of the table.
        opens: The place that Enter opens; ``None`` if there is none.
    """

    key: str
    cells: tuple[Cell, ...]
    opens: Place | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: Its name, also in JSON.
        columns: Its columns, the most important first.
        rows: Its rows, in the order that they have without a sort.
        note: One line about the whole; also what is shown in place of no rows.
        sort: Key of the column by which it is sorted at first, and whether in descending order;
            ``None`` leaves the rows in their order.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    sort: tuple[str, bool] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure.

    Attributes:
        label: Its name; in JSON in lower case, with underscores.
        text: What is shown.
        value: What ``--json`` prints; ``None`` if it is not known.
        tone: Its meaning.
    """

    label: str
    text: str
    value: Value
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Spark:
    """A sparkline, oldest value first; ``None`` where a value is not known."""

    label: str
    values: tuple[float | None, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One screen.

    Attributes:
        title: Its heading, with what it shows: ``Node 3f2a… PolkaJam``.
        figures: Shown in a grid above the tables.
        sparks: Shown below the figures, one a line.
        tables: The first one has the focus at first.
        notes: Sentences about the page: what is missing, and why.
    """

    title: str
    figures: tuple[Figure, ...] = ()
    sparks: tuple[Spark, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a view.

    Attributes:
        name: Names the answer in ``Answers``.
        method: Method of ``AsyncTartClient``.
        arguments: Its arguments by name.
        optional: The page can do without it: if it fails the answer is ``None`` and the page has
            a note of the failure. A page needs all others.
        every_seconds: How long an answer is used again, for one that is costly or rarely changes.
    """

    name: str
    method: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False
    every_seconds: float = 0.0


class Collector(Protocol):
    """The memory of a view from one refresh to the next, such as the tail of a stream."""

    def requests(self) -> tuple[Request, ...]:
        """Return the requests of the next refresh."""

    def collect(self, answers: Answers) -> Answers:
        """Take the answers of a refresh, and return those from which the page is made."""

    def waiting(self) -> str:
        """Return in words what has come since ``hold``; empty if nothing has."""

    def hold(self) -> None:
        """Begin to count what comes: from now on the page that is shown stays."""


@dataclass(frozen=True, slots=True)
class View:
    """A view.

    Attributes:
        name: What ``:`` and ``tart dash VIEW`` call it.
        aliases: Further names.
        title: Its tab; short, since all tabs stand in 80 columns. Empty for none.
        requests: Returns the requests that a place needs; they are sent side by side.
        page: Returns the page of a place from its answers. Its third parameter is the present, an
            aware datetime, for ages.
        argument: Names its argument in the help, such as ``NODE``; empty if it takes none.
        argument_required: Whether it shows nothing without one.
        collector: Returns a collector for a place, in place of ``requests``; it goes on to collect
            while the page is paused. ``None``: each refresh is of its own.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    requests: Callable[[Place], tuple[Request, ...]]
    page: Callable[[Place, Answers, datetime], Page]
    argument: str = ""
    argument_required: bool = False
    collector: Callable[[Place], Collector] | None = None

    @property
    def has_tab(self) -> bool:
        """True if it has a tab; one that needs an argument has none."""
        return bool(self.title) and not self.argument_required


def row_values(table: Table) -> list[dict[str, Value]]:
    """Return the values of a table's rows by column."""
    keys = [column.key for column in table.columns]
    return [
        {key: cell.value for key, cell in zip(keys, row.cells, strict=True)} for row in table.rows
    ]


def page_values(page: Page) -> dict[str, Any]:
    """Return a page as JSON: the values of its figures, sparklines and tables."""
    return {
        "title": page.title,
        "figures": {_member(figure.label): figure.value for figure in page.figures},
        "sparklines": {_member(spark.label): list(spark.values) for spark in page.sparks},
        "tables": {_member(table.name): row_values(table) for table in page.tables},
        "notes": list(page.notes),
    }


def _member(label: str) -> str:
    return label.lower().replace(" ", "_").replace("-", "_")
