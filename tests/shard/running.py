"""A shard's parts on real files and sockets, put together as the worker does it.

``Shard`` lives in the test's own process and loop; ``shard_process`` is the worker itself.
Waits have one generous deadline that only a failing test ever reaches.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from contextlib import asynccontextmanager, contextmanager, suppress

import msgspec
import uvloop
from msgspec import Raw

from tart import json_encoding
from tart.aggregate.columnar.live_counters import LiveCounters
from tart.config.schema import AggregatesConfig, StorageConfig, TelemetryConfig
from tart.ipc.channel import Channel
from tart.ipc.messages import REPLIES, Failure, Partial, RunQuery, Welcome
from tart.query.core.query import Attached
from tart.query.shard_queries.catalog import QUERIES
from tart.shard.ingest.aggregator import open_aggregator
from tart.shard.ingest.listener import Listener, listening_socket
from tart.shard.ingest.live_streams import Streams
from tart.shard.ingest.pipeline import Ingest, Numbering
from tart.shard.queries.aggregate_queries import AggregateQueries
from tart.shard.queries.handlers import QueryHandlers
from tart.shard.queries.sql_tables import SqlTables
from tart.shard.query_server import QueryServer
from tart.shard.state.backpressure import Backpressure
from tart.shard.state.nodes import Nodes
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.core.schema import log_subquery
from tart.storage.store import Store
from tart.testing import FakeNode
from tests.supervisor.process import Process

DEADLINE = 100.0
KERNEL_BUFFER = 1 << 16
HASH = bytes(range(32))
COLUMNS = "seq, timestamp, node, session, event_id, type, ref, slot, core, body, shard_index"
UNDECODABLE = "seq, node, session, event_id, type, rule, field, byte_offset, expectation, frame"


def fake_node(number=1, **more):
    """A node whose key is that number, 32 times."""
    return FakeNode(bytes([number]) * 32, **more)


def best(node, slot, block=HASH):
    """A Best block changed of a node, as it sends it."""
    return node.event("BestBlockChanged", 1_000_000 + slot, slot=slot, hash=block)[1]


def query_of(name, *, start_us=None, end_us=None, **parameters):
    """A query of plain values; ``end_us`` of aggregates is the first moment after the window."""
    kind = QUERIES[name]
    fields = kind.__struct_fields__
    parameters = {each: value for each, value in parameters.items() if value is not None}
    if "bytes" in parameters:
        parameters["byte_encoding"] = parameters.pop("bytes")
    if "window" in fields or name == "sessions":
        end_us = None if end_us is None else end_us - 1
    window = {"start_us": start_us, "end_us": end_us}
    if "window" in fields:
        parameters["window"] = window
    if "cursor" in fields:
        before = parameters.pop("before", None) or {}
        parameters["cursor"] = {"until_us": 1 << 60, "window": window, "positions": before}
        parameters.setdefault("limit", 50)
    if "selection" in fields:
        names = ("node", "types", "slot", "core", "hash")
        selection = {each: parameters.pop(each) for each in names if each in parameters}
        parameters["selection"] = {**window, **selection}
    return msgspec.convert(parameters, kind, str_keys=True)


def framed(content):
    return len(content).to_bytes(4, "little") + content


async def until(condition):
    """Ask again and again until it is true."""
    async with asyncio.timeout(DEADLINE):
        while not (found := condition()):  # noqa: ASYNC110 - of threads and sockets, too
            await asyncio.sleep(0.001)
    return found


class Peer:
    """A node's end of a TCP connection."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)

    def send(self, *data):
        self._writer.write(b"".join(data))

    async def taken(self):
        """Until TCP takes more."""
        await self._writer.drain()

    @property
    def unsent(self):
        """Bytes that TCP does not take at present."""
        return self._writer.transport.get_write_buffer_size()

    @property
    def socket(self):
        return self._writer.get_extra_info("socket")

    def leave(self):
        """Close at once, whatever is unsent."""
        self._writer.transport.abort()

    async def cut_off(self):
        """Until the shard has closed it; it never says anything."""
        async with asyncio.timeout(DEADLINE):
            with suppress(ConnectionError):
                assert await self._reader.read() == b""


class Shard:
    """The parts of one shard; ``held`` collects batches while the writer is held up."""

    def __init__(self, root, shard=0, count=1, *, storage=None, telemetry=None):
        self._loop = asyncio.get_running_loop()
        settings = StorageConfig(
            **{"flush_seconds": 0.001, "quiet_flush_seconds": 0.0} | (storage or {})
        )
        self.failures = []
        self.store = Store(
            settings, root, shard, count, on_commit=self._committed, on_failure=self.failures.append
        )
        self.nodes, self.counters, self.streams = Nodes(), LiveCounters(), Streams()
        for past in self.store.recovered.values():
            self.nodes.recover(past)
        self.held, self.holding = [], False
        self.changes = []
        own = self.store.recovered[shard]
        self.aggregator, self.flushes = open_aggregator(
            self.store,
            self.nodes,
            AggregatesConfig(),
            self._aggregated,
            self._aggregates_failed,
        )
        self.backpressure = Backpressure()
        limits = TelemetryConfig(**{"max_frame_bytes": 1 << 16} | (telemetry or {}))
        self.ingest = Ingest(
            settings,
            limits,
            Numbering(shard, own.next_sequence, own.next_session, PeerDictionary(own.peers)),
            nodes=self.nodes,
            counters=self.counters,
            streams=self.streams,
            aggregator=self.aggregator,
            backpressure=self.backpressure,
            write=self._write,
            node_changed=self._node_changed,
        )
        self.listener = Listener(limits, self.ingest, self.backpressure)
        self.tables = tables = SqlTables(
            self.store,
            self.nodes,
            self.aggregator,
            AggregatesConfig(),
            self.ingest.decode_received,
        )
        self.answers = QueryHandlers(
            self.store, self.nodes, self.counters, self.streams, self.ingest, self.listener, tables
        )
        self.aggregates = AggregateQueries(
            self.store,
            self.nodes,
            self.aggregator,
            AggregatesConfig(),
            self.ingest.decode_received,
        )
        self.control = QueryServer(shard, self.answers, self.aggregates, self.streams, self.store)
        self.port = 0
        self._peers = []

    async def listen(self):
        """Open the telemetry port; the kernel keeps little that was not read."""
        listening = listening_socket("127.0.0.1", 0)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)
        self.port = listening.getsockname()[1]
        await self.listener.start(listening)

    async def connect(self, *data):
        """A TCP connection that says this at once; closed with the shard."""
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.port))
        self._peers.append(peer)
        peer.send(*data)
        return peer

    def session(self, *data, address="192.0.2.1:4"):
        """A connection without a socket that says this, read by read."""
        session = self.ingest.open_session(address)
        for each in data:
            self.ingest.receive(session, each)
        return session

    def release(self):
        """Let the writer go on."""
        self.holding = False
        while self.held:
            self.store.writer.put(self.held.pop(0))

    async def settled(self):
        """Until everything received is committed."""
        self.ingest.flush()
        await until(lambda: self.ingest.pending == (0, 0))

    def forget_answers(self):
        """Answer the next query from what was received until then.

        Otherwise it may use the snapshot, or get the whole answer, of a query a moment ago.
        """
        self.aggregator._cache.clear()
        shared = self.control._shared
        shared._entries.clear()
        shared.size = 0

    async def ask(self, name, **parameters):
        """The answer to a query as plain values; the rows alone of one to any table.

        It is computed now, whatever was asked a moment ago.
        """
        self.forget_answers()
        query = query_of(name, **parameters)
        value, attachment = await self.control.run(query, DEADLINE, 0.0)
        answer = json_encoding.unpack(value)
        if name in ("export", "sql", "sql_scan"):
            return Attached(answer, attachment)
        if name == "aggregate_rows":
            return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
        return answer["rows"] if name == "aggregate_sum" else answer

    async def stored(self, table="log", columns=COLUMNS, order="seq"):
        """Rows of all files of all directories, in their order; bodies with the peer id."""
        await self.settled()
        files = [file for each in self.store.directories for file in self.store.files(each)]
        if not files:
            return []
        union = " UNION ALL ".join(f"SELECT {columns} FROM {_table(file, table)}" for file in files)
        statement = f"SELECT * FROM ({union}) ORDER BY {order}"
        return await self.store.query_threads.run(
            lambda cursor: cursor.execute(statement).fetchall(), DEADLINE
        )

    async def undecodable(self):
        return await self.stored("undecodable", UNDECODABLE)

    async def sessions(self):
        """(session, what, node, address, counters, reason), in the order it happened."""
        columns = "session, what, node, address, counters, reason, happened_at"
        rows = await self.stored("sessions", columns, "happened_at, session")
        return [row[:-1] for row in rows]

    async def close(self):
        for peer in self._peers:
            peer.leave()
        self.release()
        await self.listener.stop()
        self.ingest.flush()
        await self._loop.run_in_executor(None, self.store.close)
        await self.control.stop()
        await asyncio.sleep(0)

    def _write(self, batch):
        if self.holding:
            self.held.append(batch)
        else:
            self.store.writer.put(batch)

    def _aggregated(self, flush):
        self._loop.call_soon_threadsafe(self.aggregator.record_written, flush)

    def _aggregates_failed(self, error):
        self._loop.call_soon_threadsafe(self.aggregator.stop_writing)

    def _committed(self, batch):
        if batch.flush is not None:
            self.flushes.put(batch.flush)
        self._loop.call_soon_threadsafe(self.ingest.record_commit, batch)

    def _node_changed(self, session):
        self.changes.append(session.node.id)
        self.control.node_changed(session)


def _table(file, table):
    if table != "log":
        return f"{file.alias}.{table}"
    body = "coalesce(peer_id, ''::BLOB) || body AS body"
    return (
        f"(SELECT * EXCLUDE (peer, peer_id, body), {body} "
        f"FROM {log_subquery(file.alias)} LEFT JOIN {file.alias}.peers USING (peer))"
    )


def run(scenario, *arguments, **settings):
    """Run ``scenario(shard)`` with a shard whose arguments are the others."""

    async def whole():
        shard = Shard(*arguments, **settings)
        try:
            return await scenario(shard)
        finally:
            await shard.close()

    return uvloop.run(whole())


class Gateway:
    """The other end of a shard's Unix socket."""

    def __init__(self):
        self.messages = []
        self.over = False
        self.channel = None
        self._id = 0

    async def connect(self, path):
        _, self.channel = await asyncio.get_running_loop().create_unix_connection(
            lambda: Channel(REPLIES, lambda _, message: self.messages.append(message), self._lost),
            path,
        )
        return self

    def ask_nowait(self, name, deadline=DEADLINE, **parameters):
        """Ask; the request's id."""
        return self.send(name, query_of(name, **parameters), deadline)

    def send(self, name, parameters, deadline=DEADLINE):
        """Send a query with any parameters; the request's id."""
        self._id += 1
        text = msgspec.json.encode(parameters)
        self.channel.send(RunQuery(self._id, name, Raw(text), deadline))
        return self._id

    async def answer(self, request):
        """The reply to a request: a value, or the failure."""
        kinds = Partial | Failure
        reply = await until(
            lambda: next(
                (m for m in self.messages if isinstance(m, kinds) and m.id == request), None
            )
        )
        return json_encoding.unpack(reply.value) if isinstance(reply, Partial) else reply

    async def ask(self, name, deadline=DEADLINE, **parameters):
        return await self.answer(self.ask_nowait(name, deadline, **parameters))

    def of(self, kind):
        """The messages of one kind so far."""
        return [message for message in self.messages if isinstance(message, kind)]

    def _lost(self, channel, error):
        self.over = True


@asynccontextmanager
async def gateway(path):
    """A gateway that has been welcomed."""
    there = await Gateway().connect(path)
    try:
        await until(lambda: there.of(Welcome))
        yield there
    finally:
        there.channel.close()
        await until(lambda: there.over)


class Worker:
    """A shard's worker in a process of its own."""

    def __init__(self, process, root, lifeline, shard):
        self.process = process
        self.port = int(process.line(r"accepts on (\d+)")[1])
        self.socket = root / "run" / f"{shard:02d}.sock"
        self._lifeline = lifeline

    def orphan(self):
        """As when the supervisor dies."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


@contextmanager
def shard_process(root, shard=0, count=1, **settings):
    """The worker of a shard, ready; killed in the end if it still runs."""
    (root / "run").mkdir(parents=True, exist_ok=True)
    fifo = root / "run" / "lifeline"
    with suppress(FileExistsError):
        os.mkfifo(fifo)
    lifeline = os.open(fifo, os.O_RDWR)
    arguments = (root, shard, count, json.dumps(settings))
    with Process("tests.shard.worker", *arguments) as process:
        worker = Worker(process, root, lifeline, shard)
        try:
            yield worker
        finally:
            worker.orphan()
