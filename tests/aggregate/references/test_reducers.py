"""``tart/aggregate/references/reducers.py``: the table of reducers, and failures."""

from __future__ import annotations

from collections import Counter

from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.aggregate.references import (
    block_reducers,
    package_reducers,
    peer_message_reducers,
    status_reducers,
)
from tart.aggregate.references.batch_reducers import BATCH_KINDS
from tart.aggregate.references.reducers import REDUCERS
from tests.aggregate.batches import (
    aggregate,
    rows,
    sum_by,
    troubled_network,
)

TOPICS = (block_reducers, package_reducers, peer_message_reducers, status_reducers)


def test_no_type_is_reduced_both_alone_and_by_the_batch():
    own_reducers = REDUCERS.keys() - FAILURES
    assert not own_reducers & BATCH_KINDS


def test_every_topic_s_reducers_are_in_the_table():
    tables = [module.REDUCERS for module in TOPICS]
    assert sum(map(len, tables)) == len({kind for table in tables for kind in table})
    for table in tables:
        assert table.items() <= REDUCERS.items()


def node_numbers():
    return {node["node"]: at for at, node in enumerate(troubled_network().facts.of("node"))}


def test_failures_are_counted_by_node_type_and_reason():
    numbers, expected = node_numbers(), Counter()
    for fact in troubled_network().facts.sent:
        reason = fact["data"].get("reason")
        if fact["type"] in FAILURES or reason in FAILED_REASONS.get(fact["type"], ()):
            expected[numbers[fact["node"]], fact["type"], reason] += 1
    found = sum_by(rows(aggregate(troubled_network()), "failures"), "node", "type", "reason")
    assert found == expected
    assert len({number for _, number, _ in expected}) > 15
