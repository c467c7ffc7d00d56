"""Search of events, as columns, for the links of chains of references. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from tart.protocol.references import CHAIN_HASH_FIELDS
from tart.query.core.contexts import Key
from tart.storage.core.arrow import Array
from tart.storage.core.log_columns import LogColumns

# The bits of a search key that the event id takes; the session has the others.
_ID_BITS = np.uint64(44)
_ID_MASK = (1 << 44) - 1
_U64 = (1 << 64) - 1
_HASH_TYPES = np.array(sorted(CHAIN_HASH_FIELDS), np.uint8)


class LinkColumns(NamedTuple):
    """Consecutive events, or those of them that can be links, in columns of equal length.

    Attributes:
        session: The directory's number of the connection.
        event_id: The id within it.
        type: The event type.
        ref: The id that the event refers to; its own, where it refers to none.
    """

    session: Array
    event_id: Array
    type: Array
    ref: Array

    @classmethod
    def of(cls, log: LogColumns) -> LinkColumns:
        """Return the columns of events."""
        return cls(
            log.session, log.event_id, log.type, np.where(log.has_ref, log.ref, log.event_id)
        )

    def of_sessions(self, keys: Iterable[Key]) -> tuple[Array, LinkColumns]:
        """Return the indices of the events of the keys' sessions, and these events."""
        indices = np.flatnonzero(np.isin(self.session, _sessions(keys)))
        return indices, LinkColumns(*(column[indices] for column in self))

    def find(self, keys: Iterable[Key]) -> Array:
        """Return the indices of events with these ids, and with the hash of their subject.

        Ids that differ beyond the search key's bits may be among them.
        """
        sessions, ids = zip(*((session, each & _U64) for session, each in keys), strict=True)
        wanted = _search_keys(np.array(sessions), np.array(ids, np.uint64))
        own_keys = _search_keys(self.session, self.event_id)
        # The event whose subject an event has the hash of; itself, where it has none.
        subject_keys = np.where(
            np.isin(self.type, _HASH_TYPES), _search_keys(self.session, self.ref), own_keys
        )
        return np.flatnonzero(np.isin(own_keys, wanted) | np.isin(subject_keys, wanted))

    def passed(self, keys: Iterable[Key]) -> set[Key]:
        """Return the keys whose events cannot be before these events.

        Ids never fall within a session, so no event before one with a smaller id has the key's.
        """
        keys = set(keys)
        lowest = {
            session: int(ids.min())
            for session in _sessions(keys).tolist()
            if len(ids := self.event_id[self.session == session])
        }
        return {key for key in keys if lowest.get(key[0], key[1]) < key[1]}


def _sessions(keys: Iterable[Key]) -> Array:
    return np.array(sorted({session for session, _ in keys}), np.int64)


def _search_keys(session: Array, event_id: Array) -> Array:
    return (session.astype(np.uint64) << _ID_BITS) | (event_id & np.uint64(_ID_MASK))
