"""The views of ``query.sql.views`` over the files that a shard has attached.

A scan is one statement for each range of ``seq`` of each file, so that a result is never held
whole, or a single one where a limit keeps the result small. DuckDB computes only the columns that
are named, and a condition on ``received_at`` or ``slot`` skips whole row groups. ``tart_decode``
is the plain decoder as a SQL function, ``tart_event_data`` an event as JSON, ``tart_node_name``
the name of a connection's node; every cursor of an instance has them once one cursor has
installed them.

Measured (2.0.0, two threads, 10 million events of a full network): 7 to 50 million rows of
the event log a second, 5 to 6 million decoded rows with all their columns; a field behind a list
or a text costs 10 µs a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Sized
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import duckdb

from tart import json_encoding
from tart.errors import DecodeError
from tart.protocol.decoding import PORT_TYPES, decode_event
from tart.protocol.dialects import Dialect
from tart.protocol.events import EVENTS
from tart.query.core.filters import Selection
from tart.query.sql.pushdown import Scan
from tart.query.sql.views import VIEWS, View, quote_identifier, view_value
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import join_payload
from tart.storage.core.schema import log_subquery
from tart.storage.log.file_ranges import read_file_ranges
from tart.storage.log.skip_indexes import EVERY_ROW, NO_END, NO_ROW, Candidates, SkipIndexes

Cursor = duckdb.DuckDBPyConnection
Relation = duckdb.DuckDBPyRelation
Result = TypeVar("Result", bound=Sized)
# Returns protocol version, core count and dialect of (directory, session).
SessionLayout = Callable[[int, int], tuple[int, int | None, Dialect]]
# Returns the name of the implementation of the node of (directory, session).
SessionName = Callable[[int, int], str | None]
# Returns an event as JSON: (type, directory, session, timestamp, payload).
EventData = Callable[[int, int, int, int, bytes], str]


@dataclass(frozen=True)
class ScanWindows:
    """The rows of the event log that one statement scans.

    A result is held in memory, so the next statement scans more rows while the result is small,
    and fewer when it exceeds the target.

    Attributes:
        first: The rows of the first statement.
        shortest: The fewest rows.
        longest: The most rows.
        target: The length of a result that is not exceeded by choice.
    """

    first: int = 1 << 17
    shortest: int = 1 << 12
    longest: int = 1 << 22
    target: int = 16 << 20


class ScanPosition(NamedTuple):
    """The place in the files of a shard where a scan continues.

    Attributes:
        period: Of the file.
        directory: Of the file.
        segment: Of the file.
        seq: The first sequence that was not read.
    """

    period: int
    directory: int
    segment: int
    seq: int


SCAN_WINDOWS = ScanWindows()
# Node information that may name Jamixir; the plain decoder knows for certain.
_SPEAKS_DIALECT = f"contains(hex(node_information), '{b'amixir'.hex().upper()}')"
# Columns that are stored unencoded, in row groups of narrow ranges.
_UNENCODED = frozenset({"received_at"})


def install_functions(
    cursor: Cursor, layout_of: SessionLayout, name_of: SessionName, data_of: EventData
) -> None:
    """Create the functions that views call in this instance, unless they exist."""

    def decode(
        number: int,
        directory: int,
        session: int,
        ref: int | None,
        peer: bytes | None,
        body: bytes,
        shard: int | None,
    ) -> str | None:
        layout = layout_of(directory, session)
        return decode_to_json(number, join_payload(ref, peer, body, shard), *layout)

    def data(
        number: int,
        directory: int,
        session: int,
        timestamp: int,
        ref: int | None,
        peer: bytes | None,
        body: bytes,
        shard: int | None,
    ) -> str:
        payload = join_payload(ref, peer, body, shard)
        return data_of(number, directory, session, timestamp, payload)

    row = ["UBIGINT", "BLOB", "BLOB", "USMALLINT"]
    event = ["UTINYINT", "INTEGER", "INTEGER"]
    for name, function, kinds in (
        ("tart_decode", decode, [*event, *row]),
        ("tart_node_name", name_of, ["INTEGER", "INTEGER"]),
        ("tart_event_data", data, [*event, "UBIGINT", *row]),
    ):
        # The errors of a function that exists.
        with suppress(duckdb.CatalogException, duckdb.NotImplementedException):
            cursor.create_function(  # type: ignore[call-overload]
                name, function, kinds, "VARCHAR", null_handling="special"
            )


def decode_to_json(
    number: int,
    payload: bytes,
    version: int,
    cores: int | None,
    dialect: Dialect = Dialect.STANDARD,
) -> str | None:
    """Return an event's fields as JSON; ``None`` if it does not decode, as of a newer release."""
    try:
        fields = decode_event(number, payload, version=version, cores=cores, dialect=dialect).fields
    except DecodeError:
        return None
    kinds = dict(EVENTS[number].fields.fields)
    shown = {
        name: view_value(kinds[name], value) for name, value in fields.items() if name in kinds
    }
    return json_encoding.dumps(shown).decode()


def file_order(file: LogFile) -> tuple[int, int, int]:
    """Return the key by which the files of a scan are sorted: oldest first."""
    return file.period, file.directory, file.segment


def scan(
    cursor: Cursor,
    files: Sequence[LogFile],
    wanted: Scan,
    read: Callable[[Relation], Result],
    windows: ScanWindows = SCAN_WINDOWS,
) -> Iterator[Result]:
    """Run a scan in parts, and yield what ``read`` returns for each; see ``scan_from``."""
    for result, _ in scan_from(cursor, files, wanted, read, None, windows):
        yield result


def scan_from(
    cursor: Cursor,
    files: Sequence[LogFile],
    wanted: Scan,
    read: Callable[[Relation], Result],
    after: ScanPosition | None,
    windows: ScanWindows = SCAN_WINDOWS,
    indexes: SkipIndexes | None = None,
) -> Iterator[tuple[Result, ScanPosition | None]]:
    """Run a scan in parts, and yield what ``read`` returns for each, and where the next begins.

    Args:
        cursor: The cursor to read with.
        files: The files of all directories of the shard, sorted by ``file_order``.
        wanted: The scan.
        read: Reads the result of a part; the length of its return value decides how many rows of
            the event log the next part scans.
        after: Where to begin; ``None`` begins with the first file.
        windows: The limits of these rows.
        indexes: The skip indexes of the files, if there are any.
    """
    view = VIEWS[wanted.view]
    where, values = wanted.where()
    names = ", ".join(quote_identifier(name) for name in wanted.columns)
    if not files:
        return
    if wanted.limit is not None or view.source == "sessions":
        rows = " UNION ALL ".join(
            _select_rows(view, file, _candidates(cursor, view, file, wanted, indexes).condition())
            for file in files
        )
        statement = f"SELECT {names} FROM ({rows}) WHERE {where} {wanted.order_and_limit()}"
        yield read(cursor.sql(statement, params=values)), None
        return
    size = windows.first
    start = after or ScanPosition(0, 0, 0, 0)
    files = [file for file in files if file_order(file) >= start[:3]]
    for file, first, last in _ranges(cursor, view, files, wanted, indexes):
        if file_order(file) == start[:3]:
            first = max(first, start.seq)
        while first <= last:
            end = min(first + size, last + 1)
            rows = _select_rows(view, file, f"seq >= {first} AND seq < {end}")
            statement = f"SELECT {names} FROM ({rows}) WHERE {where}"
            result = read(cursor.sql(statement, params=values))
            first = end
            # Rows that are received meanwhile come after it.
            yield result, ScanPosition(*file_order(file), first)
            # Planning costs 8 ms, whatever the result.
            if len(result) < windows.target // 4:
                size = min(2 * size, windows.longest)
            elif len(result) > windows.target:
                size = max(size // 2, windows.shortest)


def _ranges(
    cursor: Cursor,
    view: View,
    files: Sequence[LogFile],
    wanted: Scan,
    indexes: SkipIndexes | None,
) -> Iterator[tuple[LogFile, int, int]]:
    """Yield the first and last ``seq`` of each range of each file that can match."""
    for file in files:
        candidates = _candidates(cursor, view, file, wanted, indexes)
        # Not even the bounds of a file without a candidate are read.
        if not candidates.spans(0, NO_END):
            continue
        first, last = _bounds(cursor, view, file, wanted)
        for sequences in read_file_ranges(cursor, [file], (view.source,)):
            begins, ends = max(first, sequences.first), min(last, sequences.last)
            for span_first, span_end in candidates.spans(begins, ends + 1):
                yield file, span_first, span_end - 1


def _candidates(
    cursor: Cursor, view: View, file: LogFile, wanted: Scan, indexes: SkipIndexes | None
) -> Candidates:
    """Return where a file can have rows of a scan."""
    if indexes is None or view.source != "log":
        return EVERY_ROW
    selection = scan_selection(view, wanted)
    node = None
    if selection.node is not None:
        numbers = cursor.execute(
            f"SELECT node FROM {file.alias}.nodes WHERE lower(hex(peer_id)) = ?", [selection.node]
        ).fetchall()
        if not numbers:
            return NO_ROW
        node = numbers[0][0]
    return indexes.candidates(cursor, file, selection, node)


def scan_selection(view: View, wanted: Scan) -> Selection:
    """Return a selection of at least the rows of a scan, as far as columns are compared by ``=``.

    Args:
        view: The view.
        wanted: The scan.
    """
    stored = {column.name: column.sql for column in view.columns}
    values: dict[str, str] = {}
    if len(wanted.conditions) == 1:
        values = {
            stored[each.column]: each.value for each in wanted.conditions[0] if each.operator == "="
        }
    kind, slot, core = (_whole_number(values.get(name)) for name in ("type", "slot", "core"))
    kinds = {each for each in (kind, view.number) if each is not None}
    return Selection(
        node=values.get("node_id"), types=tuple(kinds) if kinds else None, slot=slot, core=core
    )


def _whole_number(text: str | None) -> int | None:
    """Return the number that a text is in decimal digits; ``None`` for others."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _bounds(cursor: Cursor, view: View, file: LogFile, wanted: Scan) -> tuple[int, int]:
    """Return the first and last ``seq`` that can match, as far as unencoded columns tell."""
    where, values = _stored_names(view, wanted).where_over(_UNENCODED)
    if view.number is not None:
        where = f"({where}) AND type = {view.number}"
    ((first, last),) = cursor.execute(
        f"SELECT coalesce(min(seq), 0), coalesce(max(seq), -1) "
        f"FROM {file.alias}.{view.source} WHERE {where}",
        values,
    ).fetchall()
    return first, last


def _stored_names(view: View, wanted: Scan) -> Scan:
    """Return a scan with conditions on columns under the names that they have in the file."""
    return replace(
        wanted,
        conditions=tuple(
            tuple(
                replace(each, column=view.renamed.get(each.column, each.column)) for each in all_of
            )
            for all_of in wanted.conditions
        ),
    )


def _select_rows(view: View, file: LogFile, within: str) -> str:
    """Return the query of a view's rows in a file; ``within`` is a condition on ``seq``."""
    columns = ", ".join(f"{each.sql} AS {quote_identifier(each.name)}" for each in view.columns)
    return f"SELECT {columns} FROM ({_source(view, file, within)})"


def _source(view: View, file: LogFile, within: str) -> str:
    nodes = f"(SELECT node, lower(hex(peer_id)) AS node_id FROM {file.alias}.nodes)"
    directory = f"{file.directory}::BIGINT AS directory"
    if view.source != "log":
        rows = f"(SELECT * FROM {file.alias}.{view.source} WHERE {within})"
        return f"SELECT *, {directory} FROM {rows} LEFT JOIN {nodes} USING (node)"
    if view.number is not None:
        within += f" AND type = {view.number}"
    rows = f"(SELECT * FROM {log_subquery(file.alias)} WHERE {within})"
    irregular = view.irregular
    if view.number in PORT_TYPES:
        # No expression reads ports in the other byte order.
        sessions = f"SELECT session FROM {file.alias}.sessions WHERE {_SPEAKS_DIALECT}"
        irregular = f"({irregular} OR session IN ({sessions}))"
    decode = f"tart_decode(type, {file.directory}, session, ref, peer_id, body, shard_index)"
    return (
        f"SELECT *, {directory}, CASE WHEN {irregular} THEN {decode} END AS irregular, "
        f"{decode if view.number is not None else 'NULL'} AS decoded "
        f"FROM {rows} LEFT JOIN {file.alias}.peers USING (peer) LEFT JOIN {nodes} USING (node)"
    )
