"""The API's Event object of a row of the event log.

Pure. The inverse of ``shard.decode.batch_decoder``: the parts of the payload are joined again
before it is decoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.errors import DecodeError
from tart.protocol.events import EVENTS
from tart.protocol.references import (
    CHAIN_HASH_FIELDS,
    OWN_HASH_FIELDS,
    Context,
    direct_root,
    find_hash,
)
from tart.query.core.event_ids import DIRECTORY_BITS, event_api_id
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce
from tart.shard.state.nodes import SessionOwner
from tart.storage.core.log_columns import LogRow


def to_json(
    row: LogRow,
    directory: int,
    owner: SessionOwner,
    context: Context | None = None,
) -> dict[str, Any]:
    """Return the API's Event object of a row; hashes in it are still bytes.

    Args:
        row: The event.
        directory: The directory of the event log.
        owner: The owner of the event's connection.
        context: The chain that the event belongs to; if ``None``, the event's own fields tell.
    """
    if context is None:
        context = Context(direct_root(row.type, row.event_id, row.ref))
    fields = _fields(row.type, row.payload, owner)
    return {
        "id": event_api_id(directory, row.seq),
        "node_id": owner.node_id,
        "session": row.session << DIRECTORY_BITS | directory,
        "event_id": row.event_id,
        "event_type": row.type,
        "timestamp": rfc3339_of_jce(row.timestamp),
        "received_at": rfc3339(row.received_at),
        "data": _data(row.type, row.timestamp, fields),
        "node_name": owner.name,
        "node_version": owner.implementation_version,
        "context": {
            "slot": row.slot,
            "core": row.core,
            "hash": context.chain_hash or _hash(row.type, fields),
            "root_event_id": context.root,
        },
    }


def event_data(type_: int, timestamp: int, payload: bytes, owner: SessionOwner) -> dict[str, Any]:
    """Return ``data`` of the API's Event object; hashes in it are still bytes."""
    return _data(type_, timestamp, _fields(type_, payload, owner))


def _fields(type_: int, payload: bytes, owner: SessionOwner) -> Mapping[str, Any]:
    try:
        fields: Mapping[str, Any] = owner.decode(type_, payload).fields
    except DecodeError as error:  # stored by a release that could decode more
        return {"undecodable": str(error)}
    return fields


def _data(type_: int, timestamp: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {EVENTS[type_].variant: {"timestamp": timestamp, **fields}}


def _hash(type_: int, fields: Mapping[str, Any]) -> bytes | None:
    """Return the hash that an event itself is about."""
    return find_hash(type_, fields, CHAIN_HASH_FIELDS) or find_hash(type_, fields, OWN_HASH_FIELDS)
