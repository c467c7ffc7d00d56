"""64-bit integers as text: which members are marked, and that nothing else changes."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from hypothesis import given

from tart.protocol.events import EventKind
from tart.protocol.wire import Integer, List, Option, Struct, Tuple, Type
from tart.query.answers.common import Count, Total, Uint64
from tart.query.answers.events import Events, Trace
from tart.query.answers.int64 import EVENT_PLANS, ROWS, Wide, plan_of, text_converter, wire_plan
from tart.query.answers.sql import SqlResult
from tests.protocol.strategies import events


def with_text(value: Any, plan: Any) -> Any:
    return text_converter(plan)(value)


GREATEST = (1 << 64) - 1


class Inner(TypedDict):
    """An object inside."""

    gas: Total | None
    count: Count


class Outer(TypedDict):
    """An answer."""

    inner: NotRequired[list[Inner]]
    by_name: dict[str, Uint64]
    plain: str
    fields: Annotated[dict[str, Any], Wide({"wide": 1})]


def test_the_plan_names_the_marked_members_alone() -> None:
    assert plan_of(Outer) == {
        "inner": {"*": {"gas": 1}},
        "by_name": {"*": 1},
        "fields": {"wide": 1},
    }
    assert plan_of(Count) is None
    assert plan_of(dict) is None


def test_marked_members_become_text_whatever_their_value() -> None:
    answer = {
        "inner": [{"gas": 0, "count": 1}, {"gas": None, "count": 2}, {"gas": "9" * 30, "count": 3}],
        "by_name": {"a": GREATEST, "b": 7},
        "plain": "x",
        "fields": {"wide": 5, "other": 6},
    }
    assert with_text(answer, plan_of(Outer)) == {
        "inner": [
            {"gas": "0", "count": 1},
            {"gas": None, "count": 2},
            {"gas": "9" * 30, "count": 3},
        ],
        "by_name": {"a": str(GREATEST), "b": "7"},
        "plain": "x",
        "fields": {"wide": "5", "other": 6},
    }
    assert answer["fields"] == {"wide": 5, "other": 6}


def test_a_member_that_is_missing_stays_missing() -> None:
    assert with_text({"plain": "x"}, plan_of(Outer)) == {"plain": "x"}


def test_lists_of_events_have_the_event_s_own_plan() -> None:
    for answer in (Events, Trace):
        plan: Any = plan_of(answer)
        assert plan["events"]["*"]["data"] == "event"
        assert plan["events"]["*"]["context"] == {"root_event_id": 1}
        assert "id" not in plan["events"]["*"]


def integers(value: Any) -> Any:
    """The value with every text of digits as the integer that it names."""
    if isinstance(value, dict):
        return {name: integers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [integers(item) for item in value]
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value


def wide_values(layout: Type, value: Any) -> list[Any]:
    """The values of all 8-byte integers, by the wire types alone."""
    match layout:
        case Integer():
            return [value] if layout.size == 8 else []
        case Option():
            return [] if value is None else wide_values(layout.inner, value)
        case List():
            return [found for item in value for found in wide_values(layout.inner, item)]
        case Tuple():
            pairs = zip(layout.inner, value, strict=True)
            return [found for inner, item in pairs for found in wide_values(inner, item)]
        case Struct():
            named = [(inner, value[name]) for name, inner in layout.fields if name in value]
            return [found for inner, item in named for found in wide_values(inner, item)]
    return []


@given(events())
def test_the_wide_fields_of_every_event_are_text_and_nothing_else_changes(
    drawn: tuple[EventKind, int, dict[str, Any]],
) -> None:
    kind, version, fields = drawn
    event = {kind.variant: {"timestamp": GREATEST, **fields}}
    converted = with_text(event, "event")[kind.variant]
    assert converted["timestamp"] == str(GREATEST)
    layout = kind.layout(version)
    assert wide_values(layout, converted) == [str(each) for each in wide_values(layout, fields)]
    assert integers(converted) == integers(event[kind.variant])


def test_every_event_has_a_plan_with_its_time() -> None:
    assert EVENT_PLANS.keys() == {kind.variant for kind in EventKind}
    assert all(plan["timestamp"] == 1 for plan in EVENT_PLANS.values())
    assert wire_plan(EventKind.BEST_BLOCK_CHANGED.fields) is None


def test_null_stays_null() -> None:
    for plan in (1, "event", {"*": 1}, {"a": 1}, None):
        assert with_text(None, plan) is None


def test_an_event_of_an_unknown_variant_is_unchanged() -> None:
    assert with_text({"Later": {"a": 1}}, "event") == {"Later": {"a": 1}}


def test_columns_of_sql_results_go_by_their_type() -> None:
    assert plan_of(SqlResult) == ROWS
    types = ("INTEGER", "UBIGINT", "BIGINT[]", "STRUCT(a HUGEINT, b INTEGER)", "BIGNUM", "VARCHAR")
    result = {
        "columns": [{"name": "x", "type": each} for each in types],
        "rows": [[1, 2, [3, None], {"a": 4, "b": 5}, "6", "7"], [None] * 6],
        "row_count": 2,
    }
    assert with_text(result, ROWS) == {
        **result,
        "rows": [[1, "2", ["3", None], {"a": "4", "b": "5"}, "6", "7"], [None] * 6],
    }


def test_rows_that_are_lists_go_by_position() -> None:
    convert = text_converter({"1": 1, "3": {"wide": 1}})
    assert convert([1, 2, 3, {"wide": 4, "other": 5}]) == [1, "2", 3, {"wide": "4", "other": 5}]
