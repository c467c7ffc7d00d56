"""The skip indexes of a shard's segments: files beside the segments, and what searches read.

A segment's index (``core.skip_index``) is made granule by granule from rows that are in the
segment itself, not only in its WAL: those cannot be lost, so no index names rows that others
replaced. An index that is missing, damaged or of another segment costs speed only: rows without an
index are read.
"""

from __future__ import annotations

import mmap
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tart.query.core.filters import Selection
from tart.storage.core.arrow import Array
from tart.storage.core.files import LogFile
from tart.storage.core.schema import has_part
from tart.storage.core.skip_index import (
    GRANULE_ROWS,
    MARK,
    KeyKind,
    SkipIndex,
    Wanted,
    make_granule,
    make_keys,
    minimizers,
)

if TYPE_CHECKING:
    import duckdb

# The first sequence and the one after the last.
SeqSpan = tuple[int, int]
# Rows after the last whole granule of a segment that is not written to any more, for which a
# granule is made: fewer are read as fast.
_LEAST_ROWS = 1 << 12
# Candidates are read in at most this many statements for each file and window.
_MAX_SPANS = 8
# Columns that only some events have, with the part that they are of.
_PARTS: Mapping[KeyKind, tuple[str, str]] = {
    KeyKind.SLOT: ("last_slot", "slot"),
    KeyKind.CORE: ("last_core", "core"),
    KeyKind.PEER: ("peer_or_back", "peer"),
}
# Beyond every sequence.
NO_END = (1 << 63) - 1
# The longest column of numbers that is counted instead of sorted.
_COUNTED = 1 << 20


class Candidates:
    """The granules of a segment that can have rows that are searched for.

    Args:
        last: The ``seq`` of each granule's last row; rows after the last granule are candidates.
        mask: Which granules are candidates.
    """

    def __init__(self, last: Array, mask: Array) -> None:
        self._last = last
        self._mask = mask

    def spans(self, first: int, end: int) -> list[SeqSpan]:
        """Return the spans of ``seq`` from ``first`` to before ``end`` that can have such rows."""
        if first >= end:
            return []
        low = int(np.searchsorted(self._last, first))
        high = int(np.searchsorted(self._last, end - 1))
        spans: list[SeqSpan] = []
        for index in (low + np.flatnonzero(self._mask[low : high + 1])).tolist():
            begins = first if index == low else int(self._last[index - 1]) + 1
            stops = min(end, int(self._last[index]) + 1)
            if spans and spans[-1][1] == begins:
                begins = spans.pop()[0]
            spans.append((begins, stops))
        if high == len(self._last):
            begins = max(first, int(self._last[-1]) + 1) if high else first
            if spans and spans[-1][1] == begins:
                begins = spans.pop()[0]
            spans.append((begins, end))
        return _join_nearest(spans)

    def condition(self) -> str:
        """Return a condition on ``seq`` that all such rows meet; ``true`` without an index."""
        if not len(self._last):
            return "true"
        spans = self.spans(0, NO_END)
        if not spans:
            return "false"
        within = " OR ".join(f"(seq >= {first} AND seq < {end})" for first, end in spans)
        # DuckDB skips row groups by a range, not by alternatives.
        return f"seq >= {spans[0][0]} AND seq < {spans[-1][1]} AND ({within})"


# Of a file without an index, and of one without rows that are searched for.
EVERY_ROW = Candidates(np.zeros(0, np.int64), np.zeros(0, np.bool_))
NO_ROW = Candidates(np.array([NO_END]), np.zeros(1, np.bool_))


def _join_nearest(spans: list[SeqSpan]) -> list[SeqSpan]:
    """Join the spans with the shortest gaps until there are few: statements cost, too."""
    if len(spans) <= _MAX_SPANS:
        return spans
    gaps = [after[0] - before[1] for before, after in pairwise(spans)]
    widest = sorted(range(len(gaps)), key=gaps.__getitem__)[-(_MAX_SPANS - 1) :]
    joined, begins = [], spans[0][0]
    for index in sorted(widest):
        joined.append((begins, spans[index][1]))
        begins = spans[index + 1][0]
    return [*joined, (begins, spans[-1][1])]


class SkipIndexes:
    """The skip indexes of a shard; for use by any thread, extended by one.

    Args:
        granule_rows: The number of rows of a granule.
        least_rows: The fewest rows of the last granule of a segment that is complete.
    """

    def __init__(self, granule_rows: int = GRANULE_ROWS, least_rows: int = _LEAST_ROWS) -> None:
        self._granule_rows = granule_rows
        self._least_rows = least_rows
        self._indexes: dict[LogFile, SkipIndex] = {}
        self._complete: set[LogFile] = set()
        self._lock = threading.Lock()

    def candidates(
        self,
        cursor: duckdb.DuckDBPyConnection,
        file: LogFile,
        selection: Selection,
        node: int | None,
    ) -> Candidates:
        """Return where a segment can have rows of a selection.

        Args:
            cursor: The cursor to read with.
            file: The segment.
            selection: The selection.
            node: The directory's number of the selection's node.
        """
        index = self._index(cursor, file)
        if not len(index):
            return EVERY_ROW
        wanted = _wanted_keys(cursor, file, selection, node)
        mask = index.candidates(wanted, selection.start_us, selection.end_us)
        return Candidates(index.last, mask)

    def extend(
        self,
        cursor: duckdb.DuckDBPyConnection,
        file: LogFile,
        *,
        sealed: bool,
        is_durable: Callable[[], bool],
    ) -> bool:
        """Add the next granule to a segment's index; return whether there was one.

        Args:
            cursor: The cursor to read with.
            file: The segment.
            sealed: Whether the segment is not written to any more.
            is_durable: Returns whether all rows of the segment are in its file; asked before and
                after the rows are read.

        Raises:
            duckdb.Error: The rows cannot be read.
            OSError: The index cannot be written.
        """
        if file in self._complete or file.salvaged or not is_durable():
            return False
        index = self._index(cursor, file)
        first = int(index.rows.sum())
        ((count,),) = cursor.execute(f"SELECT count(*) FROM {file.alias}.log").fetchall()
        rows = min(count - first, self._granule_rows)
        if rows < (self._least_rows if sealed else self._granule_rows):
            if sealed:
                self._complete.add(file)
            return False
        # Rows that cannot be read are not tried again.
        self._complete.add(file)
        record = _read_granule(cursor, file, index, first, rows)
        if record is None:
            return False
        self._complete.discard(file)
        if not is_durable():
            return False
        with self._lock:
            _append(file, index.size, record)
            self._indexes[file] = _load(file)
        return True

    def forget(self, file: LogFile) -> None:
        """Forget a segment that is deleted, and delete its index."""
        with self._lock:
            self._indexes.pop(file, None)
            self._complete.discard(file)
            file.index.unlink(missing_ok=True)

    def _index(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> SkipIndex:
        """Return a segment's index; an empty one if it is none of this segment."""
        if file.salvaged:
            return _NONE
        with self._lock:
            index = self._indexes.get(file)
            if index is not None and _is_cut(file, index):
                # It is read again, and extended by what is missing.
                index = None
                self._complete.discard(file)
            if index is None:
                index = _load(file)
                if len(index) and not _is_of(cursor, file, index):
                    index = _NONE
                self._indexes[file] = index
            return index


_NONE = SkipIndex()


def _wanted_keys(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, selection: Selection, node: int | None
) -> Wanted:
    wanted = []
    for kind, value in (
        (KeyKind.NODE, node),
        (KeyKind.SLOT, selection.slot),
        (KeyKind.CORE, selection.core),
    ):
        if value is not None:
            wanted.append(make_keys(kind, [value]))
    if selection.types is not None:
        wanted.append(make_keys(KeyKind.TYPE, selection.types))
    if selection.hash is not None:
        digest = bytes.fromhex(selection.hash)
        peers = cursor.execute(
            f"SELECT peer FROM {file.alias}.peers WHERE peer_id = ?", [digest]
        ).fetchall()
        wanted.append(
            np.concatenate(
                [
                    make_keys(KeyKind.HASH, minimizers([digest])),
                    make_keys(KeyKind.PEER, [peer for (peer,) in peers]),
                ]
            )
        )
    return wanted


def _read_granule(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, index: SkipIndex, first: int, rows: int
) -> bytes | None:
    """Return the record of some rows; ``None`` if they are not those after the last granule."""
    within = f"FROM {file.alias}.log WHERE rowid >= {first} AND rowid < {first + rows}"
    numbers = cursor.execute(
        "SELECT seq, epoch_us(received_at) AS arrival, type, parts, node_ahead + session AS node, "
        f"{', '.join(column for column, _ in _PARTS.values())} {within}"
    ).fetchnumpy()
    sequences, arrivals = numbers["seq"], numbers["arrival"]
    after = int(index.last[-1]) if len(index) else -1
    if len(sequences) != rows or sequences[0] <= after or (np.diff(sequences) <= 0).any():
        return None
    bodies = cursor.execute(
        f"SELECT DISTINCT body {within} AND octet_length(body) >= 32"
    ).fetchall()
    keys = {
        KeyKind.TYPE: _distinct(numbers["type"]),
        KeyKind.NODE: _distinct(numbers["node"]),
        KeyKind.HASH: minimizers([body for (body,) in bodies]),
    }
    for kind, (column, part) in _PARTS.items():
        there = has_part(part, numbers["type"], numbers["parts"])
        keys[kind] = _distinct(numbers[column][there])
    times = int(arrivals.min()), int(arrivals.max())
    return make_granule(int(sequences[-1]), rows, times, keys).encode()


def _distinct(values: Array) -> Array:
    if not len(values):
        return values
    least = int(values.min())
    if int(values.max()) - least < _COUNTED:
        return np.flatnonzero(np.bincount(values.astype(np.int64) - least)) + least
    return np.unique(values)


def _is_of(cursor: duckdb.DuckDBPyConnection, file: LogFile, index: SkipIndex) -> bool:
    """Return whether the last granule has the rows of this segment, by number and times."""
    before = int(index.last[-2]) if len(index) > 1 else -1
    rows = cursor.execute(
        "SELECT count(*), epoch_us(min(received_at)), epoch_us(max(received_at)), max(seq) "
        f"FROM {file.alias}.log WHERE seq > {before} AND seq <= {int(index.last[-1])}"
    ).fetchall()
    columns = (index.rows, index.first_at, index.last_at, index.last)
    return rows == [tuple(int(column[-1]) for column in columns)]


def _load(file: LogFile) -> SkipIndex:
    # The kernel can take the memory of a mapped file back.
    with suppress(OSError, ValueError), file.index.open("rb") as content:
        return SkipIndex(memoryview(mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ)))
    return _NONE


def _is_cut(file: LogFile, index: SkipIndex) -> bool:
    """Return whether the file of an index in use was deleted or cut.

    Reading mapped memory beyond the end of a file kills the process, and the rest of its last page
    is zeros, in which no key is found.
    """
    if not index.size:
        return False
    try:
        return file.index.stat().st_size < index.size
    except OSError:
        return True


def _append(file: LogFile, size: int, record: bytes) -> None:
    """Write a record after the whole ones; what a kill left of another is replaced."""
    with file.index.open("r+b" if size else "wb") as content:
        content.seek(size)
        content.write(record if size else MARK + record)
        content.truncate()
