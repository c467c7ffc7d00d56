"""``tart/shard/ingest/status_changes.py``: what events about a node change."""

from collections import Counter

from tart.aggregate.columnar.live_counters import LiveCounters
from tart.aggregate.core.isolation import Isolation
from tart.protocol.events import EventKind
from tart.shard.decode.batch_decoder import StatusChange
from tart.shard.ingest.status_changes import StatusChanges
from tart.shard.state.nodes import Node
from tests.shard.plain import session_of

HASH = bytes(range(32))
NOW = 1_700_000_000_000_000


def changes():
    """The part under test, its connection and the dropped events that it counted."""
    dropped = Counter()
    session = session_of()
    session.node = Node(bytes(32))
    session.node.row = 3
    status = StatusChanges(
        LiveCounters(), Isolation(), lambda of, events: dropped.update({of.number: events})
    )
    return status, session, dropped


def change(session, kind, payload, dropped=None):
    return StatusChange(session, int(kind), payload, NOW, 5, dropped)


def test_dropped_events_are_counted_if_the_number_can_be_true():
    status, session, dropped = changes()
    status.apply(change(session, EventKind.DROPPED, bytes(16), 7))
    status.apply(change(session, EventKind.DROPPED, bytes(16), None))
    assert dropped == {session.number: 7}


def test_a_best_block_becomes_the_statement_and_the_best_slot():
    status, session, _ = changes()
    payload = (9).to_bytes(4, "little") + HASH
    status.apply(change(session, EventKind.BEST_BLOCK_CHANGED, payload))
    assert session.statements[int(EventKind.BEST_BLOCK_CHANGED)].fields["slot"] == 9
    assert [best.slot for best in status.best_slots.newest(NOW)] == [9]


def test_a_fault_of_the_best_slots_is_counted_and_costs_no_statement(monkeypatch):
    status, session, _ = changes()
    monkeypatch.setattr(status.best_slots, "add", lambda *arguments: 1 / 0)
    payload = (9).to_bytes(4, "little") + HASH
    status.apply(change(session, EventKind.BEST_BLOCK_CHANGED, payload))
    assert int(EventKind.BEST_BLOCK_CHANGED) in session.statements
    assert status._isolation.failures["best_slots"] == 1
