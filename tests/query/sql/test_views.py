"""Names and types; ``storage/test_views`` has what the columns hold."""

from __future__ import annotations

import pytest

from tart.protocol.events import EVENTS, EventKind
from tart.protocol.wire import Bytes, Integer, List, Option, Struct, Tuple
from tart.query.core.event_names import view_name
from tart.query.sql.views import COMMON, VIEWS, column_name, duckdb_type, view_value
from tests.cases import all_cases


def test_every_event_type_has_a_view_and_there_are_four_more() -> None:
    by_number = {view.number: view.name for view in VIEWS.values() if view.number is not None}
    assert by_number.keys() == EVENTS.keys()
    assert VIEWS.keys() - by_number.values() == {
        "events",
        "undecodable",
        "session_log",
        "guarantees",
    }


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("Status", "status"),
        ("BestBlockChanged", "best_block_changed"),
        ("WorkReportSignatureSent", "work_report_signature_sent"),
    ],
)
def test_views_are_named_after_variants(variant: str, name: str) -> None:
    assert view_name(variant) == name


@all_cases("event", EVENTS.values(), ids=lambda event: event.variant)
def test_a_view_has_the_common_columns_and_the_fields(event) -> None:
    view = VIEWS[view_name(event.variant)]
    names = [column.name for column in view.columns]
    assert names == [
        *(column.name for column in COMMON),
        *(column_name(name) for name, _ in event.fields.fields),
    ]
    assert len({name.lower() for name in names}) == len(names)


def test_a_field_named_like_a_common_column_has_an_underscore() -> None:
    assert [each.name for each in VIEWS["ticket_transferred"].columns][-1] == "id_"
    assert column_name("slot") == "slot"


def test_column_types_follow_from_the_declaration_of_the_event() -> None:
    fields = dict(EventKind.WORK_PACKAGE_RECEIVED.fields.fields)
    assert duckdb_type(fields["core"]) == "USMALLINT"
    outline = duckdb_type(fields["outline"])
    assert outline.startswith('STRUCT("work_package_size" UINTEGER, "work_package_hash" BLOB')
    assert '"prerequisites" BLOB[]' in outline
    assert '"root_identifier" STRUCT("SegmentsRoot" BLOB, "WorkPackageHash" BLOB)' in outline
    assert duckdb_type(dict(EventKind.DISCONNECTED.fields.fields)["terminator"]) == "VARCHAR"
    costs = duckdb_type(dict(EventKind.BLOCK_EXECUTED.fields.fields)["accumulate_costs"])
    assert costs.startswith('STRUCT("_0" UINTEGER, "_1" STRUCT(')
    assert costs.endswith("[]")


def test_decoded_values_become_json_for_the_views() -> None:
    fields = dict(EventKind.BLOCK_EXECUTED.fields.fields)
    assert view_value(fields["accumulate_costs"], []) == []
    assert view_value(dict(EventKind.BEST_BLOCK_CHANGED.fields.fields)["hash"], b"\x01") == "01"
    # An enumeration's value without a name is a number.
    assert (
        view_value(dict(EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED.fields.fields)["opener"], 7)
        == "7"
    )
    assert view_value(fields["accumulate_costs"], None) is None


def test_decoded_structures_keep_their_members() -> None:
    inner = Struct("", (("hash", Bytes(1)), ("slots", List(Integer(4)))))
    value = {"hash": b"\xab", "slots": [1, 2]}
    assert view_value(inner, value) == {"hash": "ab", "slots": [1, 2]}
    assert view_value(Tuple((Bytes(1), Option(Integer(4)))), (b"\x01", 5)) == {"_0": "01", "_1": 5}
