"""``tart/aggregate/exchanges.py``: what nodes tell of messages between them."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.exchanges import GAVE, NOT_KNOWN, WAS_GIVEN
from tests.aggregate.hearing import aggregated, heard, rows, troubled, voices

PLAYED = troubled()
FACTS = PLAYED.facts
NODE = {node["node"]: at for at, node in enumerate(FACTS.of("node"))}


def test_blocks_are_given_by_who_was_asked():
    sides = {"SendingBlockRequest": WAS_GIVEN, "ReceivingBlockRequest": GAVE}
    roots = {
        (each["node"], each["session"], each["event_id"]): side
        for variant, side in sides.items()
        for each in FACTS.events(variant)
    }
    expected = Counter()
    for each in FACTS.events("BlockTransferred"):
        root = each["node"], each["session"], each["root"]["event_id"]
        side = roots.get(root, NOT_KNOWN)
        expected[NODE[each["node"]], each["data"]["slot"], side] += 1
    found = Counter()
    for row in rows(aggregated(PLAYED), "transfers"):
        found[row["node"], row["slot"], row["side"]] += row["count"]
    assert found == expected


def test_streams_of_announcements_are_links():
    expected = Counter(
        (NODE[each["node"]], each["data"]["peer"], int(each["data"]["opener"] == "Remote"))
        for each in FACTS.events("BlockAnnouncementStreamOpened")
    )
    found = Counter()
    for row in rows(aggregated(PLAYED), "links"):
        if row["type"] == 60:
            found[row["node"], bytes(row["peer"]).hex(), row["side"]] += row["count"]
    assert found == expected


def test_requests_for_shards_are_counted_by_index():
    expected = Counter(
        (NODE[each["node"]], 120, each["data"]["shard"])
        for each in FACTS.events("SendingShardRequest")
    )
    expected += Counter(
        (None, 124, each["data"]["shard"]) for each in FACTS.events("ShardRequestReceived")
    )
    found = Counter()
    for row in rows(aggregated(PLAYED), "shard_requests"):
        found[row["node"], row["type"], row["shard_index"]] += row["count"]
    assert found == expected


def test_what_ends_a_request_is_about_its_erasure_root():
    aggregates = Aggregates(voices(PLAYED).__getitem__)
    about = defaultdict(set)
    for batch in heard(PLAYED, 500):
        contexts = aggregates.add(batch)
        for at in np.flatnonzero(np.isin(batch.number, (122, 123, 125))).tolist():
            if at in contexts:
                root, erasure_root = contexts[at]
                assert root == batch.ref[at]
                about[int(batch.number[at])].add(erasure_root.hex())
    for variant, number in (("ShardsTransferred", 125), ("ShardRequestFailed", 122)):
        roots = {each["about"].get("erasure_root") for each in FACTS.events(variant)}
        assert about[number]
        assert about[number] <= roots
