"""What stored events belong to: the first event of their chain, and what that is about.

Pure. Of some events ``Chains`` makes ``Context``s; ``wanted`` says which events lead further,
``learn`` takes them. What counts is what was known when an event came, as it is live: what
its chain told later is not in it.
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
    """What is looked at of a stored event."""

    seq: int
    session: int
    event_id: int
    type: int
    ref: int | None

    @classmethod
    def of(cls, row: Row) -> Link:
        """The same of a row of the log."""
        return cls(row.seq, row.session, row.event_id, row.type, row.ref)


class Row(Protocol):
    """Whatever has these is looked at."""

    @property
    def seq(self) -> int: ...
    @property
    def session(self) -> int: ...
    @property
    def event_id(self) -> int: ...
    @property
    def type(self) -> int: ...
    @property
    def ref(self) -> int | None: ...


class Chains:
    """The chains that some events of one directory belong to; ``rows`` are these."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = [Link.of(row) for row in rows]
        self._links: dict[Key, Link] = {}
        # By the root's key, the first event that tells what its chain is about.
        self._tellers: dict[Key, Link] = {}
        self.learn(self._rows)

    def learn(self, links: Iterable[Link]) -> None:
        """Events of the directory, each perhaps a link or one that tells."""
        for link in links:
            if link.type in REFERENCED_TYPES:
                self._links[link.session, link.event_id] = link
            if link.type in CHAIN_HASH_FIELDS:
                root = direct_root(link.type, link.event_id, link.ref)
                if root is not None:
                    known = self._tellers.get((link.session, root))
                    if known is None or link.seq < known.seq:
                        self._tellers[link.session, root] = link

    def wanted(self) -> frozenset[Key]:
        """Events that would tell more: these, or events that refer to them and tell."""
        found = set[Key]()
        for row in self._rows:
            root, missing = self._root(row)
            if missing is not None:
                found.add(missing)
            elif (
                root is not None
                and row.type in TYPES_WITH_HASH
                and row.type not in CHAIN_HASH_FIELDS
            ):
                key = row.session, root
                if key not in self._tellers and key not in self._links:
                    found.add(key)
        return frozenset(found)

    def tellers(self) -> frozenset[int]:
        """The ``seq`` of the events whose hash is what others are about."""
        found = (self._teller(row, self._root(row)[0]) for row in self._rows)
        return frozenset(each.seq for each in found if each is not None)

    def contexts(self, told: Mapping[int, bytes | None]) -> dict[int, Context]:
        """By ``seq``, as far as is known.

        Args:
            told: by ``seq``, the hashes of ``tellers``.
        """
        found = {}
        for row in self._rows:
            root, _ = self._root(row)
            teller = self._teller(row, root)
            found[row.seq] = Context(root, None if teller is None else told.get(teller.seq))
        return found

    def _teller(self, row: Link, root: int | None) -> Link | None:
        """Which event told what a row is about, before it or by itself."""
        if root is None or row.type not in TYPES_WITH_HASH:
            return None
        teller = self._tellers.get((row.session, root))
        return teller if teller is not None and teller.seq <= row.seq else None

    def _root(self, row: Link) -> tuple[int | None, Key | None]:
        """Where the chain begins, or else which event leads there."""
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
