"""``tart/shard/queries/sql_tables.py``: a shard's parts of the tables, from files and memory."""

from __future__ import annotations

import json
import time

import duckdb
import nanoarrow as na
import pytest

from tart.errors import BadQuery
from tart.query.sql.pushdown import Condition, Scan
from tart.query.sql.tables import TABLES
from tests.shard.running import best, fake_node, run


async def rows(shard, table, *columns, conditions=()):
    """The rows of a scan, as dicts."""
    wanted = Scan(table, columns or tuple(TABLES[table].part_types), conditions)

    def work(cursor):
        shard.tables.install_functions(cursor)
        return list(shard.tables.rows(cursor, wanted.as_json()))

    blocks = await shard.store.query_threads.run(work, 30)
    with duckdb.connect(":memory:") as connection:
        found = []
        for block in filter(None, blocks):
            feed = na.ArrayStream.from_readable(block).read_all()
            relation = connection.from_arrow(feed)
            names = relation.columns
            found += (dict(zip(names, row, strict=True)) for row in relation.fetchall())
        return found


def test_events_have_names_and_json_as_the_api_does(tmp_path):
    async def scenario(shard):
        node = fake_node()
        shard.session(node.connect(), best(node, 4))
        await shard.settled()
        names = ("event_name", "event_type", "node_name", "data", "created_at", "received_at")
        (row,) = await rows(shard, "events", *names)
        (event,) = await shard.ask("events", limit=1)
        assert row["event_name"] == "BestBlockChanged"
        assert (row["event_type"], row["node_name"]) == (11, event["node_name"])
        assert json.loads(row["data"]) == event["data"]
        assert row["created_at"] == row["received_at"]

    run(scenario, tmp_path)


@pytest.mark.parametrize(("operator", "count"), [("<", 0), (">", 3)])
def test_created_at_selects_like_received_at(tmp_path, operator, count):
    async def scenario(shard):
        node = fake_node()
        shard.session(node.connect(), *(best(node, slot) for slot in range(3)))
        await shard.settled()
        condition = ((Condition("created_at", operator, "2026-01-01 00:00:00"),),)
        assert len(await rows(shard, "events", "id", conditions=condition)) == count

    run(scenario, tmp_path)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_times_are_in_utc_whatever_the_zone_of_the_host(tmp_path, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:

        async def scenario(shard):
            node = fake_node()
            shard.session(node.connect(), best(node, 1))
            await shard.settled()
            for column, table in (("created_at", "events"), ("last_seen_at", "nodes")):
                for moment, count in (
                    (f"{column} > NOW() - INTERVAL '1 hour'", 1),
                    (f"{column} < NOW() + INTERVAL '1 minute'", 1),
                    (f"{column} < NOW() - INTERVAL '1 minute'", 0),
                    (f"{column} BETWEEN NOW() - INTERVAL '9 minutes' AND NOW()", 1),
                ):
                    sql = f"SELECT count(*) AS n FROM {table} WHERE {moment}"
                    answer = await shard.ask("sql", sql=sql, seconds=30)
                    assert na.ArrayStream.from_readable(answer.data).read_all().to_pylist() == [
                        {"n": count}
                    ], sql

        run(scenario, tmp_path)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_unflushed_events_are_in_the_tables_of_aggregates_once(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect(), *(best(node, slot) for slot in range(3)))
        await shard.settled()
        shard.ingest.receive(session, best(node, 3))
        (row,) = await rows(shard, "event_stats_hourly")
        assert (row["node_id"], row["event_count"]) == (node.peer_id.hex(), 4)
        (row,) = await rows(shard, "nodes", "node_id", "event_count", "best_slot", "is_connected")
        assert row == {
            "node_id": node.peer_id.hex(),
            "event_count": 4,
            "best_slot": 3,
            "is_connected": True,
        }

    run(scenario, tmp_path)


def test_every_table_can_be_scanned_without_rows(tmp_path):
    async def scenario(shard):
        for table in TABLES:
            assert await rows(shard, table) == []

    run(scenario, tmp_path)


def test_a_part_that_is_too_large_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr("tart.shard.queries.sql_tables.MAX_PART_BYTES", 100)

    async def scenario(shard):
        node = fake_node()
        shard.session(node.connect(), best(node, 1))
        await shard.settled()
        with pytest.raises(BadQuery, match="compare its time"):
            await rows(shard, "sessions")

    run(scenario, tmp_path)
