import asyncio

from msgspec import Raw

from tart.background_tasks import Background
from tart.ipc.channel import Channel
from tart.ipc.channel_server import ChannelServer
from tart.ipc.messages import REPLIES, Cancel, RunQuery, Welcome
from tests.running import DEADLINE


class Queries:
    """Queries that never end, until they are cancelled."""

    def __init__(self):
        self.made, self.lost = asyncio.Event(), asyncio.Event()
        self.running, self.cancelled = asyncio.Event(), asyncio.Event()
        self.server = ChannelServer(self.receive, self.greet, self.end, Background())

    def greet(self, channel):
        channel.send(Welcome(0, 1))
        self.made.set()

    def end(self, channel):
        self.lost.set()

    def receive(self, channel, message):
        match message:
            case RunQuery():
                self.server.run_query(channel, message.id, self.wait())
            case Cancel():
                self.server.cancel_query(channel, message.id)

    async def wait(self):
        self.running.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()


async def connect(path):
    loop = asyncio.get_running_loop()
    ignore = Channel(REPLIES, lambda *_: None, lambda *_: None)
    _, channel = await loop.create_unix_connection(lambda: ignore, str(path))
    return channel


def with_query(tmp_path, end):
    async def scenario():
        queries = Queries()
        path = tmp_path / "s"
        await queries.server.start(path)
        async with asyncio.timeout(DEADLINE):
            channel = await connect(path)
            channel.send(RunQuery(7, "any", Raw(b"{}"), 1.0))
            await queries.running.wait()
            assert len(queries.server) == len(list(queries.server)) == 1
            await end(queries, channel)
            await queries.cancelled.wait()
            await queries.server.stop()
            await queries.lost.wait()
            assert len(queries.server) == 0

    asyncio.run(scenario())


def test_a_query_is_cancelled_by_its_number(tmp_path):
    async def cancel(queries, channel):
        channel.send(Cancel(6))
        channel.send(Cancel(7))

    with_query(tmp_path, cancel)


def test_a_connection_that_ends_ends_its_queries(tmp_path):
    async def leave(queries, channel):
        channel.close()
        await queries.lost.wait()

    with_query(tmp_path, leave)


def test_a_stop_ends_all_queries(tmp_path):
    async def stop(queries, channel):
        await queries.server.stop()

    with_query(tmp_path, stop)
