"""From an arrived event to a row, and from a row to the API's Event object.

Pure. Both directions stand here so that they stay each other's inverse: what is cut off
the payload into ``ref`` is put back before it is decoded again.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from tart.errors import DecodeError
from tart.protocol.connection import ReceivedEvent
from tart.protocol.decoding import HEADER_BYTES, decode_event
from tart.protocol.events import EVENTS, leading_reference
from tart.query.catalog import DIRECTORY_BITS, event_api_id
from tart.query.times import rfc3339, rfc3339_of_jce
from tart.shard.nodes import Speaker
from tart.storage.schema import LogRow

_REF_BYTES = 8


class _Columns(NamedTuple):
    """Where an event type's columns are in its payload, in bytes."""

    has_ref: bool
    slot: int | None
    core: int | None


@cache
def _columns(number: int, version: int) -> _Columns:
    layout = EVENTS[number].layout(version)
    return _Columns(
        leading_reference(layout) is not None,
        layout.offset_of("slot"),
        layout.offset_of("core"),
    )


def to_row(
    event: ReceivedEvent,
    version: int,
    *,
    seq: int,
    received_at: int,
    node: int,
    session: int,
) -> LogRow:
    """The log's row of a good event."""
    number = event.number
    assert number is not None
    assert event.timestamp is not None
    columns = _columns(number, version)
    content = event.content
    ref, body_at = None, HEADER_BYTES
    if columns.has_ref and len(content) >= HEADER_BYTES + _REF_BYTES:
        body_at += _REF_BYTES
        ref = int.from_bytes(content[HEADER_BYTES:body_at], "little")
    return LogRow(
        seq,
        received_at,
        event.timestamp,
        node,
        session,
        event.event_id,
        number,
        ref,
        _integer(content, columns.slot, 4),
        _integer(content, columns.core, 2),
        content[body_at:],
    )


def _integer(content: bytes, offset: int | None, size: int) -> int | None:
    if offset is None:
        return None
    start = HEADER_BYTES + offset
    found = content[start : start + size]
    return int.from_bytes(found, "little") if len(found) == size else None


def payload_of(row: LogRow) -> bytes:
    """The bytes after timestamp and number, as the node sent them."""
    if row.ref is None:
        return row.body
    return row.ref.to_bytes(_REF_BYTES, "little") + row.body


def to_json(row: LogRow, directory: int, speaker: Speaker) -> dict[str, Any]:
    """The API's Event object of a row; hashes in it are still bytes."""
    try:
        fields = decode_event(
            row.type,
            payload_of(row),
            version=speaker.protocol_version,
            cores=speaker.cores,
        ).fields
    except DecodeError as error:  # stored by a release that understood more
        fields = {"undecodable": str(error)}
    return {
        "id": event_api_id(directory, row.seq),
        "node_id": speaker.node_id,
        "session": row.session << DIRECTORY_BITS | directory,
        "event_id": row.event_id,
        "event_type": row.type,
        "timestamp": rfc3339_of_jce(row.timestamp),
        "received_at": rfc3339(row.received_at),
        "data": {EVENTS[row.type].variant: {"timestamp": row.timestamp, **fields}},
        "node_name": speaker.name,
        "node_version": speaker.implementation_version,
        "context": {"slot": row.slot, "core": row.core, "hash": None, "root_event_id": None},
    }
