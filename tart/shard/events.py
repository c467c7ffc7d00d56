"""From a row of the log to the API's Event object.

Pure. The inverse of ``shard.digest``: what was cut off the payload is put back
before it is decoded again.
"""

from __future__ import annotations

from typing import Any

from tart.errors import DecodeError
from tart.protocol.decoding import decode_event
from tart.protocol.events import EVENTS
from tart.query.catalog import DIRECTORY_BITS, event_api_id
from tart.query.times import rfc3339, rfc3339_of_jce
from tart.shard.nodes import Speaker
from tart.storage.schema import LogRow, payload_of


def to_json(
    row: LogRow,
    directory: int,
    speaker: Speaker,
    root: int | None = None,
    about: bytes | None = None,
) -> dict[str, Any]:
    """The API's Event object of a row; hashes in it are still bytes.

    Args:
        root: the event id of the first event of the chain it belongs to, if known.
        about: the hash of the block or work-package, if known.
    """
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
        "context": {
            "slot": row.slot,
            "core": row.core,
            "hash": about,
            "root_event_id": row.ref if root is None else root,
        },
    }
