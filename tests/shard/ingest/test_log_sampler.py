"""A shard that does not keep up samples its event log: what is stored, counted and told."""

from __future__ import annotations

from contextlib import closing

import duckdb

from tart.ipc.messages import Partial
from tart.protocol.events import EventKind
from tests.shard.running import fake_node, gateway, run, until
from tests.storage.running import log_files

SETTINGS = {
    "pending_bytes": 20_000,
    "sample_after_seconds": 1e-9,
    "sample_one_in": 1_000_000,
    "flush_rows": 10,
}
PEER = bytes([7]) * 32


def assurance(node, number):
    return node.event("AssuranceReceived", number, sender=PEER, anchor=bytes(32))[1]


def status_like(node, slot):
    return node.event("BestBlockChanged", slot, slot=slot, hash=bytes(32))[1]


async def overload(shard, session, node):
    """Fill the buffer until the shard samples; return the number of assurances until then."""
    shard.holding = True
    sent = 0
    while not shard.ingest.sampling.active:
        shard.ingest.receive(session, assurance(node, sent))
        shard.ingest.flush()
        sent += 1
        assert sent < 10_000
    return sent


async def counted(shard):
    rows = await shard.ask(
        "aggregate_sum", table="counts", by=["type"], values=["count"], step_us=0
    )
    return {kind: count for kind, count in rows}


def test_the_log_is_sampled_aggregates_are_exact_and_nothing_is_called_missing(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect())
        before = await overload(shard, session, node)
        for number in range(50):
            shard.ingest.receive(session, assurance(node, number))
            shard.ingest.receive(session, status_like(node, number))
        shard.ingest.flush()
        assert shard.ingest.sampling.left_out == 50
        counts = await counted(shard)
        assert counts[EventKind.ASSURANCE_RECEIVED] == before + 50
        assert counts[EventKind.BEST_BLOCK_CHANGED] == 50
        shard.release()
        rows = await shard.stored()
        types = [row[5] for row in rows]
        assert types.count(EventKind.ASSURANCE_RECEIVED) == before
        assert types.count(EventKind.BEST_BLOCK_CHANGED) == 50
        # Event ids go on as the node counts them.
        assert [row[4] for row in rows][-1] == before + 99
        assert shard.store.writer.sampled.within(None, None).events == 50
        statistics = await shard.ask("statistics")
        assert (statistics["sampling"], statistics["events_sampled_out"]) == (True, 50)
        # The last events of the directory are among those left out.
        shard.ingest.receive(session, assurance(node, 1))
        await shard.settled()
        shard.ingest.flush_aggregates()
        await shard.settled()
        return before + 101

    events = run(scenario, tmp_path, storage=SETTINGS)

    async def again(shard):
        assert shard.store.missing_frames() == 0
        assert shard.store.recovered[0].next_sequence == events
        assert shard.store.writer.sampled.within(None, None).events == 51
        counts = await counted(shard)
        assert sum(counts.values()) == events

    run(again, tmp_path)


def test_a_loss_beside_sampling_is_still_found(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect())
        await overload(shard, session, node)
        for number in range(9):
            shard.ingest.receive(session, assurance(node, number))
            shard.ingest.receive(session, status_like(node, number))
        shard.release()
        await shard.settled()

    run(scenario, tmp_path, storage=SETTINGS)
    (name,) = log_files(tmp_path)
    with closing(duckdb.connect(str(tmp_path / "00" / name))) as connection:
        connection.execute("DELETE FROM log WHERE seq = (SELECT max(seq) - 2 FROM log)")

    async def again(shard):
        assert shard.store.missing_frames() == 1

    run(again, tmp_path)


def test_an_answer_from_the_log_says_so_and_one_from_aggregates_does_not(tmp_path):
    async def scenario(shard):
        path = tmp_path / "control.sock"
        await shard.control.start(path)
        node = fake_node()
        session = shard.session(node.connect())
        async with gateway(path) as there:

            async def sampled(name, **parameters):
                request = there.ask_nowait(name, **parameters)
                await there.answer(request)
                (reply,) = [m for m in there.of(Partial) if m.id == request]
                return reply.sampled

            assert await sampled("events") is None
            await overload(shard, session, node)
            shard.ingest.receive(session, assurance(node, 1))
            shard.ingest.flush()
            shard.release()
            await shard.settled()
            await until(lambda: shard.store.writer.sampled.within(None, None))
            told = await sampled("events")
            assert told.events == 1
            assert told.first_at == told.last_at
            assert await sampled("aggregate_sum", table="counts", by=["type"]) is None
            assert await sampled("chain") is None
            assert await sampled("events", end_us=told.first_at - 1) is None

    run(scenario, tmp_path, storage=SETTINGS)


def test_a_shard_that_keeps_up_stores_everything_and_has_no_table(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect())
        for number in range(50):
            shard.ingest.receive(session, assurance(node, number))
        await shard.settled()
        assert not shard.ingest.sampling.active
        assert len(await shard.stored()) == 50
        (file, *_) = shard.store.files(0)
        tables = await shard.store.query_threads.run(
            lambda cursor: cursor.execute(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = ?", [file.catalog]
            ).fetchall(),
            10,
        )
        assert ("sampled",) not in tables

    run(scenario, tmp_path, storage={"sample_after_seconds": 5.0})
