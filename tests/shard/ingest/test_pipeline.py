"""``tart/shard/ingest/pipeline.py``: bytes in; what is stored, counted and published out."""

import asyncio
import json
import time

import pytest

from tart.access.rate_limiter import TokenBucket
from tart.aggregate.core import waiting_events
from tart.errors import DecodeError
from tart.ipc.messages import Subscribe
from tart.protocol.decoding import decode_event
from tart.query.core.filters import FilterInput
from tart.query.core.live_event import live_event
from tart.shard.ingest import pipeline
from tart.shard.state.commit_cadence import PAYING_ROWS
from tests.shard.ingest.test_live_streams import Recorder
from tests.shard.queries.test_handlers import OUTLINE
from tests.shard.running import HASH, best, fake_node, framed, run, until
from tests.vectors import event_vectors, stream_vectors

HIGHEST = 2**64 - 1
VECTORS = [*event_vectors(), *event_vectors(conformant=False)]


def payload(row):
    """ref ‖ body ‖ shard_index of a stored row (see ``running.COLUMNS``)."""
    ref, body, shard_index = row[6], *row[9:]
    start = b"" if ref is None else ref.to_bytes(8, "little")
    return start + body + (b"" if shard_index is None else shard_index.to_bytes(2, "little"))


def dropped(node, num):
    return node.event("Dropped", 5, last_timestamp=6, num=num)[1]


def test_an_event_is_stored_with_its_numbers_and_its_bytes(tmp_path):
    async def scenario(shard):
        node = fake_node()
        said = [
            node.connect(),
            best(node, 7),
            node.event("AuthoringFailed", HIGHEST, authoring_id=HIGHEST, reason="a\0b")[1],
        ]
        shard.session(b"".join(said))
        assert await shard.stored() == [
            (0, 1_000_007, 0, 0, 0, 11, None, 7, None, (7).to_bytes(4, "little") + HASH, None),
            (1, HIGHEST, 0, 0, 1, 41, HIGHEST, None, None, b"\x03a\0b", None),
        ]
        assert await shard.stored("nodes", "node, peer_id", "node") == [(0, b"\x01" * 32)]

    run(scenario, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("version", [0, 1])
def test_vectors_are_stored_byte_for_byte(tmp_path, version):
    async def scenario(shard):
        node = fake_node(version=version)
        contents = [vector.content for vector in VECTORS]
        shard.session(node.connect() + b"".join(map(framed, contents)))
        kept = {
            row[0]: (row[1].to_bytes(8, "little") + bytes([row[5]]) + payload(row))
            for row in await shard.stored()
        }
        broken = {row[0]: row[9] for row in await shard.undecodable()}
        assert kept.keys().isdisjoint(broken)
        assert [(kept | broken)[seq] for seq in range(len(contents))] == contents
        for seq, content in broken.items():
            with pytest.raises(DecodeError):
                decode_event(content[8], content[9:], version=version, cores=2)
            assert seq in broken

    run(scenario, tmp_path, storage={"flush_rows": 10})


@pytest.mark.parametrize(
    ("content", "number", "rule", "field", "offset"),
    [
        (b"", None, "truncated", "", 0),
        (bytes(8), None, "truncated", "", 8),
        (bytes(8) + b"\xfe", 254, "unknown_event", "", 8),
        (bytes(8) + b"\xfe" + b"anything\0", 254, "unknown_event", "", 8),
        (bytes(8) + b"\x0b" + b"\x01", 11, "truncated", "slot", 9),
        (bytes(8) + b"\x0b" + bytes(35), 11, "truncated", "hash", 13),
        (bytes(8) + b"\x0d" + b"\x02", 13, "bool_out_of_range", "synced", 9),
    ],
)
def test_an_undecodable_frame_is_stored_with_the_reason(
    tmp_path, content, number, rule, field, offset
):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect(), framed(content), best(node, 1))
        ((*place, expectation, frame),) = await shard.undecodable()
        assert place == [0, 0, 0, 0, number, rule, field, offset]
        assert expectation
        assert frame == content
        ((seq, _, _, _, event_id, *_),) = await shard.stored()
        assert (seq, event_id) == (1, 1), "it took an id all the same"
        assert shard.ingest.statistics.undecodable == {rule: 1}
        assert (session.undecodable, session.node.undecodable) == (1, 1)
        assert session.connection.error is None

    run(scenario, tmp_path)


def test_events_with_deviations_are_stored_and_counted(tmp_path):
    async def scenario(shard):
        node = fake_node()
        longer = framed(best(node, 1)[4:] + b"left over")
        session = shard.session(node.connect(), longer, longer)
        rows = await shard.stored()
        assert [row[9][-9:] for row in rows] == [b"left over"] * 2
        assert shard.ingest.statistics.deviations == {"trailing_bytes": 2}
        assert session.deviations == session.node.deviations == {"trailing_bytes": 2}

    run(scenario, tmp_path)


def test_an_undecodable_first_message_is_stored_and_refused(tmp_path):
    async def scenario(shard):
        content = b"GET / HTTP/1.1\r\n\r\n"
        session = shard.session(framed(content))
        assert session.connection.error is not None
        ((*place, expectation, frame),) = await shard.undecodable()
        assert place == [0, None, 0, None, None, "node_information", "", 0]
        assert expectation == str(session.connection.error)
        assert frame == content
        shard.ingest.close_session(session, "closed")
        ((*ended, counters, reason),) = await shard.sessions()
        assert ended == [0, "refused", None, "192.0.2.1:4"]
        assert json.loads(counters)["bytes"] == len(framed(content))
        assert reason == expectation
        assert shard.ingest.statistics.protocol_errors == {"node_information": 1}
        assert shard.changes == []

    run(scenario, tmp_path)


def test_only_the_beginning_of_a_huge_undecodable_first_message_is_stored(tmp_path):
    async def scenario(shard):
        content = bytes(range(256)) * 200
        shard.session(framed(content))
        ((*_, frame),) = await shard.undecodable()
        assert frame == content[: len(frame)]
        assert 1000 < len(frame) < len(content)

    run(scenario, tmp_path)


@pytest.mark.parametrize("with_events", [False, True])
def test_a_frame_that_is_too_long_is_stored_after_the_events_before_it(tmp_path, with_events):
    async def scenario(shard):
        node = fake_node()
        good = [best(node, slot) for slot in range(3)] if with_events else []
        head = (1 << 20).to_bytes(4, "little") + b"its beginning"
        session = shard.session(b"".join([node.connect(), *good, head]))
        assert len(await shard.stored()) == len(good)
        ((*place, _, frame),) = await shard.undecodable()
        assert place == [len(good), 0, 0, None, None, "frame_too_long", "", 0]
        assert frame == head
        assert shard.ingest.statistics.protocol_errors == {"frame_too_long": 1}
        assert (session.undecodable, session.node.undecodable) == (1, 1)

    run(scenario, tmp_path)


def test_a_frame_that_is_too_long_before_node_information_has_no_node(tmp_path):
    async def scenario(shard):
        shard.session(b"\xff\xff\xff\xff" + b"x" * 100)
        ((seq, node, *_, frame),) = await shard.undecodable()
        assert (seq, node, frame[:4]) == (0, None, b"\xff\xff\xff\xff")
        assert [each[1] for each in await shard.sessions()] == ["refused"]

    run(scenario, tmp_path)


@pytest.mark.parametrize("vector", stream_vectors(), ids=str)
def test_a_whole_connection_of_another_implementation_is_stored(tmp_path, vector):
    async def scenario(shard):
        whole = shard.session(vector.data)
        pieces = shard.session(*(vector.data[at : at + 7] for at in range(0, len(vector.data), 7)))
        rows = await shard.stored()
        assert len(rows) + len(await shard.undecodable()) >= len(vector.messages)
        by_session = [
            [row[4:] for row in rows if row[3] == session.number] for session in (whole, pieces)
        ]
        assert by_session[0] == by_session[1]
        if vector.next_event_id is not None:
            assert whole.connection.next_event_id == vector.next_event_id

    run(scenario, tmp_path)


def test_event_ids_advance_over_dropped_events(tmp_path):
    async def scenario(shard):
        node = fake_node()
        frames = [
            node.connect(),
            best(node, 0),
            dropped(node, 5),
            best(node, 1),
            framed(b""),
            best(node, 2),
            dropped(node, HIGHEST),
            best(node, 3),
        ]
        session = shard.session(*frames)
        assert [row[4] for row in await shard.stored()] == [0, 1, 6, 8, 9, 10]
        assert [row[3] for row in await shard.undecodable()] == [7]
        assert session.node.dropped_messages == 1

    run(scenario, tmp_path)


def test_dropped_events_are_counted_by_node_and_connection(tmp_path):
    async def scenario(shard):
        node = fake_node()
        first = shard.session(node.connect(), dropped(node, 3), dropped(node, 4))
        second = shard.session(node.connect(), dropped(node, 5))
        shard.ingest.decode_received()
        assert (first.dropped, second.dropped) == (7, 5)
        assert (first.node.dropped_events, first.node.dropped_messages) == (12, 3)
        assert shard.ingest.statistics.dropped_by_nodes == 12

    run(scenario, tmp_path)


def test_counts_of_dropped_events_that_cannot_be_true_are_in_no_answer(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect(), dropped(node, HIGHEST), dropped(node, 7))
        shard.ingest.close_session(session, None)
        (known,) = await shard.ask("nodes")
        assert (known["dropped_count"], known["dropped_messages"]) == (7, 1)
        statistics = await shard.ask("statistics")
        assert statistics["dropped_by_nodes"] == 7

    run(scenario, tmp_path)


def test_concurrent_connections_of_a_node_are_separate_sessions(tmp_path):
    async def scenario(shard):
        old, new = fake_node(), fake_node()
        first = shard.session(old.connect(), best(old, 1))
        second = shard.session(new.connect(), best(new, 50))
        shard.ingest.receive(first, best(old, 2))
        shard.ingest.receive(second, best(new, 51))
        rows = await shard.stored()
        assert [(row[2], row[3], row[4], row[7]) for row in rows] == [
            (0, 0, 0, 1),
            (0, 1, 0, 50),
            (0, 0, 1, 2),
            (0, 1, 1, 51),
        ]
        assert first.node is second.node
        assert sum(first.node.counts) == 4
        assert (first.events, second.events) == (2, 2)
        assert len(await shard.stored("nodes", "node", "node")) == 1

    run(scenario, tmp_path)


def said(node):
    shown = node.as_json()
    return shown["best"]["slot"], shown["synced"], shown["finalized"]["slot"]


def test_the_state_of_a_node_is_its_last_statement_on_an_open_connection(tmp_path):
    async def scenario(shard):
        old, new = fake_node(), fake_node()
        first = shard.session(old.connect(), best(old, 900))
        second = shard.session(
            new.connect(), best(new, 5), new.event("SyncStatusChanged", 1, synced=True)[1]
        )
        node = first.node
        late = [
            best(old, 901),
            old.event("SyncStatusChanged", 1, synced=False)[1],
            old.event("FinalizedBlockChanged", 1, slot=899, hash=HASH)[1],
        ]
        for each in late:
            shard.ingest.receive(first, each)
        shard.ingest.decode_received()
        assert said(node) == (901, False, 899)
        assert sum(node.counts) == 6
        shard.ingest.close_session(first, None)
        assert said(node) == (5, True, 899)
        shard.ingest.close_session(second, None)
        assert said(node) == (901, False, 899)

    run(scenario, tmp_path)


def test_a_reconnect_is_a_new_session_with_event_ids_from_zero(tmp_path):
    async def scenario(shard):
        node = fake_node()
        first = shard.session(node.connect(), best(node, 1), best(node, 2))
        shard.ingest.close_session(first, "closed by the node")
        second = shard.session(node.connect())
        shown = second.node.as_json()
        # Nobody said so on a connection that is open, and the answer says that.
        assert (shown["best"]["slot"], shown["statements"]["best"]["is_open"]) == (2, False)
        shard.ingest.receive(second, best(node, 3))
        assert [(row[3], row[4]) for row in await shard.stored()] == [(0, 0), (0, 1), (1, 0)]
        assert [(number, what) for number, what, *_ in await shard.sessions()] == [
            (0, "opened"),
            (0, "closed"),
            (1, "opened"),
        ]
        assert shard.changes == [first.node.id] * 3

    run(scenario, tmp_path)


def test_the_end_of_a_session_is_stored_with_its_reason_and_counters(tmp_path):
    async def scenario(shard):
        node = fake_node()
        hello = node.connect()
        frames = [hello, best(node, 0), dropped(node, 5), framed(b"short")]
        session = shard.session(*frames, address="[::1]:9")
        shard.ingest.close_session(session, "closed by the node")
        _, ended = await shard.sessions()
        assert ended[:4] == (0, "closed", 0, "[::1]:9")
        assert ended[5] == "closed by the node"
        counters = json.loads(ended[4])
        assert counters.pop("started_at") == session.opened_at
        assert counters.pop("last_at") == session.last_at >= session.opened_at
        assert counters == {
            "events": 3,
            "bytes": sum(map(len, frames)),
            "dropped": 5,
            "undecodable": 1,
            "next_event_id": 7,
            "last_event_id": 6,
            "deviations": {},
            "shed": {},
        }
        information = await shard.stored("sessions", "node_information", "1")
        assert information == [(hello[4:],)] * 2
        assert not session.node.sessions

    run(scenario, tmp_path)


def test_a_connection_without_events_stores_nothing(tmp_path):
    async def scenario(shard):
        shard.ingest.close_session(shard.session(b"\x01"), "no node information in time")
        await shard.settled()
        assert not list(tmp_path.glob("*/20*"))
        assert shard.changes == []

    run(scenario, tmp_path)


def test_sequence_and_session_numbers_continue_after_a_restart(tmp_path):
    async def scenario(shard):
        node = fake_node()
        shard.ingest.close_session(shard.session(node.connect(), best(node, 1), framed(b"")), None)
        await shard.settled()

    async def again(shard):
        await scenario(shard)
        seen = {row[0] for row in await shard.stored() + await shard.undecodable()}
        assert seen == {0, 1, 2, 3}
        assert {row[0] for row in await shard.sessions()} == {0, 1}
        (known,) = await shard.ask("nodes")
        assert (known["event_count"], known["undecodable"]) == (2, 2)

    run(scenario, tmp_path)
    run(again, tmp_path)


@pytest.mark.parametrize(
    "storage",
    [
        {"flush_seconds": 1e-3, "flush_rows": 10**6},
        {"flush_seconds": 1e6, "flush_rows": 1},
        {"flush_seconds": 1e6, "flush_rows": 10**6, "flush_bytes": 1},
    ],
    ids=["age", "rows", "bytes"],
)
def test_a_batch_is_flushed_by_age_by_rows_or_by_bytes(tmp_path, storage):
    async def scenario(shard):
        node = fake_node()
        shard.session(node.connect(), best(node, 1), best(node, 2))
        await until(lambda: shard.store.writer.statistics.events == 2)
        await until(lambda: shard.ingest.pending == (0, 0))

    run(scenario, tmp_path, storage=storage)


def test_a_batch_that_becomes_large_does_not_wait_as_long_as_a_small_one(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect(), best(node, 1))
        many = b"".join(best(node, slot) for slot in range(2 * PAYING_ROWS))
        shard.ingest.receive(session, many)
        await until(lambda: shard.store.writer.statistics.events == 2 * PAYING_ROWS + 1)
        assert shard.store.writer.statistics.batches == 1

    run(scenario, tmp_path, storage={"quiet_flush_seconds": 1e6})


def test_a_query_finds_what_a_quiet_network_sent_before_it(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect())
        for slot in range(3):
            shard.ingest.receive(session, best(node, slot))
            # Without the query the commit is due after 50 s.
            async with asyncio.timeout(10):
                while len(await shard.ask("events", limit=10)) <= slot:
                    pass
        assert shard.store.writer.statistics.batches <= 4

    run(scenario, tmp_path, storage={"flush_seconds": 0.05, "quiet_flush_seconds": 1e6})


def test_a_query_does_not_commit_a_batch_that_is_younger_than_the_flush(tmp_path):
    async def scenario(shard):
        node = fake_node()
        shard.session(node.connect(), best(node, 1))
        assert await shard.ask("events", limit=10) == []
        assert shard.store.writer.statistics.batches == 0

    run(scenario, tmp_path, storage={"flush_seconds": 1e6})


def test_a_query_waits_for_a_quiet_batch_that_is_being_written(tmp_path, monkeypatch):
    # A busy machine takes longer for a commit than a query waits.
    monkeypatch.setattr(pipeline, "_COMMIT_WAIT_SECONDS", 60.0)

    async def scenario(shard):
        node = fake_node()
        shard.holding = True
        shard.session(node.connect(), best(node, 1))
        shard.ingest.flush()
        question = asyncio.create_task(shard.ask("events", limit=10))
        await asyncio.sleep(0)
        assert not question.done()
        shard.release()
        assert len(await question) == 1

    run(scenario, tmp_path, storage={"flush_seconds": 0.0, "quiet_flush_seconds": 1e6})


def test_a_query_does_not_wait_for_a_writer_without_space(tmp_path):
    async def scenario(shard):
        node = fake_node()
        shard.holding = True
        shard.session(node.connect(), best(node, 1))
        shard.backpressure.set_shortage("disk")
        await asyncio.wait_for(shard.ingest.commit_for_query(), 0.01)
        assert shard.ingest.statistics.commit_timeouts == 0
        shard.backpressure.set_shortage("")
        assert await shard.ask("events", limit=10) == [], "nor for ever for a slow one"
        assert shard.ingest.statistics.commit_timeouts == 1

    run(scenario, tmp_path, storage={"flush_seconds": 0.0, "quiet_flush_seconds": 1e6})


def test_flush_writes_the_batch_at_once_and_a_second_flush_nothing(tmp_path):
    async def scenario(shard):
        node = fake_node()
        shard.session(node.connect(), best(node, 1))
        assert shard.ingest.pending[0] == 1
        shard.ingest.flush()
        shard.ingest.flush()
        assert len(await shard.stored()) == 1
        assert shard.ingest.pending == (0, 0)

    run(scenario, tmp_path, storage={"flush_seconds": 1e6})


def record_order(shard, monkeypatch):
    """Return a list that gets what the shard does, in order."""
    order = []
    write, aggregates = shard.ingest._write, shard.aggregator._aggregates
    count, publish = aggregates.count, shard.streams.publish

    def hand_over(batch):
        order.append("events" if batch.has_rows else "aggregates")
        write(batch)

    monkeypatch.setattr(shard.ingest, "_write", hand_over)
    monkeypatch.setattr(aggregates, "count", lambda *a: order.append("count") or count(*a))
    monkeypatch.setattr(shard.streams, "publish", lambda *a: order.append("publish") or publish(*a))
    return order


@pytest.mark.parametrize("listening", [False, True])
def test_a_batch_is_handed_to_the_writer_before_anything_is_derived_from_it(
    tmp_path, monkeypatch, listening
):
    monkeypatch.setattr(waiting_events, "MAX_EVENTS", 1)

    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect())
        await shard.settled()
        order = record_order(shard, monkeypatch)
        if listening:
            shard.streams.subscribe(Recorder(), Subscribe(1, {"type": "All"}, "hex"))
        shard.ingest.receive(session, best(node, 1))
        shard.ingest.flush()
        assert order == ["events", "count", *["publish"] * listening]
        assert session.node.counts[11] == 1

    run(scenario, tmp_path, storage={"flush_seconds": 1e6})


def test_aggregates_follow_the_events_that_they_count_in_a_batch_of_their_own(
    tmp_path, monkeypatch
):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect())
        await shard.settled()
        order = record_order(shard, monkeypatch)
        commits = shard.store.writer.statistics.batches
        shard.ingest.receive(session, best(node, 1))
        shard.ingest.flush_aggregates()
        assert order == ["events", "count", "aggregates"]
        await shard.settled()
        assert shard.store.writer.statistics.batches == commits + 1, "aggregates are no commit"

    run(scenario, tmp_path, storage={"flush_seconds": 1e6})


@pytest.mark.parametrize("limit", [1, 2, 1000, 5000])
def test_reading_pauses_while_too_many_bytes_wait_for_the_writer(tmp_path, limit):
    async def scenario(shard):
        told = []
        shard.backpressure.subscribe(lambda: told.append(shard.backpressure.reading_allowed))
        shard.holding = True
        node = fake_node()
        session = shard.session(node.connect())
        sent = 0
        while shard.backpressure.reading_allowed:
            shard.ingest.receive(session, best(node, sent))
            sent += 1
            shard.ingest.flush()
        for _ in range(5):  # what was under way when reading stopped
            shard.ingest.receive(session, best(node, sent))
            sent += 1
            shard.ingest.flush()
        assert shard.ingest.pending[0] == sent
        shard.release()
        await until(lambda: shard.backpressure.reading_allowed)
        await shard.settled()
        assert [row[7] for row in await shard.stored()] == list(range(sent))
        assert told == [False, True]
        assert shard.listener.pauses.total() == 1

    run(scenario, tmp_path, storage={"pending_bytes": limit})


def test_reading_resumes_only_when_neither_disk_nor_buffer_is_full(tmp_path):
    async def scenario(shard):
        node, told = fake_node(), []
        session = shard.session(node.connect())
        shard.backpressure.subscribe(lambda: told.append(shard.backpressure.reading_allowed))
        shard.holding = True
        shard.backpressure.set_shortage("disk")
        assert shard.backpressure.reason == "disk"
        shard.ingest.receive(session, best(node, 0))
        shard.ingest.flush()
        shard.backpressure.set_shortage("")
        assert shard.backpressure.reason == "buffer"
        shard.backpressure.set_shortage("disk")
        shard.release()
        await shard.settled()
        assert shard.backpressure.reason == "disk"
        shard.backpressure.set_shortage("")
        assert (told, shard.backpressure.reason) == ([False, True], None)
        assert shard.listener.pauses.total() == 1

    run(scenario, tmp_path, storage={"pending_bytes": 1, "flush_seconds": 1e6})


def test_each_pause_is_counted(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect())
        for slot in range(3):
            await shard.settled()
            shard.holding = True
            shard.ingest.receive(session, best(node, slot))
            shard.ingest.flush()
            assert not shard.backpressure.reading_allowed
            shard.release()
        await shard.settled()
        assert shard.listener.pauses.total() >= 3
        assert shard.backpressure.reading_allowed

    run(scenario, tmp_path, storage={"pending_bytes": 1, "flush_seconds": 1e6})


def test_totals_count_every_event_and_byte(tmp_path):
    async def scenario(shard):
        node = fake_node()
        frames = [node.connect(), best(node, 1), framed(b"short"), best(node, 2)]
        shard.session(*frames)
        shard.ingest.decode_received()
        assert shard.ingest.statistics.events == 3
        assert shard.ingest.statistics.bytes == sum(map(len, frames))

    run(scenario, tmp_path)


def test_live_counters_count_events_in_their_second(tmp_path):
    async def scenario(shard):
        for number in (1, 2):
            node = fake_node(number)
            shard.session(
                node.connect(),
                best(node, 1, b"\x01" * 32),
                best(node, 2, bytes([number]) * 32),
                node.event("FinalizedBlockChanged", 1, slot=1, hash=HASH)[1],
            )
        # As it is shown once the running second is complete.
        shard.ingest.decode_received()
        found = shard.counters.as_json(int(time.time()) + 1, list(shard.nodes.by_id).__getitem__)
        _, events, best_hashes, _, best_events, finalized_events = zip(
            *found["seconds"], strict=True
        )
        assert (sum(events), sum(best_events), sum(finalized_events)) == (6, 4, 2)
        assert {block for each in best_hashes for block in each} == {"01" * 32, "02" * 32}
        assert found["active"] == ["01" * 32, "02" * 32]

    run(scenario, tmp_path)


def test_only_decoded_events_are_published_and_only_to_subscribers(tmp_path):
    async def scenario(shard):
        node, channel = fake_node(), Recorder()
        session = shard.session(node.connect(), best(node, 1))
        document = {
            "type": "Any",
            "filters": [{"type": "Slot", "slot": 3}, {"type": "Hash", "hash": "07" * 32}],
        }
        shard.streams.subscribe(channel, Subscribe(9, document))
        for each in (best(node, 2), framed(b""), best(node, 3), best(node, 4, b"\x07" * 32)):
            shard.ingest.receive(session, each)
        await until(lambda: len(channel.events()) == 2)
        await shard.settled()
        stored = {event["id"]: event for event in await shard.ask("events")}
        for event, numbers in channel.events():
            assert numbers == [9]
            assert event == live_event(stored[event["id"]])
        assert [event["context"]["slot"] for event, _ in channel.events()] == [3, 4]

    run(scenario, tmp_path)


def test_filters_get_the_own_fields_of_an_event(tmp_path):
    async def scenario(shard):
        offered = []
        shard.streams.subscribe(Recorder(), Subscribe(1, {"type": "All"}))
        shard.streams.publish = lambda rows, ids, encode: offered.append(rows.input(0))
        node = fake_node(3)
        authored = node.event("Authoring", 1, slot=6, parent=HASH)[1]
        shard.session(node.connect(), authored)
        shard.ingest.decode_received()
        assert offered == [FilterInput("03" * 32, 40, 6, None, authored[4 + 9 :])]

    run(scenario, tmp_path)


@pytest.mark.parametrize(
    "document", [{"type": "Slot", "slot": 6}, {"type": "Hash", "hash": (b"\x07" * 32).hex()}]
)
def test_filters_match_slots_and_hashes_that_an_event_inherits(tmp_path, document):
    async def scenario(shard):
        node, channel = fake_node(), Recorder()
        shard.streams.subscribe(channel, Subscribe(1, document))
        outline = {**OUTLINE, "hash": b"\x07" * 32}
        importing, first = node.event("Importing", 1, slot=6, outline=outline)
        other, second = node.event("Importing", 2, slot=7, outline=OUTLINE)
        verified = [
            node.event("BlockVerified", 3, importing_id=each)[1] for each in (importing, other)
        ]
        shard.session(node.connect(), first, second, *verified)
        await until(lambda: len(channel.events()) == 2)
        await shard.settled()
        shown = [event for event, _ in channel.events()]
        assert [event["event_id"] for event in shown] == [importing, 2]
        assert [event["context"]["slot"] for event in shown] == [6, 6]
        assert shown[1]["context"]["hash"] == "0x" + "07" * 32

    run(scenario, tmp_path)


def test_filters_match_the_erasure_root_of_a_request(tmp_path):
    async def scenario(shard):
        node, channel = fake_node(), Recorder()
        shard.streams.subscribe(channel, Subscribe(1, {"type": "Hash", "hash": "07" * 32}))
        request = {"guarantor": HASH, "erasure_root": b"\x07" * 32, "shard": 1}
        asked, first = node.event("SendingShardRequest", 1, **request)
        ends = [
            node.event(name, 2, request_id=asked)[1]
            for name in ("ShardRequestSent", "ShardsTransferred")
        ]
        shard.session(node.connect(), first, *ends)
        await until(lambda: len(channel.events()) == 3)

    run(scenario, tmp_path)


SHEDDING = {"shed": True, "events_per_second": 1, "burst_events": 3}


def test_shed_events_are_counted_and_take_event_ids(tmp_path):
    async def scenario(shard):
        node = fake_node()
        first = shard.session(node.connect(), b"".join(best(node, slot) for slot in range(10)))
        assert [row[4] for row in await shard.stored()] == [0, 1, 2]
        assert first.connection.next_event_id == 10
        first.node.bucket = TokenBucket(1, 2)
        shard.ingest.receive(first, best(node, 10) + best(node, 11) + best(node, 12))
        rows = await shard.stored()
        assert [(row[4], row[7]) for row in rows[3:]] == [(10, 10), (11, 11)]
        assert [row[0] for row in rows] == list(range(5)), "no hole in the sequence"
        assert shard.ingest.statistics.shed == first.shed == first.node.shed == {"rate": 8}
        assert first.counters()["shed"] == {"rate": 8}
        assert (first.events, shard.ingest.statistics.events) == (5, 13)

    run(scenario, tmp_path, telemetry=SHEDDING)


def test_a_shed_dropped_event_advances_the_ids_by_its_number(tmp_path):
    async def scenario(shard):
        node = fake_node()
        said = [*(best(node, slot) for slot in range(4)), dropped(node, 5), dropped(node, 7)]
        broken = framed(dropped(node, 1)[4:-1])
        session = shard.session(node.connect(), b"".join([*said, broken, framed(b"")]))
        assert session.connection.next_event_id == 4 + 5 + 7 + 1 + 1
        assert (session.node.dropped_events, session.node.dropped_messages) == (12, 2)
        session.node.bucket = TokenBucket(1, 100)
        shard.ingest.receive(session, best(node, 9))
        assert [row[4] for row in await shard.stored()] == [0, 1, 2, 18]

    run(scenario, tmp_path, telemetry=SHEDDING)


def test_the_limit_of_shedding_is_shared_by_the_connections_of_a_node(tmp_path):
    async def scenario(shard):
        nodes = [fake_node(1), fake_node(1), fake_node(2)]
        for node in nodes:
            shard.session(node.connect() + b"".join(best(node, slot) for slot in range(2)))
        rows = await shard.stored()
        assert [(row[3], row[4]) for row in rows] == [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1)]
        assert shard.ingest.statistics.shed == {"rate": 1}

    run(scenario, tmp_path, telemetry=SHEDDING)


def test_without_the_setting_no_event_is_shed(tmp_path):
    async def scenario(shard):
        node = fake_node()
        shard.session(node.connect(), b"".join(best(node, slot) for slot in range(10)))
        assert len(await shard.stored()) == 10
        assert not shard.ingest.statistics.shed

    run(scenario, tmp_path, telemetry={**SHEDDING, "shed": False})


STAGES = (
    *(
        "decode",
        "statistics",
        "status",
        "findings",
        "conformance",
        "counts",
        "clocks",
        "references",
        "inheritance",
    ),
    *(
        "events",
        "counters",
        "latencies",
        "audits",
        "finality",
        "pipelines",
        "sessions",
        "aggregates",
    ),
    *("live", "flush", "best_slots", "notification"),
)


@pytest.mark.parametrize("stage", STAGES)
def test_a_failing_stage_costs_no_stored_event_and_no_connection(tmp_path, stage):
    """Everything that can be made to fail fails, all the time, with somebody listening."""
    ran = set()

    def inject(name):
        ran.add(name)
        if name == stage:
            raise ZeroDivisionError(name)

    async def scenario(shard):
        shard.aggregator.isolation.inject = inject
        shard.streams.subscribe(Recorder(), Subscribe(1, {"type": "All"}, "hex"))
        nodes = [fake_node(number) for number in range(1, 6)]
        sessions = [shard.session(node.connect()) for node in nodes]
        sent = {}
        for turn in range(12):
            for node, session in zip(nodes, sessions, strict=True):
                sent.setdefault(session.number, [])
                number = (turn * 7 + session.number) % len(VECTORS)
                for content in (VECTORS[number].content, best(node, turn)[4:]):
                    shard.ingest.receive(session, framed(content))
                    sent[session.number].append(content)
            if turn % 4 == 0:
                shard.ingest.decode_received()
            if turn % 5 == 0:
                shard.ingest.flush_aggregates()
        for session in sessions:
            shard.ingest.close_session(session, "it is over")
        shard.ingest.flush_aggregates()
        found = {number: {} for number in sent}
        for row in await shard.stored():
            head = row[1].to_bytes(8, "little") + bytes([row[5]])
            found[row[3]][row[0]] = head + payload(row)
        for seq, _, session, *_, frame in await shard.undecodable():
            found[session][seq] = frame
        assert {
            number: [content for _, content in sorted(rows.items())]
            for number, rows in found.items()
        } == sent
        whats = [what for _, what, *_ in await shard.sessions()]
        assert whats == ["opened"] * 5 + ["closed"] * 5
        assert stage in ran
        assert shard.aggregator.isolation.failures.keys() == {stage}

    run(scenario, tmp_path)


def test_events_read_around_a_protocol_error_keep_their_order(tmp_path):
    async def scenario(shard):
        sessions = []
        shard.session()  # numbers differ from places
        for number in (1, 2):
            sessions.append(shard.session(fake_node(number).connect()))
        good, bad = sessions
        node = fake_node(1)
        shard.ingest.receive(good, best(node, 1))
        shard.ingest.receive(bad, best(node, 2) + b"\xff\xff\xff\xff" + best(node, 3))
        shard.ingest.receive(good, best(node, 4))
        shard.ingest.receive(bad, best(node, 5))
        rows = [(row[0], row[7]) for row in await shard.stored()]
        assert rows == [(0, 1), (1, 2), (3, 4)]
        assert [row[0] for row in await shard.undecodable()] == [2]
        assert bad.connection.error is not None
        assert good.connection.error is None

    run(scenario, tmp_path, storage={"flush_seconds": 60})


def test_a_batch_is_full_with_its_last_event_however_short_the_events_are(tmp_path):
    async def scenario(shard):
        session = shard.session(fake_node().connect())
        await shard.settled()
        shard.holding = True
        for turn in range(1, 30):
            shard.ingest.receive(session, framed(bytes(8) + b"\x0d\x01"))
            assert [batch.rows for batch in shard.held] == [10] * (turn // 10)

    run(scenario, tmp_path, storage={"flush_seconds": 60, "flush_rows": 10})
