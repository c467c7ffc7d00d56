"""``tart/sandbox/planning.py``: the plan of a statement has the answer of one database."""

from __future__ import annotations

from random import Random

import pytest

from tests.sandbox.statements import SHARDS, Databases, Statements, check

STATEMENTS = 40


@pytest.mark.parametrize("shards", SHARDS)
def test_plans_have_the_answer_of_one_database(shards):
    random = Random(shards)
    databases = Databases(random, shards)
    statements = Statements(random)
    answered = sum(check(databases, statements.next()) for _ in range(STATEMENTS))
    assert answered > STATEMENTS / 2
    assert databases.split > STATEMENTS / 4
    databases.close()
