"""The view of events: the newest ones of a filter, followed live."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tart.amounts import plural
from tart.dash.core.arguments import conditions
from tart.dash.core.cells import id_cell, implementation
from tart.dash.core.event_tail import MOST_EVENTS, EventTail
from tart.dash.core.format import (
    UNKNOWN,
    age,
    clock,
    number,
    plain,
    rate,
    short_id,
    text_cell,
)
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
    Tone,
    UnknownPlace,
    View,
)

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        Event,
        Events,
        Live,
    )

# Names of conditions, and the arguments of ``AsyncTartClient.events``.
_CONDITIONS = {
    "type": "event_types",
    "not": "exclude_types",
    "node": "node_id",
    "core": "core_index",
    "slot": "slot",
    "hash": "wp_hash",
}
_WHOLE = {"core": (1 << 16) - 1, "slot": (1 << 32) - 1}
# Fields of the summary of an event, and the longest text of one.
_FIELDS = 6
_LONGEST = 40
_HEX_DIGITS = 24

_COLUMNS = (
    Column("received_at", "Received", descending=True),
    Column("node", "Node"),
    Column("event", "Event", width=30),
    Column("fields", "Fields", width=60),
    Column("slot", "Slot", "right", descending=True),
    Column("core", "Core", "right"),
    Column("implementation", "Implementation", width=24),
    Column("type", "Type", "right"),
    Column("id", "Id", "right", descending=True),
)
_RATE = Request("live", "live", optional=True, every_seconds=1)


def filter_of(place: Place) -> dict[str, Any]:
    """Return the arguments of ``AsyncTartClient.events`` for the conditions of a place.

    Raises:
        UnknownPlace: A condition is not valid; the server checks types, nodes and hashes.
    """
    arguments: dict[str, Any] = {}
    for name, value in conditions(place.argument, _CONDITIONS, "type").items():
        if name in _WHOLE:
            arguments[_CONDITIONS[name]] = _whole(name, value)
        elif name in ("type", "not"):
            arguments[_CONDITIONS[name]] = tuple(value.split(","))
        else:
            arguments[_CONDITIONS[name]] = value
    return arguments


def _whole(name: str, text: str) -> int:
    digits = text.isascii() and text.isdigit() and len(text) <= 20
    if not digits or int(text) > _WHOLE[name]:
        raise UnknownPlace(f"{name}={text} is not valid: a {name} is a whole number")
    return int(text)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view without a tail."""
    return (Request("events", "events", {**filter_of(place), "limit": MOST_EVENTS}), _RATE)


def collector(place: Place) -> EventTail:
    """Return the tail that follows the events of a place."""
    return EventTail(filter_of(place), (_RATE,))


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of the newest events."""
    answer: Events = answers["events"]
    events = answer["events"]
    tail = answers.get("tail")
    condition = plain(place.argument) if place.argument else ""
    empty = "No event fulfils the conditions." if condition else "No event is stored yet."
    return Page(
        title=f"Events {condition}".strip(),
        figures=(*_figures(events, answers["live"], now), *_tail_figures(tail)),
        tables=(
            Table("Events", _COLUMNS, tuple(map(_row, events)), condition if events else empty),
        ),
        notes=tuple(_notes(answer, tail)),
    )


def _figures(events: list[Event], live: Live | None, now: datetime) -> tuple[Figure, ...]:
    newest = events[0]["received_at"] if events else None
    per_second = live["last_10s"]["events_per_second"] if live else None
    return (
        Figure("Shown", number(len(events)), len(events)),
        Figure("Newest", UNKNOWN if newest is None else f"{age(newest, now)} ago", newest),
        Figure("All events", rate(per_second), per_second),
    )


def _tail_figures(tail: Mapping[str, Any] | None) -> tuple[Figure, ...]:
    if tail is None:
        return ()
    left_out = tail["left_out"]
    text = "some" if tail["uncounted"] else f"about {number(left_out)}" if left_out else "0"
    tone: Tone = "warning" if left_out or tail["uncounted"] else ""
    return (
        Figure("Left out", text, None if tail["uncounted"] else left_out, tone),
        Figure("No longer held", number(tail["forgotten"]), tail["forgotten"]),
    )


def _notes(answer: Events, tail: Mapping[str, Any] | None) -> Iterator[str]:
    if tail is None:
        if answer["has_more"]:
            yield f"The newest {plural(len(answer['events']), 'event')}; older ones are stored."
    elif tail["uncounted"] or tail["left_out"]:
        yield (
            f"More than {number(tail['limit'])} events came between two refreshes: those left out "
            "are stored. To see fewer: :events type=42"
        )


def event_row_cells(event: Event) -> tuple[Cell, Cell]:
    """Return the cells of an event's name and of its fields in brief."""
    name, fields = name_and_fields(event["data"], event["event_type"])
    return text_cell(name), text_cell(_summary(fields))


def _row(event: Event) -> Row:
    name, fields = event_row_cells(event)
    context = event["context"]
    runs = implementation(event["node_name"], event["node_version"])
    cells = (
        Cell(clock(event["received_at"]), event["received_at"]),
        id_cell(event["node_id"]),
        name,
        fields,
        _whole_cell(context["slot"]),
        _whole_cell(context["core"]),
        Cell(plain(runs), runs, "dim"),
        Cell(str(event["event_type"]), event["event_type"], "dim"),
        Cell(str(event["id"]), event["id"], "dim"),
    )
    return Row(str(event["id"]), cells, Place("event", str(event["id"])))


def _whole_cell(value: int | None) -> Cell:
    return Cell(UNKNOWN, None, "dim") if value is None else Cell(str(value), value)


def name_and_fields(
    data: Mapping[str, Mapping[str, Any]], event_type: int | None
) -> tuple[str, Mapping[str, Any]]:
    """Return the name of an event and its fields, of which one that is not decoded has none."""
    for name, fields in data.items():
        return name, fields
    return f"type {UNKNOWN if event_type is None else event_type}", {}


def _summary(fields: Mapping[str, Any]) -> str:
    """Return the fields that say most in brief: a reason first, ids last, no clock of the node."""
    pairs = [
        pair
        for name, value in fields.items()
        if name != "timestamp"
        for pair in _brief(name, value)
    ]
    pairs.sort(key=lambda pair: 0 if pair[0] == "reason" else 1 + pair[0].endswith("_id"))
    flat = [f"{name} {text}" for name, text in pairs]
    return ", ".join(flat[:_FIELDS]) + (" …" if len(flat) > _FIELDS else "")


def _brief(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield a field, or the members of a field that is an object, by their own names."""
    if isinstance(value, Mapping):
        for inner, member in value.items():
            yield from _brief(inner, member)
    elif isinstance(value, list) and any(isinstance(item, list | Mapping) for item in value):
        yield name, plural(len(value), "element")
    elif value is not None:
        yield name, _value_text(value)


def _value_text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if text.startswith("0x") and len(text) > _HEX_DIGITS:
        return short_id(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


VIEW = View(
    name="events",
    aliases=("tail",),
    title="Events",
    requests=requests,
    page=page,
    argument="CONDITIONS",
    collector=collector,
)
