"""``tart/aggregate/keyed/gauges.py``: last value, minimum, maximum and sum by minute."""

from tart.aggregate.core.tables import GAUGES
from tart.aggregate.keyed.gauges import Gauges
from tart.protocol.events import EventKind
from tests.aggregate.batches import aggregate, rows, troubled_network


def status(value, cores=(1, 2)):
    return {**dict.fromkeys(GAUGES, value), "num_guarantees": list(cores)}


def test_status_rows_have_last_minimum_maximum_and_sum():
    gauges = Gauges()
    for at, value in ((1, 5), (2, 9), (3, 7)):
        gauges.add_status(at, 4, status(value))
    found = gauges.rows("status")
    assert (found["node"], found["samples"], found["seen_at"]) == ([4], [3], [3])
    assert found["num_guarantees"] == [b"\x01\x02"]
    for name in GAUGES:
        assert [found[f"{kind}{name}"][0] for kind in ("", "min_", "max_", "sum_")] == [7, 5, 9, 21]


def test_heads_have_the_highest_slots_and_the_last_sync_status():
    reported = (
        (EventKind.BEST_BLOCK_CHANGED, 5),
        (EventKind.BEST_BLOCK_CHANGED, 4),
        (EventKind.FINALIZED_BLOCK_CHANGED, 3),
        (EventKind.SYNC_STATUS_CHANGED, 1),
        (EventKind.SYNC_STATUS_CHANGED, 0),
    )
    gauges = Gauges()
    for number, value in reported:
        gauges.add_chain_statement(1, 4, number, value)
    found = gauges.rows("heads")
    assert (found["best"], found["finalized"], found["synced"]) == ([5], [3], [0])


def test_a_head_that_was_not_reported_is_null():
    gauges = Gauges()
    gauges.add_chain_statement(1, 4, EventKind.FINALIZED_BLOCK_CHANGED, 3)
    assert gauges.rows("heads")["best"] == [None]


def test_every_status_of_the_simulator_is_counted():
    facts = troubled_network().facts
    found = rows(aggregate(troubled_network()), "status")
    assert sum(row["samples"] for row in found) == len(facts.events("Status"))
    for at, node in enumerate(facts.of("node")):
        statuses = [f for f in facts.events("Status") if f["node"] == node["node"]]
        last = max((row for row in found if row["node"] == at), key=lambda row: row["seen_at"])
        newest = max(statuses, key=lambda f: f["node_us"])["data"]
        assert {name: last[name] for name in GAUGES} == {name: newest[name] for name in GAUGES}
        assert list(last["num_guarantees"]) == newest["num_guarantees"]
