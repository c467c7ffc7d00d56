"""What must be stored of what was sent, counted without the code under test."""

from __future__ import annotations

from collections import defaultdict

from tart.query.shard_queries.nodes import Statistics
from tests.fuzz.legal import DROPPED, HEADER, offset_of

IDS = 1 << 64
_NAMED = (("slot", 4, 7), ("core", 2, 8))


class Expected:
    """The frames of all connections, in order of arrival.

    Attributes:
        frames: (connection, event id, message, whether it can be understood), in order; those
            without an id are no events.
    """

    def __init__(self):
        self.frames = []
        self.next_id = defaultdict(int)

    def hear(self, session, message, *, good=True):
        """A frame arrives; the id it has (JIP-3, "Event IDs")."""
        event_id = self.next_id[session]
        self.next_id[session] = (event_id + taken_by(message, good)) % IDS
        self.frames.append((session, event_id, message, good))
        return event_id

    def refuse(self, session, kept):
        """What ends a connection is kept, and is no event."""
        self.frames.append((session, None, kept, False))

    def understood(self):
        """(sequence, connection, event id, message) of the good ones."""
        return [(at, *each[:3]) for at, each in enumerate(self.frames) if each[3]]

    def broken(self):
        """The same of the others."""
        return [(at, *each[:3]) for at, each in enumerate(self.frames) if not each[3]]


def dropped_by(payload):
    """How many events a Dropped says it stands for; also as older drafts write it."""
    if len(payload) in (8, 12):
        return int.from_bytes(payload[-8:] if len(payload) == 8 else payload[8:], "little")
    return int.from_bytes(payload[8:16], "little")


def can_be_true(message):
    """Whether a Dropped tells a number and times that there can be, soon after a connection."""
    payload = message[HEADER:]
    times = [message[:8]] if len(payload) == 8 else [message[:8], payload[:8]]
    year_2100 = 4_102_444_800_000_000
    in_time = all(int.from_bytes(each, "little") <= year_2100 for each in times)
    return in_time and dropped_by(payload) <= 2**24


def may_be_true(message):
    """Whether it depends on the time since the connection began if a number can be true."""
    return 2**24 < dropped_by(message[HEADER:]) <= 2**32


def taken_by(message, good=True):
    """How many event ids a message takes: one, or as many as a Dropped stands for."""
    if good and message[8] == DROPPED and can_be_true(message):
        return dropped_by(message[HEADER:])
    return 1


def message_of(row):
    """The message of a stored row (see ``tests.shard.running.COLUMNS``)."""
    _, timestamp, _, _, _, number, ref, _, _, body, shard_index = row
    parts = [timestamp.to_bytes(8, "little"), bytes([number])]
    parts += [] if ref is None else [ref.to_bytes(8, "little")]
    parts += [body] + ([] if shard_index is None else [shard_index.to_bytes(2, "little")])
    return b"".join(parts)


def assert_named(row, message):
    """A slot and a core that the event itself names are stored as it names them."""
    for name, size, column in _NAMED:
        # 61, which depends on the version, has neither.
        at = offset_of(row[5], name)
        if at is not None:
            value = message[HEADER + at : HEADER + at + size]
            assert row[column] == int.from_bytes(value, "little"), (name, row)


async def assert_kept(shard, expected, first=0):
    """Every frame is stored once, byte for byte, with its id, in order of arrival.

    Args:
        first: The sequence of the first expected frame.
    """
    rows = [row for row in await shard.stored() if row[0] >= first]
    found = [(row[0] - first, row[3], row[4], message_of(row)) for row in rows]
    assert_same(found, expected.understood())
    for row, (*_, message) in zip(rows, found, strict=True):
        assert_named(row, message)
    broken = [row for row in await shard.undecodable() if row[0] >= first]
    assert_same([(row[0] - first, row[2], row[3], row[9]) for row in broken], expected.broken())


def assert_same(found, expected):
    """Long lists that are the same; tells the first place where they are not."""
    for at, (one, other) in enumerate(zip(found, expected, strict=False)):
        assert one == other, f"at {at} of {len(expected)}"
    assert len(found) == len(expected)


def assert_well(shard):
    """Nothing that is derived from events has failed."""
    assert shard.failures == []
    told = shard.answers.answer_from_memory(Statistics())
    assert told["derived_failures"] == told["derived_events_lost"] == {}
    # What failed as a whole and succeeded in parts is a fault, too.
    assert not any(told["derived_retries"].values())
    assert not told["aggregates_failed"]
