"""``tart/aggregate/references/peer_message_reducers.py``: transfers and links."""

from __future__ import annotations

from collections import Counter

from tart.aggregate.references.peer_message_reducers import RECEIVED, SENT, UNKNOWN
from tart.protocol.events import EventKind
from tests.aggregate.batches import aggregate, rows, troubled_network

PLAYED = troubled_network()
FACTS = PLAYED.facts
NODE = {node["node"]: at for at, node in enumerate(FACTS.of("node"))}


def test_the_requested_node_is_the_sender_of_a_block():
    sides = {"SendingBlockRequest": RECEIVED, "ReceivingBlockRequest": SENT}
    roots = {
        (each["node"], each["session"], each["event_id"]): side
        for variant, side in sides.items()
        for each in FACTS.events(variant)
    }
    expected = Counter()
    for each in FACTS.events("BlockTransferred"):
        root = each["node"], each["session"], each["root"]["event_id"]
        side = roots.get(root, UNKNOWN)
        expected[NODE[each["node"]], each["data"]["slot"], side] += 1
    found = Counter()
    for row in rows(aggregate(PLAYED), "transfers"):
        found[row["node"], row["slot"], row["side"]] += row["count"]
    assert found == expected


def test_opened_announcement_streams_are_counted_as_links():
    expected = Counter(
        (NODE[each["node"]], each["data"]["peer"], int(each["data"]["opener"] == "Remote"))
        for each in FACTS.events("BlockAnnouncementStreamOpened")
    )
    found = Counter()
    for row in rows(aggregate(PLAYED), "links"):
        if row["type"] == EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED:
            found[row["node"], bytes(row["peer"]).hex(), row["side"]] += row["count"]
    assert found == expected
