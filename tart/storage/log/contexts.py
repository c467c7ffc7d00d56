"""The contexts of stored events: the chains that they belong to, read from the event log.

References point backwards, mostly by seconds. So the event log is read in ranges of ``seq``
backwards from the events, each longer than the one before, until all chains are complete or the
limit of ``LookBack`` is reached: links further back are unknown. The newest events are in memory.
An id is not looked for before an event of its connection with a smaller one. The numbers of a
range's events that can be links are read once, and searched as arrays however many steps a chain
has; bodies are read only of the events whose hash a context needs.
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
from tart.storage.core.links import LinkColumns
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import read_log_numbers
from tart.storage.core.seq_ranges import SeqRange, scan_backward
from tart.storage.core.tail_cache import TailCache, TailLinks
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
_LINKS = ", ".join(map(str, map(int, sorted(LINK_TYPES))))


def read_contexts(
    cursor: duckdb.DuckDBPyConnection,
    files: Sequence[LogFile],
    rows: Sequence[LogRow],
    decode_context: Callable[[int], DecodeContext],
    look_back: LookBack = LOOK_BACK,
    tail: TailCache | None = None,
) -> dict[int, Context]:
    """Return the contexts of events, by ``seq``.

    Args:
        cursor: The cursor to read with.
        files: The files of the events' directory.
        rows: The events.
        decode_context: Returns how to decode the events of a session.
        look_back: The limits within which the chains are followed back.
        tail: The newest events of the directory, if it is written to.
    """
    chains = Chains(rows)
    links, left = _learn_from_tail(chains, tail or TailCache())
    if left:
        end = max(row.seq for row in rows) + 1
        if links.first is not None:
            end = min(end, links.first)
        _follow_links(cursor, files, chains, end, left, look_back)
    with_hash = chains.hash_events()
    known = _known_hashes(rows, links, with_hash, decode_context)
    further = sorted(with_hash - known.keys())
    if further:
        known |= read_hashes(_select_rows(cursor, files, further), decode_context)
    return chains.contexts(known)


def contexts_from_tail(
    rows: Sequence[LogRow], tail: TailCache, decode_context: Callable[[int], DecodeContext]
) -> dict[int, Context] | None:
    """Return the contexts of events if those in memory suffice for them, else ``None``.

    Args:
        rows: The events.
        tail: The newest events of their directory.
        decode_context: Returns how to decode the events of a session.
    """
    chains = Chains(rows)
    links, left = _learn_from_tail(chains, tail)
    if left:
        return None
    return chains.contexts(_known_hashes(rows, links, chains.hash_events(), decode_context))


def _known_hashes(
    rows: Sequence[LogRow],
    links: TailLinks,
    with_hash: frozenset[int],
    decode_context: Callable[[int], DecodeContext],
) -> dict[int, bytes | None]:
    """Return the hashes that these events name, of those at hand."""
    own = [row for row in rows if row.seq in with_hash]
    further = with_hash.difference(row.seq for row in own)
    return read_hashes([*own, *links.rows(further)], decode_context)


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


def _learn_from_tail(chains: Chains, tail: TailCache) -> tuple[TailLinks, frozenset[Key]]:
    """Learn the links in memory.

    Returns:
        The links, and the missing events that may be in the files.
    """
    links = tail.links_of(chains.sessions)
    searched = set[Key]()
    while wanted := chains.missing() - searched:
        searched |= wanted
        indices = links.index.find(wanted)
        columns = (links.seq, *links.index.columns)
        values = (column[indices].tolist() for column in columns)
        chains.learn(map(Link._make, zip(*values, strict=True)))
    missing = chains.missing()
    return links, missing - links.index.present(missing)


def _follow_links(
    cursor: duckdb.DuckDBPyConnection,
    files: Sequence[LogFile],
    chains: Chains,
    end: int,
    left: frozenset[Key],
    look_back: LookBack,
) -> None:
    """Learn the links before a sequence; of the events missing now only those of ``left``."""
    ranges = read_file_ranges(cursor, files)
    first, longest = look_back.first_range, look_back.longest_range
    absent = set(chains.missing() - left)
    for sequences in scan_backward(ranges, end, first, longest):
        left = chains.missing() - absent
        if not left or sequences.end < end - look_back.frames:
            return
        links, columns = _read_links(cursor, sequences, {session for session, _ in left})
        searched = set[Key]()
        while wanted := chains.missing() - absent - searched:
            searched |= wanted
            indices = columns.find(wanted)
            values = (column[indices].tolist() for column in (links, *columns))
            chains.learn(map(Link._make, zip(*values, strict=True)))
        absent |= columns.passed(chains.missing())


def _read_links(
    cursor: duckdb.DuckDBPyConnection, sequences: SeqRange, sessions: Iterable[int]
) -> tuple[Array, LinkColumns]:
    """Return the ``seq`` of the events of a range that can be links, and these events."""
    where = (
        f"seq >= {sequences.first} AND seq < {sequences.end} AND type IN ({_LINKS}) "
        f"AND session IN ({', '.join(map(str, sessions))})"
    )
    parts = [read_log_numbers(cursor, file.alias, where) for file in sequences.files]
    seq, *columns = (np.concatenate(each) for each in zip(*parts, strict=True))
    return seq, LinkColumns(*columns)


def _select_rows(
    cursor: duckdb.DuckDBPyConnection, files: Sequence[LogFile], wanted: Sequence[int]
) -> Iterator[LogRow]:
    where = f"seq >= {wanted[0]} AND seq <= {wanted[-1]} AND seq IN ({', '.join(map(str, wanted))})"
    for file in files:
        yield from read_rows(cursor, file, where)
