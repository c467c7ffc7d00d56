"""``tart/query/answers/lookup.py``: answers of the search have the members it declares."""

from __future__ import annotations

import pytest

from tart.query.topics.lookup import Knowledge, lookup, parse
from tests.gateway.fake_shard import NODE_A, node
from tests.query.answers.checking import check


@pytest.mark.parametrize("text", ["", "status", "polka", "11", NODE_A, "trailing_bytes"])
def test_answers_are_valid(text):
    check("Lookup", lookup(parse(text), Knowledge([node()]), limit=20, since_us=1))
