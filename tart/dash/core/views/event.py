"""The view of one event: the whole of it, decoded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.dash.core.arguments import whole_number
from tart.dash.core.format import UNKNOWN, age, clock, number, plain, short_id
from tart.dash.core.model import (
    Answers,
    Cell,
    Column,
    Figure,
    Page,
    Place,
    Request,
    Row,
    Table,
    View,
)
from tart.dash.core.views.events import name_and_fields
from tart.text_width import display_width

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        EventDetails,
    )

_MOST_ID = (1 << 53) - 1
# Columns of the terminal after which a line is continued on the next.
_LINE = 80

_COLUMNS = (Column("json", "Event"),)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    # A stored event does not change.
    arguments = {"id": whole_number(place, "event id", _MOST_ID)}
    return (Request("event", "event", arguments, every_seconds=60),)


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of an event."""
    event: EventDetails = answers["event"]
    name, _ = name_and_fields(event["data"], event["event_type"])
    lines = json.dumps(event, indent=2, ensure_ascii=False).split("\n")
    cells = (cell for line in lines for cell in _cells(line))
    rows = tuple(Row(str(index), (cell,)) for index, cell in enumerate(cells))
    return Page(
        title=f"Event {event['id']} {plain(name)}",
        figures=_figures(event, now),
        tables=(Table("Event", _COLUMNS, rows),),
        notes=tuple(_notes(event)),
    )


def _figures(event: EventDetails, now: datetime) -> tuple[Figure, ...]:
    received, context = event["received_at"], event["context"]
    size = len(event["raw"]["payload"]) // 2 - 1
    return (
        Figure("Received", f"{clock(received)} ({age(received, now)} ago)", received),
        Figure("Node clock", clock(event["timestamp"]), event["timestamp"]),
        Figure("Node", short_id(event["node_id"]), event["node_id"]),
        Figure(
            "Type",
            UNKNOWN if event["event_type"] is None else str(event["event_type"]),
            event["event_type"],
        ),
        Figure("Session", str(event["session"]), event["session"]),
        Figure("Event id", number(event["event_id"]), event["event_id"]),
        Figure("Slot", number(context["slot"]), context["slot"]),
        Figure("Core", number(context["core"]), context["core"]),
        Figure("Size", plural(size, "byte"), size),
    )


def _notes(event: EventDetails) -> Iterator[str]:
    if problem := event.get("undecodable"):
        field = f"{problem['field']}: " if problem["field"] else ""
        yield (
            f"Not decodable, rule {problem['rule']} at byte {problem['offset']}: "
            f"{plain(field)}{plain(problem['expectation'])}"
        )


def _cells(line: str) -> Iterator[Cell]:
    """Yield a line in parts that a narrow terminal shows whole; the first has it as its value."""
    text = plain(line)
    value: str | None = line
    indent = " " * min(_LINE // 2, len(text) - len(text.lstrip()) + 4)
    while (end := _end_of_line(text)) < len(text):
        yield Cell(text[:end], value)
        text, value = indent + text[end:], None
    yield Cell(text, value)


def _end_of_line(text: str) -> int:
    """Return how many characters fit into a line; a wide one takes two columns."""
    used = 0
    for index, character in enumerate(text):
        used += display_width(character)
        if used > _LINE:
            return index
    return len(text)


VIEW = View(
    name="event",
    aliases=(),
    title="",
    requests=requests,
    page=page,
    argument="ID",
    argument_required=True,
)
