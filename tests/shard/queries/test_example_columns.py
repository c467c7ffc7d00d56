"""``tart/shard/queries/example_columns.py``: the rows in memory are those of the statement."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.windows import Window
from tart.query.shard_queries.sessions import Examples, FindingExamples
from tests.shard.queries.test_column_answers import (
    COMPARED,
    NODES,
    NOW,
    both,
    rows_of,
    stored,
    without_null,
)

assert stored


@COMPARED
@given(data=st.data())
def test_memory_has_the_examples_of_the_statement(stored, data):
    numbers = iter(range(1000))

    def rows():
        some = without_null(data.draw(rows_of("examples")), "session")
        # No two are equally new: either could be the first.
        some["seq"] = [None if each is None else next(numbers) for each in some["seq"]]
        some["seen_at"] = [
            at + (next(numbers) if seq is None else 0)
            for at, seq in zip(some["seen_at"], some["seq"], strict=True)
        ]
        some["rule"] = [data.draw(st.sampled_from(["one", "it's"])) for _ in some["rule"]]
        return some

    pair = both(stored, "examples", [rows() for _ in range(3)], rows())
    window = data.draw(st.sampled_from([Window(), Window(NOW - 5_000_000, NOW + 8_000_000)]))
    node = data.draw(st.sampled_from([None, NODES[0, 1]]))
    limit = data.draw(st.sampled_from([0, 1, 3]))
    mine, theirs = pair.ask(Examples(window, limit, node))
    assert mine == theirs
    rule = data.draw(st.sampled_from([None, "it's", "other"]))
    for some in (100, 2):
        mine, theirs = pair.ask(FindingExamples(window, rule, node and [node], some))
        assert mine == theirs
    assert pair.memory.reads
