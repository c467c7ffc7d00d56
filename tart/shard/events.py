"""From a row of the log to the API's Event object.

Pure. The inverse of ``shard.digest``: what was cut off the payload into ``ref`` is put
back before it is decoded again.
"""

from __future__ import annotations

from typing import Any

from tart.errors import DecodeError
from tart.protocol.columns import REF_BYTES, SHARD_INDEX_BYTES
from tart.protocol.decoding import decode_event
from tart.protocol.events import EVENTS
from tart.query.catalog import DIRECTORY_BITS, event_api_id
from tart.query.times import rfc3339, rfc3339_of_jce
from tart.shard.nodes import Speaker
from tart.storage.schema import LogRow


def payload_of(row: LogRow) -> bytes:
    """The bytes after timestamp and number, as the node sent them."""
    ref = b"" if row.ref is None else row.ref.to_bytes(REF_BYTES, "little")
    if row.shard_index is None:
        return ref + row.body
    return ref + row.body + row.shard_index.to_bytes(SHARD_INDEX_BYTES, "little")


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
