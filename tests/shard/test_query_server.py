"""``tart/shard/query_server.py``: queries and live events over a real Unix socket."""

import asyncio
import os
import socket
import threading

import pytest
from msgspec import Raw

from tart import json_encoding
from tart.ipc.messages import (
    Cancel,
    Failure,
    LiveEvents,
    NodeChanged,
    Partial,
    RunQuery,
    Subscribe,
    Unsubscribe,
    Welcome,
    encode,
)
from tart.query.shard_queries.events import Slot
from tart.query.shard_queries.nodes import Chain
from tart.storage.log.query_threads import QUEUE_LIMIT, THREADS
from tests.shard.running import DEADLINE, best, fake_node, gateway, run, until

ENDLESS = "SELECT sum(a.range * b.range) FROM range(100_000_000) a, range(1_000_000) b"


def served(root, scenario, **settings):
    """Run ``scenario(shard, gateway)`` with a gateway connected to a shard's socket."""

    async def whole(shard):
        path = root / "control.sock"
        await shard.control.start(path)
        async with gateway(path) as there:
            await scenario(shard, there)

    run(whole, root, **settings)


def test_the_first_message_to_a_gateway_is_welcome_with_the_shard_number(tmp_path):
    async def scenario(shard, there):
        assert there.messages == [Welcome(3, os.getpid())]

    served(tmp_path, scenario, shard=3, count=4)


def test_a_socket_left_over_from_a_crash_is_replaced(tmp_path):
    async def scenario(shard, there):
        assert await there.ask("chain") == []

    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "control.sock"))
    served(tmp_path, scenario)


def test_queries_from_memory_and_from_the_event_log_are_answered(tmp_path):
    async def scenario(shard, there):
        node = fake_node()
        shard.session(node.connect(), best(node, 7))
        await shard.settled()
        ((node_id, best_block, finalized),) = await there.ask("chain")
        assert (node_id, best_block[0], finalized) == ("01" * 32, 7, None)
        (event,) = await there.ask("events", limit=5, bytes="array")
        assert event["data"]["BestBlockChanged"]["hash"] == list(range(32))
        assert shard.answers.counts.received == {"chain": 1, "events": 1}

    served(tmp_path, scenario)


@pytest.mark.parametrize(
    ("name", "parameters", "code", "parameter"),
    [
        ("nonsense", {}, "unknown_query", None),
        ("export", {"format": "pigeon"}, "bad_parameter", "format"),
        ("nodes", {"byte_encoding": "base64"}, "internal", None),
        ("events", {"limit": "many"}, "internal", None),
        ("sql", {"sql": 1, "seconds": 1}, "internal", None),
        ("slot", {}, "internal", None),
    ],
)
def test_a_failing_query_does_not_affect_the_next(tmp_path, name, parameters, code, parameter):
    async def scenario(shard, there):
        failure = await there.answer(there.send(name, parameters))
        assert isinstance(failure, Failure)
        assert (failure.code, failure.parameter) == (code, parameter)
        assert await there.ask("chain") == []

    served(tmp_path, scenario)


def test_an_answer_that_cannot_be_encoded_as_json_is_a_failure(tmp_path):
    async def scenario(shard, there):
        shard.answers.memory[Chain] = lambda query: [object()]
        failure = await there.ask("chain")
        assert failure.code == "internal"
        assert shard.answers.counts.failures == 1

    served(tmp_path, scenario)


def slow(shard, kind=Slot):
    """Make a log query run until it is interrupted; return an event that is set when it begins."""
    begun = threading.Event()

    def endless(cursor, parameters):
        begun.set()
        return cursor.execute(ENDLESS).fetchall()

    shard.answers.log[kind] = endless
    return begun


def test_equal_queries_to_the_aggregates_share_an_answer(tmp_path):
    async def scenario(shard, there):
        shard.session(fake_node().connect())
        asked = [there.ask_nowait("sessions", limit=limit) for limit in (10, 10, 20)]
        answers = [await there.answer(request) for request in asked]
        assert answers == [answers[0]] * 3
        assert len(answers[0]) == 1
        assert (await there.ask("statistics"))["queries_shared"] == 1

    served(tmp_path, scenario)


def test_a_query_fails_at_its_deadline_and_delays_no_other(tmp_path):
    async def scenario(shard, there):
        slow(shard)
        late = there.ask_nowait("slot", slot=1, deadline=0.05)
        assert await there.ask("events") == []
        assert await there.ask("chain") == []
        assert (await there.answer(late)).code == "deadline"
        await until(lambda: shard.store.query_threads.open == 0)

    served(tmp_path, scenario)


def test_a_cancelled_query_is_interrupted_and_gets_no_answer(tmp_path):
    async def scenario(shard, there):
        begun = slow(shard)
        request = there.ask_nowait("slot", slot=1)
        await asyncio.to_thread(begun.wait, DEADLINE)
        there.channel.send(Cancel(request))
        there.channel.send(Cancel(999))
        await until(lambda: shard.store.query_threads.open == 0)
        assert await there.ask("chain") == []
        assert [message.id for message in there.of(Partial)] == [request + 1]
        assert there.of(Failure) == []

    served(tmp_path, scenario)


def test_queries_of_a_disconnected_gateway_are_interrupted(tmp_path):
    async def scenario(shard, there):
        begun = slow(shard)
        async with gateway(tmp_path / "control.sock") as other:
            other.ask_nowait("slot", slot=1)
            await asyncio.to_thread(begun.wait, DEADLINE)
        await until(lambda: shard.store.query_threads.open == 0)
        assert await there.ask("chain") == []

    served(tmp_path, scenario)


def test_queries_beyond_the_queue_limit_are_rejected_individually(tmp_path):
    async def scenario(shard, there):
        go = threading.Event()
        shard.answers.log[Slot] = lambda cursor, query: go.wait(DEADLINE)
        # One thread takes no scans.
        requests = [there.ask_nowait("slot", slot=1) for _ in range(THREADS - 1)]
        await until(lambda: shard.store.query_threads.running == THREADS - 1)
        requests += [there.ask_nowait("slot", slot=1) for _ in range(QUEUE_LIMIT + 5)]
        await until(lambda: len(there.of(Failure)) == 5)
        statistics = await there.ask("statistics")
        assert statistics["queries_waiting"] == {"scan": QUEUE_LIMIT}
        assert statistics["queries_running"] == THREADS - 1
        assert statistics["queries_rejected"] == 5
        go.set()
        assert {failure.code for failure in there.of(Failure)} == {"busy"}
        requests.append(max(requests) + 1)  # the one about statistics
        await until(lambda: len(there.of(Partial)) == QUEUE_LIMIT + THREADS)
        answered = {message.id for message in there.messages[1:]}
        assert answered == set(requests)

    served(tmp_path, scenario)


def test_live_events_reach_subscribers_until_they_unsubscribe(tmp_path):
    async def scenario(shard, there):
        node = fake_node()
        session = shard.session(node.connect())
        there.channel.send(Subscribe(1, {"type": "Slot", "slot": 5}))
        there.channel.send(Subscribe(2, {"type": "All"}, "array"))
        await until(lambda: shard.streams.subscriptions == 2)
        shard.ingest.receive(session, best(node, 5))
        await until(lambda: there.of(LiveEvents))
        (message,) = there.of(LiveEvents)
        assert message.unpack()[2] == [(1, (0,)), (2, (1,))]
        there.channel.send(Unsubscribe(1))
        there.channel.send(Unsubscribe(2))
        await until(lambda: shard.streams.subscriptions == 0)
        shard.ingest.receive(session, best(node, 5))
        await there.ask("chain")
        assert len(there.of(LiveEvents)) == 1

    served(tmp_path, scenario)


def test_a_rejected_filter_does_not_affect_the_channel(tmp_path):
    async def scenario(shard, there):
        there.channel.send(Subscribe(1, {"type": "Nonsense"}))
        assert await there.ask("chain") == []
        assert shard.streams.subscriptions == 0

    served(tmp_path, scenario)


def test_a_reply_from_a_gateway_ends_its_connection_and_no_other(tmp_path):
    async def scenario(shard, there):
        async with gateway(tmp_path / "control.sock") as other:
            other.channel.send(Welcome(1, 1))
            await until(lambda: other.over)
        assert await there.ask("chain") == []

    served(tmp_path, scenario)


def test_subscriptions_end_with_their_channel(tmp_path):
    async def scenario(shard, there):
        async with gateway(tmp_path / "control.sock") as other:
            other.channel.send(Subscribe(1, {"type": "All"}))
            there.channel.send(Subscribe(1, {"type": "All"}))
            await until(lambda: shard.streams.subscriptions == 2)
        await until(lambda: shard.streams.subscriptions == 1)

    served(tmp_path, scenario)


def test_every_gateway_is_notified_of_nodes_that_connect_and_disconnect(tmp_path):
    async def scenario(shard, there):
        async with gateway(tmp_path / "control.sock") as other:
            node = fake_node()
            claims = [node.event("Dropped", 1, last_timestamp=1, num=2**24)[1] for _ in range(2)]
            session = shard.session(node.connect(), *claims)
            shard.ingest.close_session(session, None)
            for each in (there, other):
                await until(lambda each=each: len(each.of(NodeChanged)) == 2)
                told = [json_encoding.unpack(message.node) for message in each.of(NodeChanged)]
                assert [node["is_connected"] for node in told] == [True, False]
                assert told[0]["node_id"] == "01" * 32
                assert [node["dropped_count"] for node in told] == [0, 2 * 2**24]
                assert told[0]["node_info"]["details"]["peer_id"] == "0x" + "01" * 32

    served(tmp_path, scenario)


def test_stopping_closes_every_channel_after_queued_messages(tmp_path):
    async def scenario(shard, there):
        request = there.ask_nowait("chain")
        await there.answer(request)
        await shard.control.stop()
        await until(lambda: there.over)

    served(tmp_path, scenario)


def test_queries_after_the_files_are_closed_are_unavailable(tmp_path):
    async def scenario(shard, there):
        await asyncio.to_thread(shard.store.query_threads.close)
        failure = await there.ask("events")
        assert failure.code == "no_shard"
        assert shard.store.query_threads.open == 0

    served(tmp_path, scenario)


def test_stopping_does_not_wait_for_a_gateway_that_reads_nothing(tmp_path):
    async def scenario(shard, there):
        shard.answers.memory[Chain] = lambda query: ["x" * (1 << 20)] * 20
        with socket.socket(socket.AF_UNIX) as stuck:
            stuck.connect(str(tmp_path / "control.sock"))
            stuck.sendall(encode(RunQuery(1, "chain", Raw(b"{}"), DEADLINE)))
            await until(lambda: shard.answers.counts.received["chain"])
            async with asyncio.timeout(DEADLINE):
                await shard.control.stop()

    served(tmp_path, scenario)
