"""``tart/shard/queries/first_seen.py``: first sights, with how far each node's clock was behind."""

from __future__ import annotations

import pytest

from tart.shard.queries import first_seen as module
from tart.units import JCE_US, MINUTE_US
from tests.aggregate.batches import troubled_network
from tests.shard.ingest.test_aggregator import told
from tests.shard.running import run

FACTS = troubled_network().facts


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Ask a shard that was told everything."""
    root = tmp_path_factory.mktemp("sightings")

    async def first(shard):
        told(shard, troubled_network().sessions)

    run(first, root)
    return lambda name, **parameters: run(lambda shard: shard.ask(name, **parameters), root)


def test_every_node_s_first_sight_has_its_offset(ask):
    blocks = [row[0] for row in ask("first_seen_blocks")]
    found = ask("block_propagation", hashes=blocks)
    assert len({(block, node) for block, node, *_ in found}) == len(found)
    clocks = {
        (node, bucket): offset
        for bucket, node, offset in ask("aggregate_sum", table="clocks", by=["bucket", "node"])
    }
    for _, node, at, timestamp, number, offset in found:
        assert number in (42, 43, 62, 68)
        assert offset == clocks[node, at - at % MINUTE_US]
        # The fastest message of the minute cannot be slower than this one.
        assert offset <= at - (timestamp + JCE_US)


def test_sights_are_selected_by_block_hash(ask):
    sighted = ask("first_seen_blocks")
    hashes = [row[0] for row in sighted[:3]]
    found = ask("block_propagation", hashes=hashes)
    assert {row[0] for row in found} == set(hashes)
    assert len(found) == sum(row[3] for row in sighted[:3])


def test_too_many_sights_are_rejected(ask, monkeypatch):
    hashes = [row[0] for row in ask("first_seen_blocks")]
    monkeypatch.setattr(module, "MAX_SIGHTS", 2)
    with pytest.raises(Exception, match="fewer blocks"):
        ask("block_propagation", hashes=hashes)


def test_blocks_authored_without_a_known_authoring_event_are_seen(ask):
    authored = {fact["about"]["block"] for fact in FACTS.events("Authored")}
    found = ask(
        "aggregate_rows", table="sightings", where={"type": [42]}, columns=["hash"], distinct=True
    )
    assert {row["hash"] for row in found} <= authored
    some = ask(
        "aggregate_rows", table="sightings", where={"type": [42]}, columns=["hash"], limit=10_000
    )
    assert {row["hash"] for row in some} == authored
