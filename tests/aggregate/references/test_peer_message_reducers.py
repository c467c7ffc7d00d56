"""``tart/aggregate/references/peer_message_reducers.py``: transfers and links."""

from __future__ import annotations

from collections import Counter

import pytest

from tart.aggregate.references.peer_message_reducers import RECEIVED, SENT, UNKNOWN
from tart.protocol.events import EventKind
from tests.aggregate.batches import aggregate, rows, troubled_network
from tests.aggregate.node_script import HASH, NodeScript

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


@pytest.mark.parametrize(("announcer", "seen"), [("Remote", 1), ("Local", 0)])
def test_only_an_announcement_by_a_peer_is_a_sight_of_the_block(announcer, seen):
    script = NodeScript()
    script.send("BlockAnnounced", peer=HASH, announcer=announcer, slot=7, hash=b"b" * 32)
    aggregates = script.aggregate()
    (link,) = rows(aggregates, "links")
    assert link["side"] == seen
    assert [row["slot"] for row in rows(aggregates, "sightings")] == [7] * seen


def test_a_generation_of_tickets_has_its_epoch_number_of_tickets_and_outcome():
    script = NodeScript()
    generated = script.send("GeneratingTickets", epoch=3)
    script.send("TicketsGenerated", generating_id=generated, ids=[HASH, b"t" * 32])
    failed = script.send("GeneratingTickets", epoch=4)
    script.send("TicketGenerationFailed", generating_id=failed, reason="no key")
    found = rows(script.aggregate(), "tickets")
    columns = ("epoch", "outcome", "tickets", "reason")
    assert [tuple(row[name] for name in columns) for row in found] == [
        (3, "generated", 2, None),
        (4, "failed", 0, "no key"),
    ]
