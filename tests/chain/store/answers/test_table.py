"""``tart/chain/store/answers/table.py``: the function of each query."""

from __future__ import annotations

from tart.chain.store.answers.table import ANSWERS
from tart.query.chain_queries import chain


def test_every_query_has_an_answer():
    # The worker answers about the log of the process.
    expected = set(chain.CHAIN_QUERIES.values()) - {chain.ProcessLog}
    assert set(ANSWERS) == expected
