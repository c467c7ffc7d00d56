"""The plain way from bytes to rows, one event at a time: what ``decode_batch`` is held against."""

from __future__ import annotations

from tart.protocol.connection import Connection, ReceivedEvent
from tart.protocol.events import EVENTS, leading_reference
from tart.protocol.frames import Frames
from tart.protocol.types import PEER_ID, U16
from tart.shard.decode.batch_decoder import FrameRuns, decode_batch
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.core.log_columns import LogRow
from tart.testing import FakeNode
from tests.protocol.strategies import CORES


def session_of(version: int = 1, *, number: int = 10, node_number: int = 9) -> Session:
    """A connection whose node has said who it is."""
    node = FakeNode(bytes([number]) * 32, version=version, cores=CORES)
    connection = Connection()
    connection.receive_frames(node.connect())
    found = Session(number, 5, "192.0.2.1:4", 0, connection)
    found.node_number = node_number
    return found


def decoded(session: Session, *contents: bytes, seq: int = 7, received_at: int = 8, peers=None):
    """What the batch's way makes of some frames of one connection."""
    peers = PeerDictionary({}) if peers is None else peers
    return decode_batch(
        Frames.of(contents), FrameRuns([session], [len(contents)], [received_at]), seq, peers
    )


def plain_row(event: ReceivedEvent, version: int, *, seq, received_at, node, session) -> LogRow:
    """The row of a good event, read field by field from its declaration."""
    layout = EVENTS[event.number].layout(version)
    body, ref, peer, shard_index = event.payload, None, None, None
    fields = [each for _, each in layout.fields]
    if leading_reference(layout) is not None and len(event.payload) >= 8:
        ref, body = int.from_bytes(event.payload[:8], "little"), event.payload[8:]
        fields = fields[1:]
    if (
        EVENTS[event.number].version_0 is None
        and fields
        and fields[0] is PEER_ID
        and len(body) >= 32
    ):
        peer, body = body[:32], body[32:]
    if layout.fields[-1] == ("shard", U16) and len(event.payload) == layout.size:
        body, shard_index = body[:-2], int.from_bytes(body[-2:], "little")
    return LogRow(
        seq,
        received_at,
        event.timestamp,
        node,
        session,
        event.event_id,
        event.number,
        ref,
        peer,
        _named(event.payload, EVENTS[event.number].fields.offset_of("slot"), 4),
        _named(event.payload, EVENTS[event.number].fields.offset_of("core"), 2),
        shard_index,
        body,
    )


def _named(payload: bytes, offset: int | None, size: int) -> int | None:
    found = b"" if offset is None else payload[offset : offset + size]
    return int.from_bytes(found, "little") if len(found) == size else None
