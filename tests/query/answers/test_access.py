"""``tart/query/answers/access.py``; tests of the handlers validate the answers of the routes."""

from __future__ import annotations

from typing import get_args

from tart.access.roles import ROLES
from tart.query.answers.access import KeyRole
from tests.gateway.json_schema import SCHEMAS


def test_the_roles_of_a_key_are_those_of_the_server():
    assert set(get_args(KeyRole)) == set(ROLES)


def test_only_a_new_key_has_its_secret():
    names = ("Key", "Keys", "NewKey", "CreatedKey", "RevokedKey")
    assert [name for name in names if "key" in SCHEMAS[name]["properties"]] == ["CreatedKey"]
