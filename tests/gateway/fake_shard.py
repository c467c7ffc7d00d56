"""FakeShard: plays a shard's side of the Unix socket, with events and answers made up.

It speaks the real messages over a real socket; what it answers is computed from plain
lists the test fills, or replaced per query by ``answers``.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson
from msgspec import Raw

from tart import json_encoding
from tart.aggregate.core.tables import OPERATIONS, clock_column
from tart.ipc.channel import Channel
from tart.ipc.messages import (
    REQUESTS,
    VERSION,
    Cancel,
    Failure,
    LiveEvents,
    Missed,
    NodeChanged,
    Partial,
    Recovering,
    Request,
    RunQuery,
    Subscribe,
    UnreadableRows,
    Unsubscribe,
    Welcome,
    pack_live_events,
)
from tart.protocol.node_information import encode_node_information
from tart.query.core.event_ids import event_api_id, event_identity
from tart.query.core.filters import FilterInput, Selection, parse
from tart.query.core.live_event import live_event
from tart.query.core.nodes import StatedSlot, statement_source
from tart.query.core.query import Attached, Query
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import time_us
from tart.query.shard_queries.aggregates import AggregateByNode, AggregateRows, AggregateSum
from tart.query.shard_queries.catalog import QUERIES
from tart.query.shard_queries.events import (
    Backfill,
    Event,
    EventLogStart,
    Events,
    Export,
    Trace,
)
from tart.query.shard_queries.histogram import EventHistogram
from tart.query.shard_queries.messages import FirstMessage, Message
from tart.query.shard_queries.nodes import Nodes
from tart.shard.encoding.message_fields import StoredMessage, message_fields
from tart.testing import FakeNode
from tart.units import SECOND_US

NODE_A = "aa" * 32
NODE_B = "bb" * 32
BLOCK_HASH = "0x" + "11" * 32
# 2026-11-20T12:00:00Z.
NOON = 1_795_176_000 * SECOND_US
# An answer that is null; ``None`` is no answer at all.
NOTHING = object()
PARAMETERS = {"core_count": 2, "val_count": 6, "epoch_period": 12, "slot_period_sec": 6}


def event(
    directory: int,
    sequence: int,
    *,
    at: int = NOON,
    node: str = NODE_A,
    number: int = 11,
    variant: str = "BestBlockChanged",
    fields: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An Event as a shard gives it."""
    fields = {"slot": sequence, "hash": BLOCK_HASH} if fields is None else fields
    return {
        "id": event_api_id(directory, sequence),
        "node_id": node,
        "session": 1 << 8 | directory,
        "event_id": sequence,
        "event_type": number,
        "timestamp": rfc3339(at),
        "received_at": rfc3339(at),
        "data": {variant: {"timestamp": 1, **fields}},
        "node_name": "fake-node",
        "node_version": "0.1.0",
        "context": {"slot": None, "core": None, "hash": None, "root_event_id": None},
    }


def message(event_id: int | None) -> dict[str, Any]:
    """A message byte by byte, as a shard gives it: of an event, or the first of a session."""
    content = bytes(8) + bytes([11]) + bytes(36)
    first = encode_node_information(FakeNode(bytes.fromhex(NODE_A)).information)
    stored = StoredMessage(
        id=event_id,
        session=256,
        node=NODE_A,
        name="fake-node",
        implementation_version="0.1.0",
        protocol_version=1,
        cores=2,
        slot_seconds=6,
        event_id=None if event_id is None else 7,
        type=None if event_id is None else 11,
        received_at=NOON,
        content=first if event_id is None else content,
        is_first=event_id is None,
    )
    return {**message_fields(stored)}


def raw(value: Any) -> Raw:
    """A value as JSON in a message."""
    return Raw(json_encoding.pack(value))


def statement(at: int = NOON, *, is_open: bool = True, **more: Any) -> dict[str, Any]:
    """What a node said of itself, as a shard gives it."""
    return {**statement_source(rfc3339(at) or "", 256, "127.0.0.1:40000", is_open=is_open), **more}


def claims(node_id: str, best: int | None, finalized: int | None) -> list[Any]:
    """An element of ``chain``: what a node says on an open connection."""
    return [node_id, *(slot if slot is None else stated_slot(slot) for slot in (best, finalized))]


def stated_slot(slot: int, at: int = NOON, *, is_open: bool = True, is_ahead: bool = False) -> Any:
    """What a node says of a block, as ``chain`` has it."""
    return StatedSlot(slot, at, "127.0.0.1:40000", is_open=is_open, is_ahead=is_ahead)


def node(node_id: str = NODE_A, **changes: Any) -> dict[str, Any]:
    """A node as the ``nodes`` query gives it: connected, with one connection."""
    connected_at = changes.get("connected_at", rfc3339(NOON))
    return {
        "node_id": node_id,
        "node_info": {
            "params": PARAMETERS,
            "params_layout": "gp-0.7",
            "protocol_version": 1,
            "genesis": "0x" + "00" * 32,
            "details": {
                "peer_id": "0x" + node_id,
                "peer_address": {"ipv6": "127.0.0.1", "port": 40_000},
            },
            "flags": 0,
            "implementation_name": "fake-node",
            "implementation_version": "0.1.0",
            "gp_version": "0.7.2",
            "additional_info": "",
        },
        "implementation_name": "fake-node",
        "implementation_version": "0.1.0",
        "is_connected": True,
        "first_seen_at": rfc3339(NOON),
        "connected_at": connected_at,
        "disconnected_at": None,
        "last_seen_at": rfc3339(NOON),
        "address": "127.0.0.1:40000",
        "event_count": 3,
        "dropped_count": 0,
        "dropped_messages": 0,
        "undecodable": 0,
        "deviations": {},
        "pauses": {},
        "paused_seconds": 0.0,
        "shed": {},
        "best": {"slot": 7, "hash": BLOCK_HASH},
        "finalized": None,
        "synced": None,
        "statements": {
            "node_info": {**statement(), "received_at": connected_at},
            "best": statement(),
            "finalized": None,
            "synced": None,
        },
        "connections": [
            {
                "session": 256,
                "address": "127.0.0.1:40000",
                "connected_at": connected_at,
                "protocol_version": 1,
                "params_layout": "gp-0.7",
                "event_count": 3,
                "next_event_id": 3,
                "bytes": 100,
                "dropped_count": 0,
                "undecodable": 0,
            }
        ],
    } | changes


def _in_summary(node: dict[str, Any], slots: list[Any] | None) -> list[Any]:
    """A node as an element of ``summary``."""
    stated: list[Any] = []
    for index, name in enumerate(("best", "finalized", "synced")):
        source, value = node["statements"].get(name), node[name]
        if slots is not None and index < len(slots) and slots[index] is not None:
            said = slots[index]
            stated.append([said.slot, said.is_open, said.is_ahead, said.received_at, said.address])
            continue
        if source is None or value is None:
            stated.append(None)
            continue
        value = value["slot"] if isinstance(value, dict) else value
        received_at = time_us(source["received_at"], "received_at")
        is_ahead, address = source.get("is_ahead", False), source["address"] or ""
        stated.append([value, source["is_open"], is_ahead, received_at, address])
    last_seen = node["last_seen_at"]
    return [
        node["node_id"],
        node["is_connected"],
        None if last_seen is None else time_us(last_seen, "last_seen_at"),
        *(node[name] for name in ("event_count", "dropped_count", "undecodable")),
        *stated,
        None,
    ]


def statistics(**changes: Any) -> dict[str, Any]:
    """A shard's ``statistics``."""
    histogram = {"buckets": [[0.001, 1], [0.01, 3]], "sum": 0.02, "count": 4}
    return {
        "pid": 1,
        "duckdb": "1.5.6",
        "kernel": "native",
        "open_descriptors": 40,
        "descriptor_limit": 1024,
        "uptime_seconds": 5.0,
        "rss_bytes": 50 << 20,
        "cpu_seconds": 1.5,
        "log_lines_suppressed": 0,
        "connections": 2,
        "connections_total": 3,
        "connections_rejected": {"too_many": 1, "too_many_from_address": 0},
        "connections_closed": {"node": 1, "idle": 0},
        "partial_frame_bytes": 12,
        "events_received": 100,
        "bytes_received": 6500,
        "undecodable": {"truncated": 2},
        "deviations": {"leb128_length": 1},
        "protocol_errors": {"frame_too_long": 1},
        "dropped_by_nodes": 7,
        "pending_events": 4,
        "pending_bytes": 400,
        "sampling": False,
        "sampling_episodes": 0,
        "events_sampled_out": 0,
        "ingest_paused": False,
        "paused_for": "",
        "ingest_pauses": {"rate": 3},
        "events_shed": {"rate": 5, "other": 1},
        "batches_committed": 9,
        "events_committed": 96,
        "commit_seconds": histogram,
        "write_seconds": histogram,
        "checkpoints": 1,
        "checkpoint_seconds": 0.1,
        "checkpoint_failures": 0,
        "files": 2,
        "bytes_on_disk": 1 << 20,
        "disk_free_bytes": 1 << 40,
        "files_deleted": 0,
        "quarantined": [],
        "background_failures": {},
        "background_failing": {},
        "derived_failures": {},
        "derived_events_lost": {},
        "derived_retries": {},
        "derived_failing": {},
        "aggregates_failed": False,
        "damaged": [],
        "vanished": [],
        "frames_missing": 0,
        "subscriptions": 1,
        "events_published": 10,
        "events_missed": 0,
        "queries": {"events": 5},
        "references_evicted": 0,
        "references_unresolved": 1,
        "aggregates_overflowed": {"links": 2},
        "open_references": 3,
        "aggregate_flushes_pending": 0,
        "aggregate_events_waiting": 0,
        "query_failures": 0,
        "commit_timeouts": 0,
        "duckdb_bytes": 70 << 20,
        "tail_cache_bytes": 8 << 20,
        "stored_rows_bytes": 100,
        "stored_rows_hits": 4,
        "stored_rows_reads": 3,
        "queries_shared": 2,
        "aggregate_statements": 7,
        "aggregate_statement_seconds": 0.5,
        "loop_lag_seconds": 0.001,
        "readers": 2,
        "queries_running": 1,
        "queries_low_priority": True,
        "queries_waiting": {"cheap": 2},
        "queries_rejected": 3,
        "queries_abandoned": {"waiting": 4, "running": 0},
    } | changes


def network_figures(**changes: Any) -> dict[str, Any]:
    """A shard's ``network``: nothing counted, no nodes."""
    return {
        "process": "1",
        "counts": {
            **{"events": [], "durations": [], "failures": [], "discards": {}, "findings": {}},
            "pipelines": [],
        },
        "nodes": [],
        "best_slots": [],
        "best_slots_ignored": 0,
    } | changes


class SentQuery(NamedTuple):
    """A query that a gateway sent; ``parameters`` are its members as plain JSON."""

    id: int
    name: str
    query: Query[Any, Any]
    parameters: dict[str, Any]
    age_seconds: float
    deadline_seconds: float

    @classmethod
    def of(cls, message: RunQuery) -> SentQuery:
        """Decode a message."""
        return cls(
            message.id,
            message.name,
            msgspec.json.decode(message.parameters, type=QUERIES[message.name]),
            msgspec.json.decode(message.parameters),
            message.age_seconds,
            message.deadline_seconds,
        )


def live_events(*passed: tuple[dict[str, Any], list[int]]) -> LiveEvents:
    """The message of events, each with the subscriptions whose filter it passed."""
    matches: dict[int, list[int]] = {}
    for index, (_, numbers) in enumerate(passed):
        for number in numbers:
            matches.setdefault(number, []).append(index)
    texts = [orjson.dumps(live_event(each)) for each, _ in passed]
    return pack_live_events([each["id"] for each, _ in passed], texts, matches)


class FakeShard:
    """One shard.

    Attributes:
        log: Directory to its events, oldest first.
        answers: Query to a function of its parameters, instead of the usual answer; what
            it returns may be a ``Failure``, or ``None`` for never answering.
        delays: Query to the seconds after which it is answered, unless it is given up before.
        requests: Every query received.
        cancelled: Ids of queries that were cancelled.
        subscriptions: What is subscribed now.
    """

    def __init__(self, index: int, path: Path, *, version: int = VERSION, pid: int = 100) -> None:
        self.index = index
        self.path = path
        self.version = version
        self.pid = pid
        self.log: dict[int, list[dict[str, Any]]] = {index: []}
        self.nodes: list[dict[str, Any]] = []
        self.chain: list[list[Any]] = []
        self.authored: list[str] = []
        self.status: dict[str, Any] = {"counts": {}, "latest": {}}
        self.live: dict[str, Any] = {
            **{"since": 0, "seconds": [], "active": []},
            **{"nodes": [], "details": []},
        }
        self.statistics = statistics(pid=pid)
        self.network = network_figures()
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {}
        # What cannot be read of what is attached; see ``Partial``.
        self.unreadable: list[list[Any]] = []
        self.delays: dict[str, float] = {}
        self.requests: list[SentQuery] = []
        self.cancelled: list[int] = []
        self.subscriptions: dict[int, Subscribe] = {}
        self.channels: list[Channel[Request]] = []
        # How far it is, if it starts; and what it cannot read for any answer.
        self.recovering = ""
        self.unreadable: list[list[Any]] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: Channel(REQUESTS, self._received, self._lost, self._made), self.path
        )

    async def stop(self) -> None:
        """Go away, as a process that dies."""
        if self._server is not None:
            self._server.close()
            for channel in list(self.channels):
                channel.close()
            await self._server.wait_closed()
            self._server = None
        self.path.unlink(missing_ok=True)

    def append(self, *events: dict[str, Any]) -> None:
        """Store events, each newer than those before."""
        for each in events:
            self.log.setdefault(event_identity(each["id"])[0], []).append(each)

    def publish(self, *events: dict[str, Any]) -> int:
        """Push live events to whoever subscribed; how many somebody wanted."""
        passed = [
            (each, numbers)
            for each in events
            if (numbers := [n for n, asked in self.subscriptions.items() if _passes(each, asked)])
        ]
        message = live_events(*passed)
        for channel in self.channels:
            channel.send(message)
        return len(passed)

    def push(self, message: NodeChanged | Missed) -> None:
        """Say something unasked."""
        for channel in self.channels:
            channel.send(message)

    def _made(self, channel: Channel[Request]) -> None:
        self.channels.append(channel)
        if self.recovering:
            channel.send(Recovering(self.index, self.pid, self.recovering, 3.0, self.version))
        else:
            channel.send(Welcome(self.index, self.pid, self.version))

    def _lost(self, channel: Channel[Request], error: Exception | None) -> None:
        self.channels.remove(channel)
        self.subscriptions.clear()

    def _received(self, channel: Channel[Request], message: Request) -> None:
        match message:
            case RunQuery(name=name):
                query = SentQuery.of(message)
                self.requests.append(query)
                if name in self.delays:
                    loop = asyncio.get_running_loop()
                    loop.call_later(self.delays[name], self._reply, channel, query)
                else:
                    self._reply(channel, query)
            case Cancel():
                self.cancelled.append(message.id)
            case Subscribe():
                self.subscriptions[message.subscription] = message
            case Unsubscribe():
                self.subscriptions.pop(message.subscription, None)

    def _reply(self, channel: Channel[Request], request: SentQuery) -> None:
        if request.id in self.cancelled:
            return
        answer = self._answer(request)
        if isinstance(answer, Failure):
            channel.send(Failure(request.id, answer.code, answer.message, answer.parameter))
            return
        data = b""
        if isinstance(answer, Attached):
            answer, data = answer
        if answer is not None:
            value = raw(None if answer is NOTHING else _as_partial(request.query, answer))
            unreadable = [UnreadableRows(*each) for each in self.unreadable]
            channel.send(Partial(request.id, value, data, unreadable))

    def _answer(self, request: SentQuery) -> Any:
        if request.name in self.answers:
            return self.answers[request.name](request.parameters)
        return self._usual_answer(request.query)

    def usual_answer(self, name: str, parameters: dict[str, Any]) -> Any:
        """What is answered to a query with these parameters unless ``answers`` has another."""
        return self._usual_answer(msgspec.convert(parameters, QUERIES[name], str_keys=True))

    def _usual_answer(self, query: Query[Any, Any]) -> Any:
        match query:
            case Events():
                return self._events(query)
            case Export():
                return self._export(query)
            case Event(id=event_id):
                return self._event(event_id) or NOTHING
            case Trace(id=event_id):
                return self._trace(event_id) or NOTHING
            case Message(id=event_id):
                return message(event_id) if self._event(event_id) else NOTHING
            case FirstMessage(session=session):
                return message(None) if self.nodes and session & 0xFF == self.index else NOTHING
            case EventHistogram():
                return {"buckets": [], "nodes": []}
            case Backfill():
                return self._backfill(query)
            case EventLogStart():
                return [_us(rows[0]["received_at"]) for rows in self.log.values() if rows]
            case Nodes(node=wanted):
                return [each for each in self.nodes if wanted in (None, each["node_id"])]
            case AggregateRows(table=table):
                # Blocks authored are known, no others.
                authored = self.authored if table == "sightings" else []
                seen = {"node": NODE_A, "slot": 5, "seen_at": NOON, "timestamp": NOON, "type": 12}
                return [{"hash": each, **seen} for each in authored]
        return {
            "node_status": self.status,
            "chain": self.chain,
            "live": self.live,
            "statistics": self.statistics,
            "summary": self._summary(),
            "network": self.network,
            "aggregate_by_node": {"nodes": [], "rows": []},
            "storage": {"bytes": {"log": 1}, "rows": {"log": 2}},
            "slot": {"events": [], "hashes": [], "first_at": None, "last_at": None},
            "slot_blocks": {
                **{"nodes": [], "times": [], "outlines": {}, "authors": [], "heads": []},
                "failed": [],
            },
            "connections": {"open": 0, "buckets": []},
            "package_stages": {
                "rows": [],
                "below": None,
                "unidentified": {"submissions": 0, "shares": 0, "failed": 0},
            },
            "package_outcomes": {
                **dict.fromkeys(("packages", "reports", "roots"), 0),
                "reasons": [""],
                "below": None,
                "unidentified": {"submissions": 0, "shares": 0, "failed": 0},
            },
            "package_services": {"rows": [], "below": None},
            "deliveries": {"starts": [], "arrivals": [], "below": None},
            "journey": {"pipelines": {}, "reports": [], "erasures": [], "auditors": []},
        }.get(query.name, [])

    def _summary(self) -> dict[str, Any]:
        """All nodes of ``nodes``, with the slots of ``chain`` if they are there too."""
        slots = {node_id: said for node_id, *said in self.chain}
        return {
            "process": f"{self.pid}",
            "now_us": NOON,
            "since": self.live["since"],
            "seconds": self.live["seconds"],
            "by_type": {},
            "failures": 0,
            "findings": 0,
            "complete": True,
            "nodes": [_in_summary(each, slots.get(each["node_id"])) for each in self.nodes],
        }

    def _event(self, event_id: int) -> dict[str, Any] | None:
        directory, _ = event_identity(event_id)
        found = [each for each in self.log.get(directory, ()) if each["id"] == event_id]
        return {**found[0], "raw": {"payload": "0x01", "frame": "0x0102"}} if found else None

    def _trace(self, event_id: int) -> dict[str, Any] | None:
        found = self._event(event_id)
        if found is None:
            return None
        event = {name: value for name, value in found.items() if name != "raw"}
        return {
            "root": event["id"],
            "missing_ref": None,
            "truncated": False,
            "searched_until": event["received_at"],
            "events": [{**event, "parent": None, "depth": 0}],
        }

    def _export(self, query: Export) -> Attached[Any]:
        """Two lines of each directory at a time."""
        parts: dict[str, Any] = {}
        data = b""
        for directory, rows in self.log.items():
            first = 0 if query.after is None else query.after.get(directory)
            if first is None:
                continue
            # They are in the order of their numbers.
            begin = bisect_left(rows, first, key=lambda each: event_identity(each["id"])[1])
            rest = islice(rows, begin, None)
            left = list(islice((each for each in rest if _selected(each, query.selection)), 3))
            lines = [orjson.dumps(each) + b"\n" for each in left[:2]]
            data += b"".join(lines)
            parts[str(directory)] = {
                "received_at": [_us(each["received_at"]) for each in left[:2]],
                "sessions": [each["session"] >> 8 for each in left[:2]],
                "lengths": [len(line) for line in lines],
                "next": event_identity(left[2]["id"])[1] if left[2:] else None,
                "openings": {str(each["session"]): b"hello".hex() for each in left[:2]},
            }
        return Attached({"parts": parts}, data)

    def _backfill(self, query: Backfill) -> dict[str, Any]:
        """New rows up to the limit, and of those the events that pass; all rows are stored."""
        wanted = Subscribe(0, query.filter, "hex")
        events, at, more = [], {}, []
        for directory, rows in self.log.items():
            new = [
                each
                for each in rows
                if (
                    event_identity(each["id"])[1] > query.after[directory]
                    if directory in query.after
                    else _us(each["received_at"]) >= query.since_us
                )
            ]
            part = new[: query.limit]
            events += [each for each in part if _passes(each, wanted)]
            if new[len(part) :]:
                more.append(directory)
            if part:
                at[str(directory)] = event_identity(part[-1]["id"])[1]
            elif directory in query.after:
                at[str(directory)] = query.after[directory]
        return {
            **{"events": events, "at": at, "more": more, "cut": False},
            **{"committed": 0, "next": 0},
        }

    def _events(self, query: Events) -> list[dict[str, Any]]:
        before, window = query.cursor.positions, query.window_on(self.index)
        selection = replace(query.selection, start_us=window.start_us, end_us=window.end_us)
        found = []
        for directory, rows in self.log.items():
            passing = [
                each
                for each in reversed(rows)
                if event_identity(each["id"])[1] < before.get(directory, 1 << 60)
                and _selected(each, selection)
            ]
            found += passing[: query.limit]
        return found


def _as_partial(query: Query[Any, Any], answer: Any) -> Any:
    """What a test gives as rows, with the columns that a shard adds."""
    match query, answer:
        case AggregateSum(), list():
            operations = OPERATIONS[query.table]
            names = [name for name in operations if query.values is None or name in query.values]
            values = {name: operations[name] for name in names}
            return {"keys": list(query.by), "values": values, "rows": answer}
        case AggregateRows(), list():
            columns = list(answer[0]) if answer else []
            rows = [[row[name] for name in columns] for row in answer]
            return {"columns": columns, "clock": clock_column(query.table), "rows": rows}
        case AggregateByNode(), dict():
            return {"operation": OPERATIONS[query.table][query.value], **answer}
    return answer


def _selected(each: dict[str, Any], selection: Selection) -> bool:
    start, end = selection.start_us, selection.end_us
    received = each["received_at"]
    fields = next(iter(each["data"].values()))
    return (
        selection.node in (None, each["node_id"])
        and (selection.types is None or each["event_type"] in selection.types)
        and (start is None or received >= _text(start))
        and (end is None or received <= _text(end))
        and selection.slot in (None, fields.get("slot"))
        and selection.core in (None, fields.get("core"))
        and (selection.hash is None or "0x" + selection.hash in fields.values())
    )


def _us(text: str) -> int:
    return time_us(text, "")


def _text(us: int) -> str:
    return rfc3339(us) or ("" if us < 0 else "~")


def _passes(each: dict[str, Any], request: Subscribe) -> bool:
    fields = next(iter(each["data"].values()))
    payload = b"".join(
        bytes.fromhex(value[2:])
        for value in fields.values()
        if isinstance(value, str) and value.startswith("0x")
    )
    candidate = FilterInput(
        each["node_id"], each["event_type"], fields.get("slot"), fields.get("core"), payload
    )
    return parse(request.filter).matches(candidate)
