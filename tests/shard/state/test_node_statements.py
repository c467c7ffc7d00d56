"""``tart/shard/state/node_statements.py``: what a node said of itself."""

import dataclasses

from tart.shard.state.node_statements import BEST, NUMBERS, STATUS, SYNC, Statement, later
from tart.storage.log import recovery

HASH = bytes(range(32))
BLOCK = Statement(BEST, 7, 5, 256, "192.0.2.1:4", (9).to_bytes(4, "little") + HASH, 1, 2)


def test_a_block_is_its_slot_and_hash_and_a_sync_is_true_or_not():
    assert BLOCK.value == {"slot": 9, "hash": HASH}
    assert BLOCK.claim(is_open=True) == {
        **{"received_at": "1970-01-01T00:00:00.000007Z", "session": 256},
        **{"address": "192.0.2.1:4", "is_open": True, "slot": 9},
    }
    synced = dataclasses.replace(BLOCK, number=SYNC, payload=b"\x01")
    assert synced.value is True
    assert synced.latest(is_open=False)["data"] == {
        "SyncStatusChanged": {"timestamp": 5, "synced": True}
    }


def test_what_this_release_cannot_read_is_not_known():
    for number in NUMBERS:
        broken = dataclasses.replace(BLOCK, number=number, payload=b"")
        assert broken.value is None
    broken = dataclasses.replace(BLOCK, payload=b"")
    assert broken.claim(is_open=True)["slot"] is None


def test_a_status_has_a_byte_for_each_core():
    payload = bytes(range(12)) + b"\x01\x02" + bytes(20)
    status = dataclasses.replace(BLOCK, number=STATUS, payload=payload)
    assert status.fields["num_guarantees"] == [1, 2]


def test_of_those_that_came_at_one_moment_the_same_one_counts_in_any_order():
    other = dataclasses.replace(BLOCK, address="192.0.2.2:4")
    newer = dataclasses.replace(BLOCK, received_at=8)
    assert later(None, BLOCK) is BLOCK
    assert later(BLOCK, other) is later(other, BLOCK) is other
    assert later(newer, other) is later(other, newer) is newer


def test_those_kept_in_the_log_are_the_same():
    assert recovery.STATEMENTS == NUMBERS
