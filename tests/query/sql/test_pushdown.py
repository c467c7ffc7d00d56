"""``tart/query/sql/pushdown.py``: scans that may reach the process with the files."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.query.sql.pushdown import (
    MAX_CONDITIONS,
    MAX_LIMIT,
    OPERATORS,
    Condition,
    Scan,
    compares_exactly,
    parse_scan,
)
from tart.query.sql.views import VIEWS

USUAL = {"view": "authoring", "columns": ["slot"], "conditions": [], "order": [], "limit": None}


@st.composite
def scans(draw):
    view = draw(st.sampled_from(sorted(VIEWS)))
    names = st.sampled_from([each.name for each in VIEWS[view].columns])
    condition = st.builds(Condition, names, st.sampled_from(OPERATORS), st.text())
    limit = draw(st.none() | st.integers(0, MAX_LIMIT))
    order = draw(st.lists(st.tuples(names, st.booleans()), max_size=2)) if limit else []
    conditions = draw(st.lists(st.lists(condition, max_size=3), max_size=3))
    return Scan(
        view,
        tuple(draw(st.lists(names, min_size=1))),
        tuple(map(tuple, conditions)),
        tuple(order),
        limit,
    )


@given(scans())
def test_a_scan_survives_encoding_and_parsing(scan):
    assert parse_scan(json.loads(json.dumps(scan.as_json()))) == scan


@given(scans())
def test_values_are_parameters_and_never_part_of_the_sql(scan):
    clause, values = scan.where()
    assert clause.count("?") == len(values)
    assert values == [each.value for all_of in scan.conditions for each in all_of]
    blank = tuple(tuple(replace(each, value="") for each in all_of) for all_of in scan.conditions)
    assert replace(scan, conditions=blank).where()[0] == clause


def test_conditions_are_a_disjunction_of_conjunctions():
    one, other = Condition("slot", ">", "1"), Condition("parent", "=", "x")
    scan = Scan("authoring", ("slot",), ((one, other), (one,)))
    assert scan.where() == (
        '("slot" > CAST(? AS UINTEGER) AND "parent" = CAST(? AS BLOB)) OR '
        '("slot" > CAST(? AS UINTEGER))',
        ["1", "x", "1"],
    )
    assert Scan("authoring", ("slot",)).where() == ("true", [])


def test_a_where_clause_may_be_limited_to_some_columns():
    one, other = Condition("slot", ">", "1"), Condition("received_at", "<", "x")
    scan = Scan("authoring", ("slot",), ((one, other), (one,)))
    assert scan.where_over(frozenset({"received_at"})) == (
        '("received_at" < CAST(? AS TIMESTAMP)) OR (true)',
        ["x"],
    )


def test_order_and_limit_follow_each_other():
    scan = Scan("authoring", ("slot",), (), (("slot", True), ("id", False)), 5)
    assert scan.order_and_limit() == 'ORDER BY "slot" DESC, "id" ASC LIMIT 5'
    assert Scan("authoring", ("slot",)).order_and_limit() == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"view": "control.sqlite"},
        {"view": None},
        {"columns": []},
        {"columns": ["nosuch"]},
        {"columns": ['slot" FROM x --']},
        {"columns": [["slot"]]},
        {"conditions": [[["nosuch", "=", "1"]]]},
        {"conditions": [[["slot", "= 1 OR", "1"]]]},
        {"conditions": [[["slot", "="]]]},
        {"conditions": [[["slot", "=", "1"]] * (MAX_CONDITIONS + 1)]},
        {"order": [["nosuch", True]], "limit": 1},
        {"order": [["slot", True]]},
        {"limit": MAX_LIMIT + 1},
        {"limit": "x"},
        {"conditions": 5},
    ],
)
def test_a_scan_with_an_unknown_name_or_value_is_refused(changes):
    with pytest.raises(BadQuery):
        parse_scan({**USUAL, **changes})
    assert parse_scan(USUAL).view == "authoring"


def test_a_document_without_members_is_refused():
    with pytest.raises(BadQuery):
        parse_scan({})


@pytest.mark.parametrize(
    ("column", "constants", "others"),
    [
        ("UBIGINT", ("INTEGER", "HUGEINT", None), ("DOUBLE", "DECIMAL(2,1)", "VARCHAR", "BOOLEAN")),
        ("VARCHAR", ("VARCHAR", None), ("INTEGER", "DATE", "BLOB")),
        ("BLOB", ("BLOB", None), ("VARCHAR",)),
        ("TIMESTAMP", ("DATE", "TIMESTAMP WITH TIME ZONE", None), ("TIMESTAMP_NS", "VARCHAR")),
        ("JSON", (), ("JSON", "VARCHAR", None)),
    ],
)
def test_constants_of_the_kind_of_a_column_are_compared_in_its_type(column, constants, others):
    assert all(compares_exactly(column, each) for each in constants)
    assert not any(compares_exactly(column, each) for each in others)
