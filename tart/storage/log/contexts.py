"""What stored events belong to, looked for in the log.

References point backwards, mostly by seconds. So the log is read in stretches of ``seq``
scan_backward from the events, each longer than the one before, until what is wanted is found or
``LOOK_BACK`` frames were passed: what lies further back is not known. Of a stretch, numbers
of the types that lead somewhere are read once, and looked through as arrays however many
steps a chain has; bodies only of the events whose hash is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
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
from tart.storage.core.schema import log_rows_query, read_log_numbers
from tart.storage.core.seq_ranges import SeqRange, scan_backward
from tart.storage.log.file_ranges import read_file_ranges

if TYPE_CHECKING:
    import duckdb

# More than half a minute of a shard at line rate, hours of a small network.
LOOK_BACK = 1 << 21
_FIRST_STRETCH = 1 << 15
_LONGEST_STRETCH = 1 << 20
# For a first look: so many bits of a key are of the event id.
_ID_BITS = np.uint64(44)
_ID_MASK = (1 << 44) - 1
_U64 = (1 << 64) - 1
_LINKS = ", ".join(map(str, sorted(LINK_TYPES)))
_TELLS = np.array(sorted(CHAIN_HASH_FIELDS), np.uint8)


def read_contexts(
    cursor: duckdb.DuckDBPyConnection,
    files: Sequence[LogFile],
    rows: Sequence[LogRow],
    decode_context: Callable[[int], DecodeContext],
) -> dict[int, Context]:
    """The contexts of some events of a directory, by ``seq``.

    Args:
        files: the directory's.
        decode_context: the decode context of a session, by its number.
    """
    found = Chains(rows)
    if found.wanted():
        _look_back(cursor, files, rows, found)
    progress = hashes(rows, decode_context)
    further = sorted(found.tellers() - progress.keys())
    if further:
        progress |= hashes(_rows(cursor, files, further), decode_context)
    return found.contexts(progress)


def contexts_from_rows(
    rows: Sequence[LogRow], others: Iterable[LogRow], decode_context: Callable[[int], DecodeContext]
) -> dict[int, Context] | None:
    """The same where nothing but some other events is looked at; ``None`` if more is wanted."""
    found, others = Chains(rows), list(others)
    found.learn(map(Link.of, others))
    if found.wanted():
        return None
    tellers = found.tellers()
    return found.contexts(
        hashes((row for row in [*rows, *others] if row.seq in tellers), decode_context)
    )


def hashes(
    rows: Iterable[LogRow], decode_context: Callable[[int], DecodeContext]
) -> dict[int, bytes | None]:
    """By ``seq``, what events tell that their chain is about."""
    found: dict[int, bytes | None] = {}
    for row in rows:
        if row.type in CHAIN_HASH_FIELDS:
            said = decode_context(row.session)
            try:
                fields = decode_event(
                    row.type, row.payload, version=said.version, cores=said.cores
                ).fields
            except DecodeError:  # stored by a release that understood more
                fields = {}
            found[row.seq] = find_hash(row.type, fields, CHAIN_HASH_FIELDS)
    return found


def _look_back(
    cursor: duckdb.DuckDBPyConnection,
    files: Sequence[LogFile],
    rows: Sequence[LogRow],
    found: Chains,
) -> None:
    newest = max(row.seq for row in rows)
    ranges = read_file_ranges(cursor, files)
    for stretch in scan_backward(ranges, newest + 1, _FIRST_STRETCH, _LONGEST_STRETCH):
        if not found.wanted() or stretch.end < newest - LOOK_BACK:
            return
        links = _Links(cursor, stretch, {row.session for row in rows})
        asked = set[Key]()
        while more := found.wanted() - asked:
            asked |= more
            found.learn(links.of(more))


class _Links:
    """Events of a stretch that may lead further, as arrays."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, stretch: SeqRange, sessions: Iterable[int]
    ) -> None:
        where = (
            f"seq >= {stretch.first} AND seq < {stretch.end} AND type IN ({_LINKS}) "
            f"AND session IN ({', '.join(map(str, sessions))})"
        )
        parts = [read_log_numbers(cursor, file.alias, where) for file in stretch.files]
        self._columns = [np.concatenate(each) for each in zip(*parts, strict=True)]
        _, session, event_id, number, ref = self._columns
        self._own = _keys(session, event_id)
        # Where it tells what an event it refers to is about; itself, where it refers to none.
        self._progress = np.where(np.isin(number, _TELLS), _keys(session, ref), self._own)

    def of(self, wanted: Iterable[Key]) -> Iterator[Link]:
        """Events of these ids, and those that refer to them and tell what they are about."""
        sessions, ids = zip(*((session, each & _U64) for session, each in wanted), strict=True)
        keys = _keys(np.array(sessions), np.array(ids, np.uint64))
        found = np.isin(self._own, keys) | np.isin(self._progress, keys)
        places = np.flatnonzero(found)
        return map(Link._make, zip(*(each[places].tolist() for each in self._columns), strict=True))


def _keys(session: Array, event_id: Array) -> Array:
    return (session.astype(np.uint64) << _ID_BITS) | (event_id & np.uint64(_ID_MASK))


def _rows(
    cursor: duckdb.DuckDBPyConnection, files: Sequence[LogFile], wanted: Sequence[int]
) -> Iterator[LogRow]:
    where = f"seq >= {wanted[0]} AND seq <= {wanted[-1]} AND seq IN ({', '.join(map(str, wanted))})"
    for file in files:
        yield from map(LogRow._make, cursor.execute(log_rows_query(file.alias, where)).fetchall())
