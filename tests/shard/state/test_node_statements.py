"""``tart/shard/state/node_statements.py``: statements of a node about itself."""

import dataclasses

from tart.protocol.events import EventKind
from tart.query.core.nodes import StatedSlot
from tart.shard.state.node_statements import STATEMENT_TYPES, Statement, later_statement
from tart.storage.log import recovery

HASH = bytes(range(32))
BLOCK = Statement(
    EventKind.BEST_BLOCK_CHANGED, 7, 5, 256, "192.0.2.1:4", (9).to_bytes(4, "little") + HASH, 1, 2
)


def test_the_value_of_a_block_is_slot_and_hash_and_that_of_a_sync_a_boolean():
    assert BLOCK.value == {"slot": 9, "hash": HASH}
    assert BLOCK.stated_slot(is_open=True) == StatedSlot(9, 7, "192.0.2.1:4", True, False)
    synced = dataclasses.replace(BLOCK, type=EventKind.SYNC_STATUS_CHANGED, payload=b"\x01")
    assert synced.value is True
    assert synced.latest(is_open=False)["data"] == {
        "SyncStatusChanged": {"timestamp": 5, "synced": True}
    }


def test_a_statement_that_cannot_be_decoded_has_no_value():
    for kind in STATEMENT_TYPES:
        broken = dataclasses.replace(BLOCK, type=kind, payload=b"")
        assert broken.value is None
    broken = dataclasses.replace(BLOCK, payload=b"")
    assert broken.stated_slot(is_open=True).slot is None


def test_a_status_is_decoded_with_the_number_of_cores():
    payload = bytes(range(12)) + b"\x01\x02" + bytes(20)
    status = dataclasses.replace(BLOCK, type=EventKind.STATUS, payload=payload)
    assert status.fields["num_guarantees"] == [1, 2]


def test_of_two_statements_the_same_one_counts_in_any_order():
    other = dataclasses.replace(BLOCK, address="192.0.2.2:4")
    newer = dataclasses.replace(BLOCK, received_at=8)
    assert later_statement(None, BLOCK) is BLOCK
    assert later_statement(BLOCK, other) is later_statement(other, BLOCK) is other
    assert later_statement(newer, other) is later_statement(other, newer) is newer


def test_recovery_reads_the_same_types_from_the_event_log():
    assert recovery.STATEMENTS == STATEMENT_TYPES
