"""``tart/sandbox/planning.py``: the plan of a statement has the answer of one database."""

from __future__ import annotations

from random import Random

import pytest

from tests.sandbox.statements import CONSTANTS, SHARDS, Databases, Statements, check


@pytest.mark.parametrize("statements", [16, pytest.param(200, marks=pytest.mark.soak)])
@pytest.mark.parametrize("shards", SHARDS)
def test_plans_have_the_answer_of_one_database(shards, statements):
    random = Random(shards)
    databases = Databases(random, shards)
    given = Statements(random)
    answered = sum(check(databases, given.next()) for _ in range(statements))
    assert answered > statements / 2
    assert databases.split > statements / 4
    databases.close()


@pytest.fixture(scope="module")
def databases():
    created = Databases(Random(9), 2)
    yield created
    created.close()


def test_columns_named_by_place_or_in_text_have_the_answer_of_one_database(databases):
    shapes = Statements(Random(9)).shapes()
    assert [sql for sql in shapes if not check(databases, sql)] == []


@pytest.mark.parametrize("column", ["size", "node_id", "seen"])
def test_constants_of_every_type_are_compared_as_in_one_database(databases, column):
    conditions = [f"{column} <= {constant}" for constant in CONSTANTS]
    conditions += [f"{column} = {constant}" for constant in CONSTANTS]
    checked = [check(databases, f"SELECT {column} FROM blocks WHERE {c}") for c in conditions]
    assert sum(checked) > 8
