"""``tart/query/answers/blocks.py``: figures have the members and values that it declares."""

from __future__ import annotations

import pytest

from tart.protocol.events import EventKind
from tart.query.topics import slots
from tart.query.topics.blocks import blocks
from tests.query.answers.checking import NOW, check
from tests.query.topics.test_blocks import CHAIN, row
from tests.query.topics.test_slots import A, answer, event


@pytest.mark.parametrize("recent", [[], [row(1), row(2, slot=None, outcome="failed", reason="x")]])
def test_blocks(recent):
    authored = [{"hash": "01", "node": A}]
    check("Blocks", blocks({EventKind.AUTHORED: 1}, CHAIN, authored, recent))


def test_slot():
    announced = EventKind.BLOCK_ANNOUNCED
    partial = answer([[announced, A, 1]], [[announced, "0a" * 32]], 1, 2)
    check("Slot", slots.slot_activity(7, [partial]))


def test_slot_with_events():
    received = {**event(A, 1, NOW), "received_at": NOW}
    events = {"events_by_node": slots.events_by_node([received]), "has_more": True}
    check("Slot", {**slots.slot_activity(7, [answer([])]), **events})
