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
    def of(cls, log: LogColumns, indices: Array | slice = slice(None)) -> LinkColumns:
        """Return the columns of events, or of those at some indices."""
        event_id, ref = log.event_id[indices], log.ref[indices]
        ref = np.where(log.has_ref[indices], ref, event_id)
        return cls(log.session[indices], event_id, log.type[indices], ref)

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


class LinkIndex:
    """Consecutive events of a few sessions, sorted once for searches by id and by subject.

    Args:
        columns: The events.
    """

    def __init__(self, columns: LinkColumns) -> None:
        self.columns = columns
        self._own = _SortedKeys(_search_keys(columns.session, columns.event_id))
        named = np.flatnonzero(np.isin(columns.type, _HASH_TYPES))
        self._subjects = _SortedKeys(
            _search_keys(columns.session[named], columns.ref[named]), named
        )

    def find(self, keys: Iterable[Key]) -> Array:
        """Return the same indices as ``LinkColumns.find``."""
        sessions, ids = zip(*((session, each & _U64) for session, each in keys), strict=True)
        wanted = _search_keys(np.array(sessions), np.array(ids, np.uint64))
        return np.unique(np.concatenate((self._own.find(wanted), self._subjects.find(wanted))))

    def present(self, keys: Iterable[Key]) -> set[Key]:
        """Return the keys whose events are among these, or cannot be before them."""
        keys = set(keys)
        if not keys:
            return keys
        indices = self.find(keys)
        ids = self.columns.event_id[indices].tolist()
        own = zip(self.columns.session[indices].tolist(), ids, strict=True)
        return keys.intersection(own) | self.columns.passed(keys)


class _SortedKeys:
    """Search keys in order, with the indices that they came from."""

    def __init__(self, keys: Array, indices: Array | None = None) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._indices = order if indices is None else indices[order]

    def find(self, wanted: Array) -> Array:
        first = np.searchsorted(self._keys, wanted, "left")
        counts = np.searchsorted(self._keys, wanted, "right") - first
        # The positions from each first one on, as many as there are.
        skipped = np.cumsum(counts) - counts
        positions = np.repeat(first - skipped, counts) + np.arange(counts.sum())
        indices: Array = self._indices[positions]
        return indices


def _sessions(keys: Iterable[Key]) -> Array:
    return np.array(sorted({session for session, _ in keys}), np.int64)


def _search_keys(session: Array, event_id: Array) -> Array:
    return (session.astype(np.uint64) << _ID_BITS) | (event_id & np.uint64(_ID_MASK))
