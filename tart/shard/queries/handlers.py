"""A shard's answers to the queries of ``query.core.catalog``.

``memory`` queries read the state the shard keeps; ``rows`` and ``log`` queries are functions
of a cursor, run by the reader. Each is named after its catalogue entry; a test holds the two
together.
"""

from __future__ import annotations

import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import duckdb

from tart import logs
from tart.aggregate.columnar.live_counters import LiveCounters
from tart.errors import BadQuery
from tart.process_memory import process_memory
from tart.protocol.references import LINK_TYPES, Context
from tart.query.core.filters import Selection
from tart.shard.encoding.event_json import to_json
from tart.shard.encoding.json_bytes import BYTE_ENCODINGS, replace_bytes
from tart.shard.ingest.aggregator import decode_context_for
from tart.shard.ingest.listener import Listener
from tart.shard.ingest.live_streams import Streams
from tart.shard.ingest.pipeline import Ingest
from tart.shard.queries.backfill import MissedEvents
from tart.shard.queries.history import History
from tart.shard.queries.journeys import Journeys
from tart.shard.queries.slots import Slots
from tart.shard.queries.sql import Sql
from tart.shard.state.nodes import Node, Nodes
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.log.contexts import contexts_from_rows, read_contexts
from tart.storage.log.query_threads import SLOW_THREADS, THREADS, IsCancelled, raise_if_cancelled
from tart.storage.log.tail_scan import scan_newest
from tart.storage.store import Store

Parameters = Mapping[str, Any]
Cursor = duckdb.DuckDBPyConnection

MAX_EVENTS = 110_000
# Of one directory in one answer, by what is stored; JSON is two to four times that. So many
# rows are read before anybody knows how large they are.
EVENTS_BYTES = 8 << 20
_EVENT_BYTES = 100
_FIRST_ROWS = 64
# So much is answered on the loop, which it holds up for 2 ms; a thread would wait longer.
_AT_ONCE = 200
_AT_ONCE_BYTES = 256 << 10
# What may lead from them to where their chains begin; so many are looked at there.
_LINKS = Selection(types=tuple(sorted(LINK_TYPES)))
_AT_ONCE_LINKS = 400


class Answers:
    """Answers for one shard, from its parts."""

    def __init__(
        self,
        store: Store,
        nodes: Nodes,
        counters: LiveCounters,
        streams: Streams,
        ingest: Ingest,
        listener: Listener,
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._counters = counters
        self._streams = streams
        self._ingest = ingest
        self._listener = listener
        self._started = time.monotonic()
        self.asked: Counter[str] = Counter()
        self.failures = 0
        self.loop_lag = 0.0
        self.memory: Mapping[str, Callable[[Parameters], Any]] = {
            "nodes": self._settled(self._all_nodes),
            "node_status": self._settled(self._node_status),
            "chain": self._settled(self._chain),
            "live": self._settled(self._live),
            "statistics": self._settled(self._statistics),
        }
        history = History(store, nodes)
        missed = MissedEvents(store, nodes, lambda: ingest.sequences)
        self.rows: Mapping[str, Callable[[Cursor, Parameters], Any]] = {
            "event": history.event,
            "missed": missed.missed,
        }
        self.log: Mapping[str, Callable[[Cursor, Parameters], Any]] = {
            "events": self._events,
            "trace": history.trace,
            "journey": Journeys(store, nodes).journey,
            "slot": Slots(store, nodes).slot,
        }
        # On a thread of its own: it may take as long as its deadline lets it.
        self.slow: Mapping[str, Callable[[Cursor, Parameters, IsCancelled], Any]] = {
            "export": lambda cursor, parameters, _: history.export(cursor, parameters),
            "sql": Sql(store, nodes).answer,
        }

    # --- From the log, on a reader thread --------------------------------------------

    def at_once(self, name: str, parameters: Parameters) -> Any:
        """The answer to a ``log`` query from the events committed last; ``None`` unless all is."""
        directory = self._store.directory
        if name != "events" or self._store.directories != [directory]:
            return None
        selection, limit, before = _asked(parameters)
        if limit > _AT_ONCE:
            return None
        number = self._number(directory, selection)
        if number is None and selection.node is not None:
            return []
        latest = self._store.writer.tail
        rows, _ = latest.rows(selection, number, limit, before.get(directory))
        if len(rows) < limit or sum(len(row.body) for row in rows) > _AT_ONCE_BYTES:
            return None
        voice = decode_context_for(self._nodes, directory)
        contexts = contexts_from_rows(rows, (), voice)
        if contexts is None:
            links, _ = latest.rows(_LINKS, None, _AT_ONCE_LINKS, rows[0].seq)
            contexts = contexts_from_rows(rows, links, voice)
            if contexts is None:
                return None
        events = [self._event(directory, row, contexts) for row in rows]
        return replace_bytes(events, _rendering(parameters))

    def _events(self, cursor: Cursor, parameters: Parameters) -> Any:
        selection, limit, before = _asked(parameters)
        found = []
        for directory in self._store.directories:
            found += self._page(cursor, directory, selection, limit, before.get(directory))
        return replace_bytes(found, _rendering(parameters))

    def _page(
        self,
        cursor: Cursor,
        directory: int,
        selection: Selection,
        limit: int,
        before: int | None,
    ) -> list[dict[str, Any]]:
        """A directory's newest events, as many as there is room for in one answer."""
        rows, more = self._page_rows(cursor, directory, selection, limit, before)
        contexts = self._contexts(cursor, directory, rows)
        found = [self._event(directory, row, contexts) for row in rows]
        if more:
            found[-1]["more"] = True
        return found

    def _page_rows(
        self,
        cursor: Cursor,
        directory: int,
        selection: Selection,
        limit: int,
        before: int | None,
    ) -> tuple[list[LogRow], bool]:
        """The same as rows, and whether there was no room for more."""
        found: list[LogRow] = []
        size, wanted = 0, min(limit, _FIRST_ROWS)
        while wanted > 0:
            rows = self._rows(cursor, directory, selection, wanted, before)
            for row in rows:
                raise_if_cancelled()
                found.append(row)
                size += len(row.body) + _EVENT_BYTES
                if size > EVENTS_BYTES and len(found) < limit:
                    return found, True
            if len(rows) < wanted:
                break
            before = rows[-1].seq
            room = max(1, (EVENTS_BYTES - size) * len(found) // size)
            wanted = min(limit - len(found), room)
        return found, False

    def _rows(
        self,
        cursor: Cursor,
        directory: int,
        selection: Selection,
        limit: int,
        before: int | None = None,
    ) -> list[LogRow]:
        """A directory's newest rows that were selected, newest first."""
        number = self._number(directory, selection)
        if number is None and selection.node is not None:
            return []
        more = "" if number is None else f" AND node = {number}"

        def condition(file: LogFile) -> tuple[str, list[Any]]:
            clause, values = selection.where(file.alias)
            return clause + more, values

        found: list[LogRow] = []
        if directory == self._store.directory:
            latest = self._store.writer.tail
            found, before = latest.rows(selection, number, limit, before)
        files = self._store.files(directory)
        return found + scan_newest(cursor, files, condition, limit - len(found), before)

    def _number(self, directory: int, selection: Selection) -> int | None:
        """The selection's node as the directory counts it; ``None`` also if it never spoke."""
        if selection.node is None:
            return None
        return self._nodes.number_of(directory, selection.node)

    def _contexts(self, cursor: Cursor, directory: int, rows: list[LogRow]) -> dict[int, Context]:
        if not rows:
            return {}
        files = self._store.files(directory)
        return read_contexts(cursor, files, rows, decode_context_for(self._nodes, directory))

    def _event(
        self, directory: int, row: LogRow, contexts: Mapping[int, Context]
    ) -> dict[str, Any]:
        owner = self._nodes.session_owners[directory, row.session]
        return to_json(row, directory, owner, contexts.get(row.seq))

    # --- From memory, on the loop ----------------------------------------------------

    def _settled(self, answer: Callable[[Parameters], Any]) -> Callable[[Parameters], Any]:
        """The answer once everything received until now is counted."""

        def settled(parameters: Parameters) -> Any:
            self._ingest.decode_received()
            return answer(parameters)

        return settled

    def _all_nodes(self, parameters: Parameters) -> Any:
        wanted = parameters.get("node")
        nodes: list[Node]
        if wanted is None:
            nodes = list(self._nodes.by_id.values())
        else:
            nodes = [self._nodes.by_id[wanted]] if wanted in self._nodes.by_id else []
        return replace_bytes([node.as_json() for node in nodes], _rendering(parameters))

    def _node_status(self, parameters: Parameters) -> Any:
        node = self._nodes.by_id.get(str(parameters.get("node")))
        if node is None:
            return {"counts": {}, "latest": {}}
        answer = {
            "counts": {str(number): count for number, count in enumerate(node.counts) if count},
            "latest": node.latest_statements(),
        }
        return replace_bytes(answer, _rendering(parameters))

    def _chain(self, parameters: Parameters) -> Any:
        wanted = parameters.get("nodes")
        if wanted is None:
            nodes = [node for node in self._nodes.by_id.values() if node.sessions]
        else:
            known = map(self._nodes.by_id.get, wanted)
            nodes = [node for node in known if node is not None]
        return [[node.id, *node.block_claims()] for node in nodes]

    def _live(self, parameters: Parameters) -> Any:
        rows = {node.row: node.id for node in self._nodes.by_id.values()}
        return self._counters.as_json(int(time.time()), rows.__getitem__, parameters.get("seconds"))

    def _statistics(self, parameters: Parameters) -> Any:
        ingest, writer = self._ingest.statistics, self._store.writer.statistics
        checkpoints = self._store.writer.checkpoints.statistics
        pending_events, pending_bytes = self._ingest.pending
        files, size, free = self._store.disk_usage()
        reader = self._store.query_threads
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "pid": os.getpid(),
            "uptime_seconds": time.monotonic() - self._started,
            "rss_bytes": process_memory().resident,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "log_lines_left_out": logs.suppressed_lines(),
            "connections": self._listener.connections,
            "connections_total": self._listener.total,
            "connections_rejected": dict(self._listener.rejected),
            "connections_closed": dict(self._listener.closed),
            "unfinished_bytes": self._listener.unfinished,
            "events_received": ingest.events,
            "bytes_received": ingest.bytes,
            "undecodable": dict(ingest.undecodable),
            "deviations": dict(ingest.deviations),
            "protocol_errors": dict(ingest.protocol_errors),
            "dropped_by_nodes": ingest.dropped_by_nodes,
            "pending_events": pending_events,
            "pending_bytes": pending_bytes,
            "reading_paused": not self._ingest.backpressure.reading_allowed,
            "paused_for": self._ingest.backpressure.reason or "",
            "reading_pauses": dict(self._listener.pauses),
            "events_shed": dict(ingest.shed),
            "batches_committed": writer.batches,
            "events_committed": writer.events,
            "commit_seconds": writer.commit_seconds.as_json(),
            "write_seconds": writer.write_seconds.as_json(),
            "checkpoints": checkpoints.done,
            "checkpoint_seconds": checkpoints.seconds,
            "checkpoint_failures": checkpoints.failures,
            "files": files,
            "bytes_on_disk": size,
            "disk_free_bytes": free,
            "files_deleted": self._store.maintenance.statistics.files,
            "quarantined": self._store.quarantined_files(),
            "damaged": self._store.damaged_files(),
            "vanished": self._store.vanished_files(),
            "frames_missing": self._store.missing_frames(),
            "subscriptions": self._streams.subscriptions,
            "events_published": self._streams.published,
            "events_missed": self._streams.missed,
            **self._ingest.aggregator.statistics(),
            "background_failures": dict(self._store.background.failures),
            "background_failing": self._store.background.recent(),
            "queries": dict(self.asked),
            "query_failures": self.failures,
            "loop_lag_seconds": self.loop_lag,
            "readers": THREADS + SLOW_THREADS,
            "questions_running": reader.running,
            "questions_stepped_back": reader.low_priority,
            "questions_waiting": dict(reader.waiting),
            "questions_refused": reader.refused,
            "questions_given_up": dict(reader.cancelled),
        }


def _asked(parameters: Parameters) -> tuple[Selection, int, dict[int, int]]:
    """Which events, how many, and for each directory the sequence they lie below."""
    limit = max(0, min(int(parameters.get("limit") or 50), MAX_EVENTS))
    before = {int(key): int(value) for key, value in (parameters.get("before") or {}).items()}
    return Selection.of(parameters), limit, before


def _rendering(parameters: Parameters) -> str:
    rendering = parameters.get("bytes") or "hex"
    if rendering not in BYTE_ENCODINGS:
        raise BadQuery(f"bytes must be one of {', '.join(BYTE_ENCODINGS)}", "bytes")
    return str(rendering)
