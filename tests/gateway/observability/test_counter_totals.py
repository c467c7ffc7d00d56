"""``tart/gateway/observability/counter_totals.py``: totals that fall only with the gateway."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.gateway.observability.counter_totals import CounterTotals


def total(*updates: tuple[int, str, int], restarted: bool = False) -> int:
    totals = CounterTotals[str](restarted=restarted)
    for shard, process, count in updates:
        totals.update(shard, process, {"n": count})
    return totals.totals["n"]


def test_a_total_is_that_of_all_shards() -> None:
    assert total((0, "a", 5), (1, "b", 7), (0, "a", 6)) == 13


def test_a_process_that_restarted_is_added_even_if_it_has_counted_more() -> None:
    assert total((0, "a", 5), (0, "b", 2)) == 7
    assert total((0, "a", 5), (0, "b", 9)) == 14


def test_a_gateway_that_restarted_begins_at_0() -> None:
    assert total((0, "a", 500), (1, "b", 7), restarted=True) == 0
    assert total((0, "a", 500), (0, "a", 510), (0, "c", 3), restarted=True) == 13


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 9)), min_size=1, max_size=30
    )
)
def test_a_total_never_falls_and_is_what_was_counted(steps: list[tuple[int, bool, int]]) -> None:
    totals = CounterTotals[str](restarted=False)
    processes, counts, counted, before = [0] * 3, [0] * 3, 0, 0
    for shard, restarts, more in steps:
        if restarts:
            processes[shard] += 1
            counts[shard] = 0
        counts[shard] += more
        counted += more
        totals.update(shard, str(processes[shard]), {"n": counts[shard]})
        assert totals.totals["n"] >= before
        before = totals.totals["n"]
    assert before == counted
