"""Handler of exports: events of all shards in order of time, streamed as they are read."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator, Mapping

from msgspec.structs import replace

from tart.errors import Incomplete, ShardUnavailable, TartError
from tart.gateway.fanout.queries import Coverage, QueryClient, coverage, now_us
from tart.gateway.handlers.events import selection_of
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer, lacks_of
from tart.protocol import capture
from tart.query.core.windows import resolve
from tart.query.shard_queries.events import Export
from tart.query.sql.exports import (
    CSV_COLUMNS,
    FORMATS,
    ExportMerger,
    ExportRecord,
    PendingClosings,
    incomplete_marker,
)

_CHUNK_BYTES = 64 << 10


async def export(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/events/export``."""
    form = values["format"]
    window = resolve(
        now_us(),
        start_us=values["start_time"],
        end_us=values["end_time"],
        duration=values["duration"],
    )
    first = Export(
        format=form,
        selection=dataclasses.replace(
            selection_of(values, values["node_id"]),
            start_us=window.start_us,
            end_us=window.end_us,
        ),
        byte_encoding=values["bytes"],
        int64=values["int64"],
        formulas=queries.config.csv_formulas,
    )
    merger = ExportMerger()
    # Before anything is sent, so that an error still has its status.
    seen = await _fetch(queries, merger, first, None)
    return Answer(
        None,
        seen,
        media_type=FORMATS[form],
        stream=_in_chunks(_records(queries, merger, first, seen)),
    )


async def _fetch(
    queries: QueryClient, merger: ExportMerger, first: Export, shards: frozenset[int] | None
) -> Coverage:
    """Read the next pages; ``shards`` are those that must answer, ``None`` at first."""
    needed = merger.pending_shards
    after = None if shards is None else merger.next_positions()
    answers = await queries.ask_each(replace(first, after=after))
    if needed - {shard for shard, _ in answers.values}:
        raise ShardUnavailable("a shard whose events were being exported does not answer")
    for shard, answer in answers.values:
        if shards is None or shard in needed:
            merger.add(shard, answer.value["parts"], answer.data)
    return coverage(answers)


_HEADERS = {"csv": (",".join(CSV_COLUMNS) + "\r\n").encode(), "capture": capture.HEADER}


async def _records(
    queries: QueryClient, merger: ExportMerger, first: Export, seen: Coverage
) -> AsyncIterator[bytes]:
    """Yield the whole export in small pieces.

    Raises:
        Incomplete: After the last piece, if something is missing.
    """
    form, shards = first.format, seen.shards
    ended = ""
    if form in _HEADERS:
        yield _HEADERS[form]
    written = _Capture(merger) if form == "capture" else None
    while True:
        for entry in merger.pop_ready():
            for piece in (entry.text,) if written is None else written.add(entry):
                yield piece
        if not merger.pending_shards:
            break
        try:
            more = await _fetch(queries, merger, first, shards)
        except TartError as error:
            ended = f"the export ends early: {error}"
            break
        seen = dataclasses.replace(
            seen,
            unreadable=seen.unreadable | more.unreadable,
            sampled=seen.sampled | more.sampled,
        )
    if lacks := [*lacks_of(seen), *([ended] if ended else ())]:
        lacking = Incomplete(lacks)
        yield incomplete_marker(form, str(lacking))
        raise lacking
    if written is not None:
        for piece in written.end():
            yield piece


class _Capture:
    """Puts the beginnings and ends of sessions around their messages."""

    def __init__(self, merger: ExportMerger) -> None:
        self._openings, self._first_ids = merger.openings, merger.first_ids
        self._open: set[int] = set()
        self._closings = PendingClosings()
        self._records = 0

    def add(self, entry: ExportRecord) -> Iterator[bytes]:
        """Yield the next records."""
        yield from self._close(entry.received_at)
        # Every page repeats them.
        hello = self._openings.pop(entry.session, b"")
        first = self._first_ids.pop(entry.session, None) or 0
        if entry.session not in self._open:
            self._open.add(entry.session)
            yield self._record(capture.OPENED, entry.session, entry.received_at, hello)
            if first:
                number = first.to_bytes(capture.EVENT_ID_BYTES, "little")
                yield self._record(capture.EVENT_ID, entry.session, entry.received_at, number)
        self._records += 1
        yield entry.text
        self._closings.add(entry)

    def end(self) -> Iterator[bytes]:
        """Yield the last records."""
        yield from self._close(None)
        yield capture.encode_end(self._records)

    def _close(self, before: int | None) -> Iterator[bytes]:
        for closed_at, session in self._closings.pop_before(before):
            if session in self._open:
                self._open.remove(session)
                yield self._record(capture.CLOSED, session, closed_at)

    def _record(self, kind: int, session: int, time_us: int, content: bytes = b"") -> bytes:
        self._records += 1
        return capture.encode_record(capture.Record(kind, session, time_us, content))


async def _in_chunks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces joined to chunks of ``_CHUNK_BYTES``."""
    waiting: list[bytes] = []
    size = 0
    lacking: Incomplete | None = None
    try:
        async for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= _CHUNK_BYTES:
                yield b"".join(waiting)
                waiting, size = [], 0
    except Incomplete as error:
        lacking = error
    if waiting:
        yield b"".join(waiting)
    if lacking is not None:
        raise lacking


EXPORT_HANDLERS: Mapping[str, Handler] = {"export": export}
