"""``tart/shard/queries/stored_frame.py``: frames by their sequence."""

from __future__ import annotations

from tart.protocol.decoding import HEADER_BYTES
from tart.shard.queries.stored_frame import StoredFrame
from tart.storage.core.schema import UndecodableRow
from tests.storage.running import event


def test_the_content_is_the_message_as_received():
    row = event(3, type=41, ref=7, body=b"\x02no", slot=None)
    content = StoredFrame(row).content
    assert content[HEADER_BYTES:] == (7).to_bytes(8, "little") + b"\x02no"
    assert content[HEADER_BYTES - 1] == 41
    assert content[:8] == row.timestamp.to_bytes(8, "little")
    assert StoredFrame(row).size == len(row.body)


def test_an_undecodable_frame_is_its_own_content():
    row = UndecodableRow(5, 1, 0, 0, 2, 11, "truncated", "slot", 9, "4 bytes", b"\x01\x02")
    frame = StoredFrame(row)
    assert (frame.content, frame.size, frame.seq) == (b"\x01\x02", 2, 5)
