"""``tart/shard/queries/sessions.py``: connections listed and counted, open ones included."""

from __future__ import annotations

import orjson

from tart.query.core.cursor import Cursor
from tart.query.core.merge import event_page
from tart.query.core.rfc3339 import rfc3339
from tart.query.shard_queries.sessions import SessionPage
from tart.units import MINUTE_US
from tests.shard.clock import FAR, Clock, connection, window
from tests.shard.running import DEADLINE, best, fake_node, framed, run, until
from tests.storage.running import NOON


async def sessions(shard, **parameters):
    return await shard.ask("sessions", **{"limit": 100, **parameters})


async def starts(shard, **parameters):
    return [row["started_at"] for row in await sessions(shard, **parameters)]


def test_an_open_connection_is_a_row_that_grows(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect())
        (begun,) = await sessions(shard)
        assert begun["node"] == node.peer_id.hex()
        assert (begun["outcome"], begun["ended_at"], begun["reason"]) == ("open", None, None)
        assert (begun["events"], begun["last_event_id"], begun["next_event_id"]) == (0, None, 0)
        assert (begun["protocol_version"], begun["params_layout"]) == (1, "gp-0.7")
        shard.ingest.receive(session, best(node, 1) + best(node, 2))
        (grown,) = await sessions(shard)
        assert (grown["events"], grown["last_event_id"], grown["next_event_id"]) == (2, 1, 2)
        assert grown["id"] == session.api_id
        shard.ingest.close_session(session, "closed by the node")
        (ended,) = await sessions(shard)
        assert (ended["outcome"], ended["reason"]) == ("closed", "closed by the node")
        assert ended["ended_at"] > ended["started_at"]

    run(scenario, tmp_path)


def test_a_connection_counts_once_before_during_and_after_a_flush(tmp_path):
    async def scenario(shard):
        node = fake_node()
        shard.ingest.close_session(shard.session(node.connect(), best(node, 1)), "over")
        shard.session(node.connect(), best(node, 2))
        shard.holding = True
        for step in (lambda: None, shard.ingest.flush_aggregates, shard.release):
            step()
            rows = await sessions(shard)
            assert [(row["session"], row["outcome"]) for row in rows] == [
                (1, "open"),
                (0, "closed"),
            ]
        await until(lambda: not shard.aggregator.statistics()["aggregate_flushes_pending"])
        assert len(await sessions(shard)) == 2

    run(scenario, tmp_path)


def test_refused_connections_have_no_node(tmp_path):
    async def scenario(shard):
        shard.session(framed(b"GET / HTTP/1.1\r\n\r\n"))
        (row,) = await sessions(shard)
        assert (row["outcome"], row["node"]) == ("refused", None)
        assert "not node information" in row["reason"]
        assert await sessions(shard, node="01" * 32) == []

    run(scenario, tmp_path)


def test_a_window_has_the_connections_open_at_any_time_of_it(tmp_path, monkeypatch):
    clock = Clock(monkeypatch)

    async def scenario(shard):
        for begins, ends in ((10, 20), (15, 40), (30, None)):
            connection(shard, clock, begins, ends=ends)
        windows = {(0, 10): 0, (0, 11): 1, (19, 21): 2, (20, 21): 2, (21, 30): 1, (41, 99): 1}
        for (start, end), count in windows.items():
            assert len(await sessions(shard, **window(start, end))) == count, (start, end)

    run(scenario, tmp_path)


def test_sessions_are_selected_by_node(tmp_path, monkeypatch):
    clock = Clock(monkeypatch)

    async def scenario(shard):
        connection(shard, clock, 1, fake_node(1))
        connection(shard, clock, 2, fake_node(2))
        assert await starts(shard, node="02" * 32) == [rfc3339(NOON + 2)]
        assert await starts(shard, node="03" * 32) == []

    run(scenario, tmp_path)


def test_pages_have_every_connection_once_while_new_ones_arrive(tmp_path, monkeypatch):
    clock = Clock(monkeypatch)

    async def scenario(shard):
        for number in range(7):
            connection(shard, clock, 100 + number, ends=200)
        seen, cursor = [], Cursor(NOON + FAR)
        while True:
            shard.forget_answers()
            query = SessionPage(cursor, 3)
            value, _ = await shard.control.run(query, DEADLINE, 0.0)
            rows = orjson.loads(bytes(value))
            page = event_page([(0, rows)], 2, cursor, "started_at")
            seen += [row["session"] for row in page.events]
            if not page.has_more:
                break
            cursor = page.cursor
            connection(shard, clock, 300)
        assert seen == [6, 5, 4, 3, 2, 1, 0]

    run(scenario, tmp_path)


def test_connection_buckets_count_connects_and_disconnects(tmp_path, monkeypatch):
    clock = Clock(monkeypatch)

    async def scenario(shard):
        for begins, ends in (
            (1, 2),
            (1, MINUTE_US + 1),
            (MINUTE_US, None),
            (3 * MINUTE_US, 3 * MINUTE_US),
        ):
            connection(shard, clock, begins, ends=ends)
        found = await shard.ask("connections", **window(0, FAR), step_us=MINUTE_US)
        assert found == {
            "open": 0,
            "buckets": [
                [NOON, 2, 1, 0],
                [NOON + MINUTE_US, 1, 1, 0],
                [NOON + 3 * MINUTE_US, 1, 1, 0],
            ],
        }
        later = await shard.ask("connections", **window(MINUTE_US + 2, FAR), step_us=MINUTE_US)
        assert later == {"open": 1, "buckets": [[NOON + 3 * MINUTE_US, 1, 1, 0]]}
        none = await shard.ask("connections", node="07" * 32, step_us=MINUTE_US)
        assert none == {"open": 0, "buckets": []}

    run(scenario, tmp_path)


def test_connection_buckets_count_refused_connections_separately(tmp_path):
    async def scenario(shard):
        shard.session(framed(b"GET / HTTP/1.1\r\n\r\n"))
        ((_, *counts),) = (await shard.ask("connections", step_us=MINUTE_US))["buckets"]
        assert counts == [0, 0, 1]

    run(scenario, tmp_path)


async def spans(shard, start, end, gap, now=FAR):
    """Version, first and last moment after noon, of the spans in a window."""
    bounds = {"start_us": NOON + start, "end_us": NOON + end}
    rows = await shard.ask("version_spans", **bounds, gap_us=gap, now_us=NOON + now)
    return [(version, first - NOON, last - NOON) for _, _, version, first, last in rows]


def test_versions_are_those_of_the_connections_within_the_window(tmp_path, monkeypatch):
    clock = Clock(monkeypatch)

    async def scenario(shard):
        connection(shard, clock, 10, fake_node(1, implementation_version="1"), ends=30)
        connection(shard, clock, 32, fake_node(1, implementation_version="1"), ends=40)
        connection(shard, clock, 50, fake_node(1, implementation_version="2"))
        shard.session(framed(b"GET / HTTP/1.1\r\n\r\n"))
        assert await spans(shard, 0, 100, 2) == [("1", 10, 40), ("2", 50, 100)]
        assert await spans(shard, 0, 100, 1, now=60) == [
            ("1", 10, 30),
            ("1", 32, 40),
            ("2", 50, 60),
        ]
        assert await spans(shard, 20, 35, 2) == [("1", 20, 35)]

    run(scenario, tmp_path)
