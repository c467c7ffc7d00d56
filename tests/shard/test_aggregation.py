"""``tart/shard/aggregation.py``: every event once, in memory, on its way or in the file."""

from __future__ import annotations

import pytest

from tart.aggregate.tables import ROWS, SUMMED
from tests.aggregate.hearing import troubled
from tests.shard.running import run, until


def told(shard, sessions):
    """Give a shard everything, connection by connection; those of one node in order."""
    for session in sessions:
        opened = shard.session(session.data)
        shard.intake.end(opened, "it is over")
    shard.intake.digest()


async def total(shard, table="counts"):
    rows = await shard.ask("summed", table=table, by=[])
    return rows[0][0]


async def written(shard):
    """Until every flush is in the file."""
    await until(lambda: not shard.aggregation.statistics()["aggregate_flushes_pending"])


def everything(played):
    return sum(played.facts.counts().values())


def test_what_came_counts_before_during_and_after_a_flush(tmp_path):
    played = troubled()

    async def scenario(shard):
        told(shard, played.sessions)
        assert await total(shard) == everything(played)
        shard.holding = True
        shard.intake.aggregate()
        assert await total(shard) == everything(played)  # in flight
        shard.release()
        await written(shard)
        assert await total(shard) == everything(played)  # in the file
        told(shard, played.sessions)
        # Both; what is in memory may be looked at a moment later.
        while await total(shard) != 2 * everything(played):
            assert await total(shard) in (everything(played), 2 * everything(played))

    run(scenario, tmp_path)


def test_without_an_event_there_is_no_flush(tmp_path):
    async def scenario(shard):
        assert shard.aggregation.take(0, 0) is None
        told(shard, troubled().sessions)
        assert shard.aggregation.take(1, 0) is not None

    run(scenario, tmp_path)


@pytest.mark.parametrize("flushed", [False, True])
def test_after_a_crash_the_log_is_read_again(tmp_path, flushed):
    """The store is closed without a last flush, as after a kill."""
    played = troubled()
    half = len(played.sessions) // 2

    async def answers(shard):
        found = {
            table: (await shard.ask("summed", table=table, by=[]))
            for table in SUMMED
            if table != "clocks"
        }
        for table in ROWS:
            found[table] = sorted(map(repr, await shard.ask("listed", table=table, limit=10_000)))
        return found

    async def before(shard):
        told(shard, played.sessions[:half])
        if flushed:
            shard.intake.aggregate()
            await written(shard)
        told(shard, played.sessions[half:])
        return await answers(shard)

    expected = run(before, tmp_path)
    assert expected["counts"] == [[everything(played)]]
    assert run(answers, tmp_path) == expected
    assert run(answers, tmp_path) == expected  # and is not counted twice
