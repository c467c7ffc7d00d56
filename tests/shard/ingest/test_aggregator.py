"""``tart/shard/ingest/aggregator.py``: every event once, in memory, on its way or in the file."""

from __future__ import annotations

import pytest

from tart.aggregate.core import waiting_events
from tart.aggregate.core.tables import ROWS, SUMMED
from tart.shard.ingest import aggregator
from tart.shard.ingest.aggregator import COUNTED_FOR_TOTALS, MAX_IN_FLIGHT
from tests.aggregate.batches import troubled_network
from tests.shard.running import best, fake_node, run, until


def told(shard, sessions):
    """Give a shard everything, connection by connection; those of one node in order."""
    for session in sessions:
        opened = shard.session(session.data)
        shard.ingest.close_session(opened, "it is over")
    shard.ingest.decode_received()


async def total(shard, table="counts"):
    rows = await shard.ask("aggregate_sum", table=table, by=[])
    return rows[0][0]


async def written(shard):
    """Until every flush is in the file."""
    await until(lambda: not shard.aggregator.statistics()["aggregate_flushes_pending"])


def everything(played):
    return sum(played.facts.counts().values())


def test_every_event_counts_once_before_during_and_after_a_flush(tmp_path):
    played = troubled_network()

    async def scenario(shard):
        told(shard, played.sessions)
        assert await total(shard) == everything(played)
        shard.holding = True
        shard.ingest.flush_aggregates()
        assert await total(shard) == everything(played)  # in flight
        shard.release()
        await written(shard)
        assert await total(shard) == everything(played)  # in the file
        told(shard, played.sessions)
        # Both; what is in memory may be looked at a moment later.
        while await total(shard) != 2 * everything(played):
            assert await total(shard) in (everything(played), 2 * everything(played))

    run(scenario, tmp_path)


def test_events_wait_until_they_are_asked_for(tmp_path):
    played = troubled_network()

    async def scenario(shard):
        counted = []
        aggregates = shard.aggregator._aggregates
        add = aggregates.add
        aggregates.add = lambda batch, **more: counted.append(len(batch)) or add(batch, **more)
        session = shard.session(*[played.sessions[0].data])
        shard.ingest.decode_received()
        assert counted == []
        waiting = shard.aggregator.waiting_events
        assert waiting == len(played.sessions[0].emissions)
        assert await total(shard) == waiting
        assert counted == [waiting]
        assert shard.aggregator.waiting_events == 0
        shard.ingest.close_session(session, "it is over")

    run(scenario, tmp_path)


def test_events_wait_no_longer_than_the_limit(tmp_path):
    played = troubled_network()

    async def scenario(shard):
        for session in played.sessions[:3]:
            shard.session(session.data)
            shard.ingest.decode_received()
        assert shard.aggregator.waiting_events
        await until(lambda: not shard.aggregator.waiting_events)
        assert await total(shard) == sum(len(each.emissions) for each in played.sessions[:3])

    run(scenario, tmp_path)


def test_events_that_waited_are_counted_after_a_commit_and_not_during_the_next(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(aggregator, "QUIET_COUNT_SECONDS", 0.0)
    played = troubled_network()

    async def scenario(shard):
        shard.session(played.sessions[0].data)
        shard.ingest.decode_received()
        assert shard.aggregator.waiting_events
        shard.ingest.flush()
        assert not shard.aggregator.waiting_events

    run(scenario, tmp_path, storage={"flush_seconds": 1e6})


def test_events_for_subscribers_are_followed_at_once_and_counted_with_others(tmp_path):
    """Each event is followed and counted once, whether anybody listens or not."""
    played = troubled_network()

    async def scenario(shard):
        aggregates, calls = shard.aggregator._aggregates, []
        follow, count = aggregates.follow, aggregates.count
        aggregates.follow = lambda batch, **more: (
            calls.append(("f", len(batch))) or follow(batch, **more)
        )
        aggregates.count = lambda batch: calls.append(("c", len(batch))) or count(batch)
        sizes = [len(each.emissions) for each in played.sessions[:5]]
        for number, session in enumerate(played.sessions[:5]):
            shard.streams.listening = number in (1, 2, 4)
            # A first message has findings, before which all events that wait are counted.
            shard.session(session.data)
            shard.ingest.decode_received()
            assert shard.aggregator.waiting_events == sizes[number]
            if shard.streams.listening:
                assert calls[-1] == ("f", sizes[number])
        assert await total(shard) == sum(sizes)
        for name in "fc":
            assert [size for call, size in calls if call == name] == sizes
        shard.streams.listening = False

    run(scenario, tmp_path, storage={"flush_seconds": 1e6})


@pytest.mark.parametrize(("long", "handed"), [(1, True), (1 << 30, False)])
def test_figures_that_take_long_to_count_let_the_open_batch_go_first(
    tmp_path, monkeypatch, long, handed
):
    monkeypatch.setattr(aggregator, "_LONG_COUNT_EVENTS", long)
    played = troubled_network()

    async def scenario(shard):
        shard.holding = True
        shard.session(played.sessions[0].data)
        events = len(played.sessions[0].emissions)
        assert await total(shard) == events
        assert [batch.rows for batch in shard.held] == [events] * handed
        shard.release()
        await shard.settled()
        assert shard.ingest.sequences == (events, events)

    run(scenario, tmp_path, storage={"flush_seconds": 1e6, "quiet_flush_seconds": 1e6})


def test_no_more_events_wait_than_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(waiting_events, "MAX_EVENTS", 50)
    played = troubled_network()

    async def scenario(shard):
        for session in played.sessions[:9]:
            shard.session(session.data)
            shard.ingest.decode_received()
            assert shard.aggregator.waiting_events < 50

    run(scenario, tmp_path)


def test_without_an_event_there_is_no_flush(tmp_path):
    async def scenario(shard):
        assert shard.aggregator.take_flush(0, 0) is None
        told(shard, troubled_network().sessions)
        assert shard.aggregator.take_flush(1, 0) is not None

    run(scenario, tmp_path)


@pytest.mark.parametrize("flushed", [False, True])
def test_after_a_crash_aggregates_are_rebuilt_from_the_event_log(tmp_path, flushed):
    """The store is closed without a last flush, as after a kill."""
    played = troubled_network()
    half = len(played.sessions) // 2

    async def answers(shard):
        found = {
            table: (await shard.ask("aggregate_sum", table=table, by=[]))
            for table in SUMMED
            if table != "clocks"
        }
        for table in ROWS:
            found[table] = sorted(
                map(repr, await shard.ask("aggregate_rows", table=table, limit=10_000))
            )
        return found

    async def before(shard):
        told(shard, played.sessions[:half])
        if flushed:
            shard.ingest.flush_aggregates()
            await written(shard)
        told(shard, played.sessions[half:])
        return await answers(shard)

    expected = run(before, tmp_path)
    assert expected["counts"] == [[everything(played)]]
    assert run(answers, tmp_path) == expected
    assert run(answers, tmp_path) == expected  # and is not counted twice


def test_an_unwritable_aggregate_file_does_not_stop_the_shard_and_is_rebuilt_at_the_next_start(
    tmp_path,
):
    played = troubled_network()
    half = len(played.sessions) // 2

    async def before(shard):
        told(shard, played.sessions[:half])
        await shard.settled()
        cursor = shard.store.cursor()
        cursor.execute("DROP TABLE a00.counts")
        cursor.close()
        shard.ingest.flush_aggregates()
        await until(lambda: shard.aggregator.statistics()["aggregates_failed"])
        told(shard, played.sessions[half:])
        for _ in range(3 * MAX_IN_FLIGHT):
            shard.ingest.close_session(shard.session(fake_node().connect()), "it is over")
            shard.ingest.flush_aggregates()
        assert len(await shard.stored()) == everything(played)
        assert shard.aggregator.statistics()["aggregate_flushes_pending"] == MAX_IN_FLIGHT

    async def after(shard):
        assert await total(shard) == everything(played)

    run(before, tmp_path)
    run(after, tmp_path)


def test_events_whose_aggregation_failed_are_missing_until_the_rebuild(tmp_path):
    played = troubled_network()

    async def figures(shard):
        return {
            table: (await shard.ask("aggregate_sum", table=table, by=[]))[0][0]
            for table in ("counts", "latency", "failures", "links", "core_events")
        }

    async def whole(shard):
        told(shard, played.sessions)
        return await figures(shard)

    async def broken(shard):
        def inject(stage):
            if stage in ("counts", "references"):
                raise ZeroDivisionError(stage)

        shard.aggregator.isolation.inject = inject
        told(shard, played.sessions)
        shard.ingest.flush_aggregates()
        await written(shard)
        found = await figures(shard)
        assert set(found.values()) == {0}
        statistics = shard.aggregator.statistics()
        lost = everything(played)
        assert statistics["derived_events_lost"] == {"counts": lost, "references": lost}
        assert statistics["derived_failing"].keys() == {"counts", "references"}
        assert len(await shard.stored()) == lost

    expected = run(whole, tmp_path / "one")
    run(broken, tmp_path / "other")
    (tmp_path / "other" / "00" / "aggregates.duckdb").unlink()
    assert run(figures, tmp_path / "other") == expected


@pytest.mark.parametrize("read", ["totals", "problem_totals", "statistics"])
def test_totals_have_few_waiting_events_counted_and_many_not(tmp_path, read):
    async def scenario(shard):
        node = fake_node()
        many = b"".join(best(node, slot) for slot in range(COUNTED_FOR_TOTALS))
        session = shard.session(node.connect(), many, best(node, COUNTED_FOR_TOTALS))
        shard.ingest.decode_received()
        getattr(shard.aggregator, read)()
        assert shard.aggregator.waiting_events == COUNTED_FOR_TOTALS + 1
        # They are counted without further events.
        await until(lambda: not shard.aggregator.waiting_events)
        shard.ingest.receive(session, many)
        shard.ingest.decode_received()
        getattr(shard.aggregator, read)()
        assert not shard.aggregator.waiting_events

    run(scenario, tmp_path)
