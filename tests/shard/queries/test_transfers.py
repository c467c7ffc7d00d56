"""``tart/shard/queries/transfers.py``: ranges of the slots whose blocks nodes transferred."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

from tests.aggregate.batches import troubled_network
from tests.shard.ingest.test_aggregator import told
from tests.shard.running import run

FACTS = troubled_network().facts


def ask(tmp_path, **parameters):
    async def scenario(shard):
        told(shard, troubled_network().sessions[:4])
        # Half of it is in the file, and a slot may be in both halves.
        shard.ingest.flush_aggregates()
        told(shard, troubled_network().sessions[4:])
        return await shard.ask("transfers", **parameters)

    return run(scenario, tmp_path)


def test_ranges_have_exactly_the_transferred_slots(tmp_path):
    slots, blocks = defaultdict(set), Counter()
    for each in FACTS.events("BlockTransferred"):
        slots[each["node"]].add(each["data"]["slot"])
        blocks[each["node"]] += 1
    found, counted = defaultdict(list), Counter()
    for node, first, last, count, last_at in ask(tmp_path):
        found[node] += range(first, last + 1)
        counted[node] += count
        assert last_at > 0
    assert {node: sorted(some) for node, some in found.items()} == {
        node: sorted(some) for node, some in slots.items()
    }
    assert counted == blocks


def test_ranges_are_unbroken_and_maximal(tmp_path):
    ranges = defaultdict(list)
    for node, first, last, *_ in ask(tmp_path):
        ranges[node].append((first, last))
    for some in ranges.values():
        some.sort()
        assert all(one[1] + 1 < other[0] for one, other in pairwise(some))


def test_transfers_outside_the_window_are_not_returned(tmp_path):
    assert ask(tmp_path, start_us=0, end_us=1) == []
