"""What nodes tell of messages between them."""

from __future__ import annotations

from collections import Counter

from tart.aggregate.references.peer_message_reducers import GAVE, NOT_KNOWN, WAS_GIVEN
from tests.aggregate.batches import aggregate, rows, troubled_network

PLAYED = troubled_network()
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
    for row in rows(aggregate(PLAYED), "transfers"):
        found[row["node"], row["slot"], row["side"]] += row["count"]
    assert found == expected


def test_streams_of_announcements_are_links():
    expected = Counter(
        (NODE[each["node"]], each["data"]["peer"], int(each["data"]["opener"] == "Remote"))
        for each in FACTS.events("BlockAnnouncementStreamOpened")
    )
    found = Counter()
    for row in rows(aggregate(PLAYED), "links"):
        if row["type"] == 60:
            found[row["node"], bytes(row["peer"]).hex(), row["side"]] += row["count"]
    assert found == expected
