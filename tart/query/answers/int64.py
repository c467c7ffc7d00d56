"""64-bit integers in answers, which a reader of JSON with doubles rounds beyond 2^53 - 1.

Pure. With ``int64=string`` they are decimal text. A member is written in one form whatever its
value is: the types of the answers mark it (``Wide``), and so do the wire types of event fields.
A plan says where they are in a value; it is JSON, so that the JavaScript client can have it.

==================  =============================================================
plan                the value
==================  =============================================================
``1``               a 64-bit integer, or ``None``
``"event"``         an object with the fields of one event, by the event's variant
``"rows"``          the result of a SQL query, whose columns have types
``{"*": plan}``     an object or a list, whose values have the plan
``{name: plan}``    an object with such members; positions in a list are digits
==================  =============================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias, get_args, get_type_hints, is_typeddict

from tart.protocol.events import EventKind
from tart.protocol.types import TIMESTAMP
from tart.protocol.wire import Integer, List, Option, Struct, Tuple, Type

IntegerEncoding: TypeAlias = Literal["number", "string"]
Plan: TypeAlias = int | str | Mapping[str, Any]

WIDE, EVENT, ROWS = 1, "event", "rows"
_WIDE_BYTES = 8
_WIDE_COLUMN = re.compile(r"\b(U?BIGINT|U?HUGEINT|BIGNUM)\b")


@dataclass(frozen=True, eq=False)
class Wide:
    """Marks the annotation of a member that is or contains 64-bit integers."""

    plan: Plan = WIDE


@cache
def plan_of(annotation: Any) -> Plan | None:
    """Return the plan of an answer's type, or of a member's annotation; ``None`` without any."""
    for mark in getattr(annotation, "__metadata__", ()):
        if isinstance(mark, Wide):
            return mark.plan
    if is_typeddict(annotation):
        hints = get_type_hints(annotation, include_extras=True)
        plans = {name: plan_of(each) for name, each in hints.items()}
        if ROWS in plans.values():
            return ROWS
        return {name: plan for name, plan in plans.items() if plan is not None} or None
    plan = next((found for each in get_args(annotation) if (found := plan_of(each))), None)
    if plan is not None and getattr(annotation, "__origin__", None) in (list, dict, tuple):
        return {"*": plan}
    return plan


def wire_plan(layout: Type) -> Plan | None:
    """Return the plan of the values of a wire type."""
    match layout:
        case Integer():
            return WIDE if layout.size == _WIDE_BYTES else None
        case Option():
            return wire_plan(layout.inner)
        case List():
            inner = wire_plan(layout.inner)
            return None if inner is None else {"*": inner}
        case Tuple():
            return _named({str(index): each for index, each in enumerate(layout.inner)}) or None
        case Struct():
            return _named(dict(layout.fields)) or None
    return None


def _named(types: Mapping[str, Type]) -> Mapping[str, Plan]:
    plans = {name: wire_plan(each) for name, each in types.items()}
    return {name: plan for name, plan in plans.items() if plan is not None}


def _event_plan(kind: EventKind) -> Mapping[str, Plan]:
    layouts = [kind.fields, *([kind.version_0] if kind.version_0 else ())]
    fields = {name: each for layout in layouts for name, each in layout.fields}
    return _named({"timestamp": TIMESTAMP, **fields})


# Of the fields of every event, by variant; of both protocol versions.
EVENT_PLANS: Mapping[str, Mapping[str, Plan]] = {
    kind.variant: _event_plan(kind) for kind in EventKind
}


Converter: TypeAlias = Callable[[Any], Any]


def text_converter(plan: Plan | None) -> Converter:
    """Return a function that returns a value with its 64-bit integers as decimal text.

    The value itself stays unchanged; parts without such an integer are shared with it.
    """
    if plan is None:
        return lambda value: value
    if plan == WIDE:
        return _integer_text
    if plan == EVENT:
        return _event_with_text
    if plan == ROWS:
        return _result_with_text
    assert isinstance(plan, Mapping)
    if "*" in plan:
        return _every_converter(text_converter(plan["*"]))
    return _named_converter(plan)


def _integer_text(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _every_converter(convert: Converter) -> Converter:
    def convert_every(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [convert(item) for item in value]
        return value and {name: convert(item) for name, item in value.items()}

    return convert_every


def _named_converter(plan: Mapping[str, Any]) -> Converter:
    members = tuple((name, text_converter(each)) for name, each in plan.items())
    positions = tuple((int(name), each) for name, each in members if name.isdecimal())

    def convert_members(value: Any) -> Any:
        if isinstance(value, list | tuple):
            items = list(value)
            for index, convert in positions:
                items[index] = convert(items[index])
            return items
        if value is None:
            return None
        changed = {**value}
        for name, convert in members:
            if name in changed:
                changed[name] = convert(changed[name])
        return changed

    return convert_members


def _event_with_text(value: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return value and {
        name: _EVENT_CONVERTERS[name](fields) if name in _EVENT_CONVERTERS else fields
        for name, fields in value.items()
    }


_EVENT_CONVERTERS: Mapping[str, Converter] = {
    variant: text_converter(plan) for variant, plan in EVENT_PLANS.items()
}


def _result_with_text(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a SQL result; in a column whose type contains a 64-bit type all integers are text."""
    wide = {
        index
        for index, column in enumerate(result["columns"])
        if _WIDE_COLUMN.search(column["type"])
    }
    rows = [
        [_all_text(item) if index in wide else item for index, item in enumerate(row)]
        for row in result["rows"]
    ]
    return {**result, "rows": rows}


def _all_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_all_text(item) for item in value]
    if isinstance(value, dict):
        return {name: _all_text(item) for name, item in value.items()}
    return str(value) if type(value) is int else value
