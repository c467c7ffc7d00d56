"""Contexts of stored events: the first event of their chain, and the hash it is about.

Pure. ``Chains`` calculates the ``Context`` of some events: ``missing`` names the events that it
needs, ``learn`` takes them. A context contains what was known when its event arrived, as in live
streams; hashes that its chain named later are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from tart.protocol.references import (
    CHAIN_HASH_FIELDS,
    INDIRECT_TYPES,
    PARENT_TYPES,
    REFERENCED_TYPES,
    TYPES_WITH_HASH,
    Context,
    direct_root,
    resolve_reference,
)

# A session and an event id in it.
Key = tuple[int, int]


class Link(NamedTuple):
    """The columns of a stored event that decide its context."""

    seq: int
    session: int
    event_id: int
    type: int
    ref: int | None

    @classmethod
    def of(cls, row: Row) -> Link:
        """Return the columns of a row of the event log."""
        return cls(row.seq, row.session, row.event_id, row.type, row.ref)


class Row(Protocol):
    """A row with the columns of ``Link``."""

    @property
    def seq(self) -> int:
        """The position in the directory."""
        ...

    @property
    def session(self) -> int:
        """The number of the connection."""
        ...

    @property
    def event_id(self) -> int:
        """The id within the session."""
        ...

    @property
    def type(self) -> int:
        """The number of the event type."""
        ...

    @property
    def ref(self) -> int | None:
        """The id that the event refers to."""
        ...


class Chains:
    """The chains of some events of one directory; ``rows`` are these events."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = [Link.of(row) for row in rows]
        self._links: dict[Key, Link] = {}
        # By the root's key, the first event that names the hash of its chain.
        self._hash_events: dict[Key, Link] = {}
        self.learn(self._rows)

    def learn(self, links: Iterable[Link]) -> None:
        """Take events of the directory; those without a part in a chain are ignored."""
        for link in links:
            if link.type in REFERENCED_TYPES:
                self._links[link.session, link.event_id] = link
            if link.type in CHAIN_HASH_FIELDS:
                root = direct_root(link.type, link.event_id, link.ref)
                if root is not None:
                    known = self._hash_events.get((link.session, root))
                    if known is None or link.seq < known.seq:
                        self._hash_events[link.session, root] = link

    @property
    def sessions(self) -> frozenset[int]:
        """The sessions of the events."""
        return frozenset(row.session for row in self._rows)

    def missing(self) -> frozenset[Key]:
        """Return the needed events: these, or events that refer to them and name a hash."""
        keys = set[Key]()
        for row in self._rows:
            root, needed = self._root(row)
            if needed is not None:
                keys.add(needed)
            elif (
                root is not None
                and row.type in TYPES_WITH_HASH
                and row.type not in CHAIN_HASH_FIELDS
            ):
                key = row.session, root
                if key not in self._hash_events and key not in self._links:
                    keys.add(key)
        return frozenset(keys)

    def hash_events(self) -> frozenset[int]:
        """Return the ``seq`` of the events that name the hashes of the contexts."""
        links = (self._hash_event(row, self._root(row)[0]) for row in self._rows)
        return frozenset(link.seq for link in links if link is not None)

    def contexts(self, hashes: Mapping[int, bytes | None]) -> dict[int, Context]:
        """Return contexts by ``seq``, as far as they are known.

        Args:
            hashes: The hashes of ``hash_events`` by ``seq``.
        """
        contexts = {}
        for row in self._rows:
            root, _ = self._root(row)
            link = self._hash_event(row, root)
            contexts[row.seq] = Context(root, None if link is None else hashes.get(link.seq))
        return contexts

    def _hash_event(self, row: Link, root: int | None) -> Link | None:
        """Return the event that names the hash of a row's chain: the row or one before it."""
        if root is None or row.type not in TYPES_WITH_HASH:
            return None
        link = self._hash_events.get((row.session, root))
        return link if link is not None and link.seq <= row.seq else None

    def _root(self, row: Link) -> tuple[int | None, Key | None]:
        """Return the root of a row's chain, or the next event that is needed to find it."""
        while row.type in INDIRECT_TYPES:
            ref = resolve_reference(row.type, row.event_id, row.ref)
            if ref is None:
                return None, None
            above = self._links.get((row.session, ref))
            if above is None:
                return None, (row.session, ref)
            if above.type not in PARENT_TYPES[row.type]:
                return None, None
            row = above
        return direct_root(row.type, row.event_id, row.ref), None
