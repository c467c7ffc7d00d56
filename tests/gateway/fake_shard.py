"""FakeShard: plays a shard's side of the Unix socket, with events and answers made up.

It speaks the real messages over a real socket; what it answers is computed from plain
lists the test fills, or replaced per query by ``answers``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from msgspec import Raw

from tart import json_encoding
from tart.ipc.channel import Channel
from tart.ipc.messages import (
    REQUESTS,
    VERSION,
    Attached,
    Cancel,
    Failure,
    LiveEvent,
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
)
from tart.query.core.catalog import event_api_id, event_identity
from tart.query.core.filters import FilterInput, parse
from tart.query.core.live_event import live_event
from tart.query.core.nodes import statement_source
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import time_us
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


def raw(value: Any) -> Raw:
    """A value as JSON in a message."""
    return Raw(json_encoding.pack(value))


def statement(at: int = NOON, *, is_open: bool = True, **more: Any) -> dict[str, Any]:
    """What a node said of itself, as a shard gives it."""
    return {**statement_source(rfc3339(at) or "", 256, "127.0.0.1:40000", is_open=is_open), **more}


def claims(node_id: str, best: int | None, finalized: int | None) -> list[Any]:
    """An element of ``chain``: what a node says on an open connection."""
    said = [slot if slot is None else statement(slot=slot) for slot in (best, finalized)]
    return [node_id, *said]


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


def statistics(**changes: Any) -> dict[str, Any]:
    """A shard's ``statistics``."""
    histogram = {"buckets": [[0.001, 1], [0.01, 3]], "sum": 0.02, "count": 4}
    return {
        "pid": 1,
        "uptime_seconds": 5.0,
        "rss_bytes": 50 << 20,
        "cpu_seconds": 1.5,
        "log_lines_left_out": 0,
        "connections": 2,
        "connections_total": 3,
        "connections_rejected": {"too_many": 1, "too_many_from_address": 0},
        "connections_closed": {"node": 1, "idle": 0},
        "unfinished_bytes": 12,
        "events_received": 100,
        "bytes_received": 6500,
        "undecodable": {"truncated": 2},
        "deviations": {"leb128_length": 1},
        "protocol_errors": {"frame_too_long": 1},
        "dropped_by_nodes": 7,
        "pending_events": 4,
        "pending_bytes": 400,
        "reading_paused": False,
        "paused_for": "",
        "reading_pauses": {"rate": 3},
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
        "query_failures": 0,
        "loop_lag_seconds": 0.001,
        "readers": 2,
        "questions_running": 1,
        "questions_stepped_back": True,
        "questions_waiting": {"cheap": 2},
        "questions_refused": 3,
        "questions_given_up": {"waiting": 4, "running": 0},
    } | changes


class FakeShard:
    """One shard.

    Attributes:
        log: directory to its events, oldest first.
        answers: query to a function of its parameters, instead of the usual answer; what
            it returns may be a ``Failure``, or ``None`` for never answering.
        delays: query to the seconds after which it is answered, unless it is given up before.
        requests: every question asked.
        cancelled: ids of questions that were given up.
        subscriptions: what is subscribed now.
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
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {}
        # What cannot be read of what is attached; see ``Partial``.
        self.unreadable: list[list[Any]] = []
        self.delays: dict[str, float] = {}
        self.requests: list[RunQuery] = []
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
        entries, texts = [], []
        for each in events:
            numbers = [n for n, request in self.subscriptions.items() if _passes(each, request)]
            if numbers:
                text = orjson.dumps(live_event(each))
                entries.append(
                    LiveEvent(each["id"], each["node_id"], each["event_type"], numbers, len(text))
                )
                texts.append(text)
        for channel in self.channels:
            channel.send(LiveEvents(entries, b"".join(texts)))
        return len(entries)

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
            case RunQuery(name=name) if name in self.delays:
                self.requests.append(message)
                loop = asyncio.get_running_loop()
                loop.call_later(self.delays[name], self._reply, channel, message)
            case RunQuery():
                self.requests.append(message)
                self._reply(channel, message)
            case Cancel():
                self.cancelled.append(message.id)
            case Subscribe():
                self.subscriptions[message.subscription] = message
            case Unsubscribe():
                self.subscriptions.pop(message.subscription, None)

    def _reply(self, channel: Channel[Request], message: RunQuery) -> None:
        if message.id in self.cancelled:
            return
        answer = self._answer(message)
        if isinstance(answer, Failure):
            channel.send(Failure(message.id, answer.code, answer.message, answer.parameter))
            return
        unreadable = [UnreadableRows(*each) for each in self.unreadable]
        if isinstance(answer, Attached):
            value = raw(answer.value)
            channel.send(Partial(message.id, value, True, answer.data, unreadable))
        elif answer is not None:
            value = raw(None if answer is NOTHING else answer)
            channel.send(Partial(message.id, value, unreadable=unreadable))

    def _answer(self, request: RunQuery) -> Any:
        name, parameters = request.name, request.parameters
        if name in self.answers:
            return self.answers[name](parameters)
        if name == "events":
            return self._events(parameters)
        if name == "export":
            return self._export(parameters)
        if name == "nodes":
            wanted = parameters.get("node")
            return [each for each in self.nodes if wanted in (None, each["node_id"])]
        return {
            "node_status": self.status,
            "event": self._event(parameters) or NOTHING,
            "trace": self._trace(parameters) or NOTHING,
            "chain": self.chain,
            "live": self.live,
            "statistics": self.statistics,
            "summed": [],
            "listed": self._listed(parameters),
            "spread": {"nodes": [], "rows": []},
            "sighted": [],
            "propagated": [],
            "slot": {"events": [], "hashes": [], "first_at": None, "last_at": None},
            "transfers": [],
            "missed": self._missed(parameters),
            "sessions": [],
            "spoken": [],
            "examples": [],
            "connections": {"open": 0, "buckets": []},
            "handled": {
                "rows": [],
                "below": None,
                "unidentified": {"submissions": 0, "shares": 0, "failed": 0},
            },
            "tallied": [],
            "steps": [],
            "states": [],
            "handlings": [],
            "journey": {"pipelines": {}, "reports": [], "erasures": [], "auditors": []},
        }[name]

    def _listed(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """Blocks authored are known, no others."""
        authored = parameters.get("table") == "sightings"
        return [{"hash": each, "node": NODE_A} for each in self.authored if authored]

    def _event(self, parameters: dict[str, Any]) -> dict[str, Any] | None:
        directory, _ = event_identity(parameters.get("id") or 0)
        found = [each for each in self.log.get(directory, ()) if each["id"] == parameters.get("id")]
        return {**found[0], "raw": {"payload": "0x01", "frame": "0x0102"}} if found else None

    def _trace(self, parameters: dict[str, Any]) -> dict[str, Any] | None:
        found = self._event(parameters)
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

    def _export(self, parameters: dict[str, Any]) -> Attached:
        """Two lines of each directory at a time."""
        parts: dict[str, Any] = {}
        data = b""
        after = parameters["after"]
        for directory, rows in self.log.items():
            first = 0 if after is None else after.get(str(directory))
            if first is None:
                continue
            left = [
                each
                for each in rows
                if event_identity(each["id"])[1] >= first and _selected(each, parameters)
            ]
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

    def _missed(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """So many that are new, of those what passes the filter; everything is stored."""
        after = {int(key): value for key, value in (parameters.get("after") or {}).items()}
        wanted = Subscribe(0, parameters.get("filter") or {"type": "All"}, "hex")
        events, at, more = [], {}, []
        for directory, rows in self.log.items():
            new = [
                each
                for each in rows
                if (
                    event_identity(each["id"])[1] > after[directory]
                    if directory in after
                    else _us(each["received_at"]) >= parameters.get("since_us", 0)
                )
            ]
            part = new[: parameters.get("limit")]
            events += [each for each in part if _passes(each, wanted)]
            if new[len(part) :]:
                more.append(directory)
            if part:
                at[str(directory)] = event_identity(part[-1]["id"])[1]
            elif directory in after:
                at[str(directory)] = after[directory]
        return {
            **{"events": events, "at": at, "more": more, "cut": False},
            **{"committed": 0, "next": 0},
        }

    def _events(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        before = {int(key): value for key, value in (parameters.get("before") or {}).items()}
        found = []
        for directory, rows in self.log.items():
            passing = [
                each
                for each in reversed(rows)
                if event_identity(each["id"])[1] < before.get(directory, 1 << 60)
                and _selected(each, parameters)
            ]
            found += passing[: parameters["limit"]]
        return found


def _selected(each: dict[str, Any], parameters: dict[str, Any]) -> bool:
    start, end = parameters.get("start_us"), parameters.get("end_us")
    received = each["received_at"]
    fields = next(iter(each["data"].values()))
    return (
        parameters.get("node") in (None, each["node_id"])
        and (parameters.get("types") is None or each["event_type"] in parameters["types"])
        and (start is None or received >= _text(start))
        and (end is None or received <= _text(end))
        and parameters.get("slot") in (None, fields.get("slot"))
        and parameters.get("core") in (None, fields.get("core"))
        and (parameters.get("hash") is None or "0x" + parameters["hash"] in fields.values())
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
    return parse(request.filter)(candidate)
