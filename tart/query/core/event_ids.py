"""API ids of events: the directory that stores an event, and its sequence there.

Pure.
"""

from __future__ import annotations

# The low bits of an event's id are its directory, the rest its sequence.
DIRECTORY_BITS = 8


def event_identity(event_id: int) -> tuple[int, int]:
    """Return directory and sequence of an event's API id."""
    return event_id & ((1 << DIRECTORY_BITS) - 1), event_id >> DIRECTORY_BITS


def event_api_id(directory: int, sequence: int) -> int:
    """Return the API id of an event; below 2^53 for 2^45 events of a shard."""
    return sequence << DIRECTORY_BITS | directory
