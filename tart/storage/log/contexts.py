"""The contexts of stored events: the chains that they belong to, read from the event log.

References point backwards, mostly by seconds. So the event log is read in ranges of ``seq``
backwards from the events, each longer than the one before, until all chains are complete or the
limit of ``LookBack`` is reached: links further back are unknown. The numbers of a range's events
that can be links are read once, and searched as arrays however many steps a chain has; bodies
are read only of the events whose hash a context needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tart.aggregate.core.event_batch import DecodeContext
from tart.aggregate.core.event_columns import Array
from tart.errors import DecodeError
from tart.protocol.decoding import decode_event
from tart.protocol.references import CHAIN_HASH_FIELDS, LINK_TYPES, Context, find_hash
from tart.query.core.contexts import Chains, Key, Link
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import read_log_numbers
from tart.storage.core.seq_ranges import SeqRange, scan_backward
from tart.storage.log.file_ranges import read_file_ranges
from tart.storage.log.log_rows import read_rows

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class LookBack:
    """The limits within which chains are followed back.

    Attributes:
        frames: The number of frames: more than half a minute of a shard at line rate, hours of a
            small network.
        first_range: The length of the first range that is read.
        longest_range: The length that ranges grow to.
    """

    frames: int = 1 << 21
    first_range: int = 1 << 15
    longest_range: int = 1 << 20


LOOK_BACK = LookBack()
# The bits of a search key that the event id takes; the session has the others.
_ID_BITS = np.uint64(44)
_ID_MASK = (1 << 44) - 1
_U64 = (1 << 64) - 1
_LINKS = ", ".join(map(str, map(int, sorted(LINK_TYPES))))
_HASH_TYPES = np.array(sorted(CHAIN_HASH_FIELDS), np.uint8)


def read_contexts(
    cursor: duckdb.DuckDBPyConnection,
    files: Sequence[LogFile],
    rows: Sequence[LogRow],
    decode_context: Callable[[int], DecodeContext],
    look_back: LookBack = LOOK_BACK,
) -> dict[int, Context]:
    """Return the contexts of events, by ``seq``.

    Args:
        cursor: The cursor to read with.
        files: The files of the events' directory.
        rows: The events.
        decode_context: Returns how to decode the events of a session.
        look_back: The limits within which the chains are followed back.
    """
    chains = Chains(rows)
    if chains.missing():
        _follow_links(cursor, files, rows, chains, look_back)
    known = read_hashes(rows, decode_context)
    further = sorted(chains.hash_events() - known.keys())
    if further:
        known |= read_hashes(_select_rows(cursor, files, further), decode_context)
    return chains.contexts(known)


def contexts_from_rows(
    rows: Sequence[LogRow], others: Iterable[LogRow], decode_context: Callable[[int], DecodeContext]
) -> dict[int, Context] | None:
    """Return the contexts of events if other given events suffice for them, else ``None``.

    Args:
        rows: The events.
        others: The events that may be links of their chains.
        decode_context: Returns how to decode the events of a session.
    """
    chains, others = Chains(rows), list(others)
    chains.learn(map(Link.of, others))
    if chains.missing():
        return None
    with_hash = chains.hash_events()
    return chains.contexts(
        read_hashes((row for row in [*rows, *others] if row.seq in with_hash), decode_context)
    )


def read_hashes(
    rows: Iterable[LogRow], decode_context: Callable[[int], DecodeContext]
) -> dict[int, bytes | None]:
    """Return, by ``seq``, the hashes that events have of their chain's subject."""
    hashes: dict[int, bytes | None] = {}
    for row in rows:
        if row.type in CHAIN_HASH_FIELDS:
            context = decode_context(row.session)
            try:
                fields = decode_event(
                    row.type,
                    row.payload,
                    version=context.version,
                    cores=context.cores,
                    dialect=context.dialect,
                ).fields
            except DecodeError:  # stored by a release that understood more
                fields = {}
            hashes[row.seq] = find_hash(row.type, fields, CHAIN_HASH_FIELDS)
    return hashes


def _follow_links(
    cursor: duckdb.DuckDBPyConnection,
    files: Sequence[LogFile],
    rows: Sequence[LogRow],
    chains: Chains,
    look_back: LookBack,
) -> None:
    newest = max(row.seq for row in rows)
    ranges = read_file_ranges(cursor, files)
    first, longest = look_back.first_range, look_back.longest_range
    for sequences in scan_backward(ranges, newest + 1, first, longest):
        if not chains.missing() or sequences.end < newest - look_back.frames:
            return
        links = _Links(cursor, sequences, {row.session for row in rows})
        searched = set[Key]()
        while wanted := chains.missing() - searched:
            searched |= wanted
            chains.learn(links.search(wanted))


class _Links:
    """The events of a range that can be links of chains, as arrays."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, sequences: SeqRange, sessions: Iterable[int]
    ) -> None:
        where = (
            f"seq >= {sequences.first} AND seq < {sequences.end} AND type IN ({_LINKS}) "
            f"AND session IN ({', '.join(map(str, sessions))})"
        )
        parts = [read_log_numbers(cursor, file.alias, where) for file in sequences.files]
        self._columns = [np.concatenate(each) for each in zip(*parts, strict=True)]
        _, session, event_id, kind, ref = self._columns
        self._own_keys = _search_keys(session, event_id)
        # The event whose subject an event has the hash of; itself, where it has none.
        self._subject_keys = np.where(
            np.isin(kind, _HASH_TYPES), _search_keys(session, ref), self._own_keys
        )

    def search(self, wanted: Iterable[Key]) -> Iterator[Link]:
        """Return the events with these ids, and those with the hash of their subject."""
        sessions, ids = zip(*((session, each & _U64) for session, each in wanted), strict=True)
        keys = _search_keys(np.array(sessions), np.array(ids, np.uint64))
        matches = np.isin(self._own_keys, keys) | np.isin(self._subject_keys, keys)
        indices = np.flatnonzero(matches)
        columns = (each[indices].tolist() for each in self._columns)
        return map(Link._make, zip(*columns, strict=True))


def _search_keys(session: Array, event_id: Array) -> Array:
    return (session.astype(np.uint64) << _ID_BITS) | (event_id & np.uint64(_ID_MASK))


def _select_rows(
    cursor: duckdb.DuckDBPyConnection, files: Sequence[LogFile], wanted: Sequence[int]
) -> Iterator[LogRow]:
    where = f"seq >= {wanted[0]} AND seq <= {wanted[-1]} AND seq IN ({', '.join(map(str, wanted))})"
    for file in files:
        yield from read_rows(cursor, file, where)
