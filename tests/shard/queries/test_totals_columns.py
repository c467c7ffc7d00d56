"""``tart/shard/queries/totals_columns.py``: the answers in memory are those of the statements."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.windows import Window
from tart.query.shard_queries.package_totals import PackageServices, StageTotals
from tests.shard.queries.test_column_answers import (
    COMPARED,
    NODES,
    NOW,
    both,
    rows_of,
    same,
    stored,
)

assert stored


@COMPARED
@given(data=st.data())
def test_memory_has_the_totals_of_the_statements(stored, data):
    roots = iter(range(1000))

    def rows():
        some = data.draw(rows_of("packages"))
        outcomes = st.sampled_from(["failed", "duplicate", "unfinished", "ok"])
        services = st.sampled_from([None, "[]", "[7]", "[7,7,9]"])
        gas = st.sampled_from([None, "[5]", "[5,null]", "[1,2,18446744073709551615,4]"])
        count = len(some["outcome"])
        some["outcome"] = [data.draw(outcomes) for _ in range(count)]
        some["services"] = [data.draw(services) for _ in range(count)]
        some["item_gas"] = [data.draw(gas) for _ in range(count)]
        # The statement takes attempts with the same event for one.
        some["root"] = [next(roots) for _ in range(count)]
        return some

    pair = both(stored, "packages", [rows() for _ in range(3)], rows())
    window = data.draw(st.sampled_from([Window(), Window(NOW - 5_000_000, NOW + 8_000_000)]))
    core = data.draw(st.sampled_from([None, 1]))
    node = data.draw(st.sampled_from([None, NODES[0, 1]]))
    by_node = data.draw(st.booleans())
    step = data.draw(st.sampled_from([0, 60_000_000]))
    assert same(*pair.ask(StageTotals(window, core, node, by_node, step)))
    mine, theirs = pair.ask(PackageServices(window))
    assert same(mine.rows, theirs.rows)
    assert mine.below == theirs.below
    assert pair.memory.reads
