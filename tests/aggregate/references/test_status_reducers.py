"""``tart/aggregate/references/status_reducers.py``: best and finalized blocks, sync status."""

from __future__ import annotations

from collections import Counter

from tests.aggregate.batches import (
    aggregate,
    rows,
    sum_by,
    troubled_network,
)


def test_nodes_are_counted_by_the_blocks_they_report_as_best_and_finalized():
    played = troubled_network()
    expected: Counter = Counter()
    for variant in ("BestBlockChanged", "FinalizedBlockChanged"):
        for fact in played.facts.events(variant):
            key = bytes.fromhex(fact["data"]["hash"]), fact["type"], fact["data"]["slot"]
            expected[key] += 1
    assert expected
    assert sum_by(rows(aggregate(played), "reached"), "hash", "type", "slot") == expected


def test_heads_have_the_last_sync_status_of_a_node():
    played = troubled_network()
    statuses = played.facts.events("SyncStatusChanged")
    assert statuses
    synced = {row["synced"] for row in rows(aggregate(played), "heads")} - {None}
    assert synced <= {int(fact["data"]["synced"]) for fact in statuses}
