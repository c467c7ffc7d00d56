"""The query server over its real socket: answers, errors, deadlines, limits, backups."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from msgspec import Raw

from tart import logs
from tart.chain.query_server import MAX_WAITING, THREADS, ChainQueryServer
from tart.errors import BadQuery, StorageError
from tart.ipc.channel import Channel
from tart.ipc.messages import (
    CHAIN_INDEX,
    REPLIES,
    Cancel,
    Failure,
    FreezeFiles,
    FrozenFiles,
    Partial,
    Released,
    ReleaseFiles,
    Reply,
    RunQuery,
    Unsubscribe,
    Welcome,
)
from tart.query.chain_queries.chain import ChainState, State
from tests.chain.memory_store import MemoryStore
from tests.gateway.running import eventually
from tests.running import DEADLINE


class Store(MemoryStore):
    """A store whose answers tests choose."""

    def __init__(self):
        super().__init__()
        self.error = None
        self.free = threading.Event()
        self.free.set()
        self.started = threading.Event()
        self.cancelled = threading.Event()
        self.frozen = 0

    def answer(self, query, deadline_seconds=0.0, is_cancelled=lambda: False):
        self.started.set()
        while not self.free.wait(0.01):
            if is_cancelled():
                self.cancelled.set()
                self.free.wait(DEADLINE)
        if self.error is not None:
            raise self.error
        return super().answer(query)

    def freeze(self):
        self.frozen += 1
        return super().freeze()

    def release(self):
        self.frozen -= 1
        return super().release()


class Client:
    """A gateway's side of the socket."""

    def __init__(self):
        self.messages: asyncio.Queue[Reply] = asyncio.Queue()
        self.lost = asyncio.Event()
        self.channel = Channel(
            REPLIES,
            lambda _, message: self.messages.put_nowait(message),
            lambda _channel, _error: self.lost.set(),
        )

    async def next(self):
        return await asyncio.wait_for(self.messages.get(), DEADLINE)

    def ask(self, number, name="chain_state", parameters=b"{}", deadline=DEADLINE):
        self.channel.send(RunQuery(number, name, Raw(parameters), deadline))


@asynccontextmanager
async def serving(tmp_path, store) -> AsyncIterator[tuple[ChainQueryServer, Client]]:
    server = ChainQueryServer(store, lambda state: msgspec.structs.replace(state, pid=7))
    await server.start(tmp_path / "s")
    client = Client()
    await asyncio.get_running_loop().create_unix_connection(
        lambda: client.channel, str(tmp_path / "s")
    )
    welcome = await client.next()
    assert isinstance(welcome, Welcome)
    assert welcome.shard == CHAIN_INDEX
    try:
        yield server, client
    finally:
        store.free.set()
        await server.stop()
        await asyncio.wait_for(client.lost.wait(), DEADLINE)


def run(tmp_path, store: Store, test: Callable[[ChainQueryServer, Client], Awaitable[None]]):
    async def inside():
        async with serving(tmp_path, store) as (server, client):
            await test(server, client)

    asyncio.run(inside())


@pytest.fixture
def store():
    return Store()


def test_the_log_is_told_while_the_store_hangs(tmp_path, store, monkeypatch):
    line = {"process": "chain", "message": "the disk is slow"}
    monkeypatch.setattr(logs, "recent_lines", lambda: [line])
    store.free.clear()

    async def check(server, client):
        for number in range(THREADS):
            client.ask(number)
        client.ask(9, "chain_log")
        answer = await client.next()
        assert answer.id == 9
        assert msgspec.json.decode(answer.value) == [line]

    run(tmp_path, store, check)


def test_the_state_has_what_only_the_process_knows(tmp_path, store):
    async def check(server, client):
        client.ask(1)
        answer = await client.next()
        assert isinstance(answer, Partial)
        assert msgspec.json.decode(answer.value, type=ChainState).pid == 7

    run(tmp_path, store, check)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadQuery("no", "limit"), "bad_parameter"),
        (StorageError("damaged"), StorageError.code),
        (ZeroDivisionError(), "internal"),
    ],
)
def test_every_error_is_one_failure_and_the_server_goes_on(tmp_path, store, error, code):
    async def check(server, client):
        store.error = error
        client.ask(1)
        answer = await client.next()
        assert (answer.id, answer.code) == (1, code)
        store.error = None
        client.ask(2)
        assert isinstance(await client.next(), Partial)

    run(tmp_path, store, check)


def test_unknown_queries_and_parameters_are_failures(tmp_path, store):
    async def check(server, client):
        client.ask(1, "nothing")
        assert (await client.next()).code == "unknown_query"
        client.ask(2, "chain_blocks", b'{"first_slot": "x"}')
        assert isinstance(await client.next(), Failure)

    run(tmp_path, store, check)


def test_a_store_that_hangs_costs_a_failure_in_time_and_is_told_so(tmp_path, store):
    async def check(server, client):
        store.free.clear()
        client.ask(1, deadline=0.05)
        assert (await client.next()).code == "deadline"
        assert await asyncio.to_thread(store.cancelled.wait, DEADLINE)

    run(tmp_path, store, check)


def test_a_cancelled_query_has_no_answer(tmp_path, store):
    async def check(server, client):
        store.free.clear()
        client.ask(1)
        assert await asyncio.to_thread(store.started.wait, DEADLINE)
        client.channel.send(Cancel(1))
        assert await asyncio.to_thread(store.cancelled.wait, DEADLINE)
        store.free.set()
        client.ask(2)
        assert (await client.next()).id == 2

    run(tmp_path, store, check)


def test_too_many_waiting_queries_are_refused(tmp_path, store):
    async def check(server, client):
        store.free.clear()
        for number in range(MAX_WAITING + 1):
            client.ask(number)
        refused = await client.next()
        assert (refused.id, refused.code) == (MAX_WAITING, "busy")
        store.free.set()
        for _ in range(MAX_WAITING):
            assert isinstance(await client.next(), Partial)

    run(tmp_path, store, check)


def test_a_message_of_shards_ends_the_connection(tmp_path, store):
    async def check(server, client):
        client.channel.send(Unsubscribe(1))
        await asyncio.wait_for(client.lost.wait(), DEADLINE)

    run(tmp_path, store, check)


def test_a_backup_freezes_and_releases_the_files(tmp_path, store):
    async def check(server, client):
        client.channel.send(FreezeFiles(1))
        assert await client.next() == FrozenFiles(1, ["/a"], None, [])
        assert store.frozen == 1
        client.channel.send(ReleaseFiles(2))
        assert await client.next() == Released(2, True)
        assert store.frozen == 0

    run(tmp_path, store, check)


def test_the_end_of_the_connection_releases_the_files(tmp_path, store):
    async def check(server, client):
        client.channel.send(FreezeFiles(1))
        await client.next()
        client.channel.close()
        await asyncio.wait_for(client.lost.wait(), DEADLINE)
        await eventually(lambda: not store.frozen)

    run(tmp_path, store, check)


def test_the_reply_to_a_query_can_be_had_without_a_socket(store):
    server = ChainQueryServer(store, lambda state: state)
    reply = asyncio.run(server.reply(RunQuery(1, State.name, Raw(b"{}"), DEADLINE)))
    assert isinstance(reply, Partial)
