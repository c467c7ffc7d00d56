"""Fields of payloads that have columns of their own, by event type.

Pure. Derived from the declarations of the events.
"""

from __future__ import annotations

from tart.protocol.events import EventKind, leading_reference
from tart.protocol.types import PEER_ID, U16

# In the order of their bits in ``columnar.optional_fields_by_type``.
OPTIONAL_FIELDS = ("ref", "peer", "slot", "core", "shard_index")
# The fields that are cut off the payload; slot and core stay in it.
REF_BYTES = 8
PEER_BYTES = 32
SHARD_INDEX_BYTES = 2


def optional_fields(event: EventKind) -> tuple[str, ...]:
    """Return the ``OPTIONAL_FIELDS`` of an event's payload.

    A payload that is not as specified may have others.
    """
    layout = event.fields
    there = {
        "ref": leading_reference(layout) is not None,
        "peer": _leads_with_peer(event),
        "slot": layout.offset_of("slot") is not None,
        "core": layout.offset_of("core") is not None,
        "shard_index": layout.fields[-1] == ("shard", U16),
    }
    return tuple(name for name in OPTIONAL_FIELDS if there[name])


def _leads_with_peer(event: EventKind) -> bool:
    """Return whether a peer id is the first field, or follows a leading reference."""
    if event.version_0 is not None:
        return False
    fields = event.fields.fields[leading_reference(event.fields) is not None :]
    # Compared by identity: a hash has the same layout.
    return bool(fields) and fields[0][1] is PEER_ID
