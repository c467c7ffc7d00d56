"""``tart/shard/queries/sql.py``: statements over a shard's real files."""

from __future__ import annotations

import nanoarrow as na
import pytest

from tart.errors import BadQuery, SqlRefused
from tests.shard.running import HASH, best, fake_node, framed, run

SECONDS = 30


async def found(shard, sql):
    """The rows of a statement, as dicts."""
    answer = await shard.ask("sql", sql=sql, seconds=SECONDS)
    return na.ArrayStream.from_readable(answer.data).read_all().to_pylist()


def test_views_have_the_values_that_nodes_sent(tmp_path):
    async def scenario(shard):
        node = fake_node()
        shard.session(
            node.connect(),
            *(best(node, slot) for slot in range(5)),
            node.event("AuthoringFailed", 7, authoring_id=2, reason="no")[1],
            framed(bytes(8) + b"\x0b" + b"short"),
        )
        await shard.settled()
        blocks = "SELECT slot, hash, node_id FROM best_block_changed WHERE slot > 2 ORDER BY slot"
        assert await found(shard, blocks) == [
            {"slot": slot, "hash": HASH, "node_id": "01" * 32} for slot in (3, 4)
        ]
        newest = "SELECT slot FROM best_block_changed ORDER BY id DESC LIMIT 2"
        assert await found(shard, newest) == [{"slot": 4}, {"slot": 3}]
        failures = "SELECT ref, authoring_id, reason FROM authoring_failed"
        assert await found(shard, failures) == [{"ref": 2, "authoring_id": 2, "reason": "no"}]
        counted = "SELECT type, count(*) AS n FROM events GROUP BY type ORDER BY type"
        assert await found(shard, counted) == [{"type": 11, "n": 5}, {"type": 41, "n": 1}]
        assert await found(shard, "SELECT rule, field FROM undecodable") == [
            {"rule": "truncated", "field": "hash"}
        ]
        assert await found(shard, "SELECT node_id FROM nodes") == [{"node_id": "01" * 32}]
        assert await found(shard, "SELECT what FROM session_log") == [{"what": "opened"}]
        assert await found(shard, "SELECT outcome, event_count FROM sessions") == [
            {"outcome": "open", "event_count": 7}
        ]
        hashes = f"SELECT count(*) AS n FROM best_block_changed WHERE hash = unhex('{HASH.hex()}')"
        assert await found(shard, hashes) == [{"n": 5}]
        recent = (
            "SELECT count(*) AS n FROM events WHERE received_at BETWEEN now() - INTERVAL 1 HOUR "
            "AND now() + INTERVAL 1 HOUR"
        )
        assert await found(shard, recent) == [{"n": 6}]
        ago = "SELECT count(*) AS n FROM events WHERE received_at < now() - INTERVAL 1 HOUR"
        assert await found(shard, ago) == [{"n": 0}]

    run(scenario, tmp_path)


def test_a_shard_without_files_has_empty_views(tmp_path):
    async def scenario(shard):
        assert await found(shard, "SELECT count(*) AS n FROM events") == [{"n": 0}]
        assert await found(shard, "SELECT * FROM refined LIMIT 1") == []

    run(scenario, tmp_path)


def test_a_bad_statement_does_not_affect_other_queries(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect(), best(node, 1))
        await shard.settled()
        for sql in (
            "SELEC",
            "FROM f00_1.log",
            "SELECT len(range(1000000000))",
            "SELECT x FROM nodes",
        ):
            with pytest.raises(SqlRefused):
                await found(shard, sql)
        shard.ingest.receive(session, best(node, 2))
        await shard.settled()
        assert not shard.failures
        assert await found(shard, "SELECT max(slot) AS m FROM best_block_changed") == [{"m": 2}]

    run(scenario, tmp_path)


def test_a_statement_that_scans_too_many_bytes_is_rejected(tmp_path, monkeypatch):
    monkeypatch.setattr("tart.shard.queries.sql.MAX_SCANNED_BYTES", 100)

    async def scenario(shard):
        node = fake_node()
        shard.session(node.connect(), best(node, 1))
        await shard.settled()
        with pytest.raises(BadQuery, match="reads more than"):
            await found(shard, "SELECT * FROM events")

    run(scenario, tmp_path)


def test_rows_come_page_by_page_and_each_once(tmp_path, monkeypatch):
    monkeypatch.setattr("tart.shard.queries.sql.PAGE_BYTES", 1)

    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect(), *(best(node, slot) for slot in range(3)))
        await shard.settled()
        scan = {"view": "best_block_changed", "columns": ["slot"], "conditions": []}
        scan |= {"order": [], "limit": None}
        slots, pages, after = [], 0, None
        while True:
            answer = await shard.ask("sql_scan", scan=scan, max_bytes=1 << 20, after=after)
            page, offset = answer.value, 0
            for length in page["lengths"]:
                block = answer.data[offset : offset + length]
                offset += length
                table = na.ArrayStream.from_readable(block).read_all()
                slots += [row["slot"] for row in table.to_pylist()]
            pages += 1
            after = page["next"]
            if after is None:
                break
            if pages == 1:
                # What is received meanwhile comes after the position.
                shard.ingest.receive(session, best(node, 3))
                await shard.settled()
        assert slots == [0, 1, 2, 3]
        assert pages > 1
        with pytest.raises(SqlRefused, match="narrow it"):
            await shard.ask("sql_scan", scan=scan, max_bytes=10)

    run(scenario, tmp_path)


def test_rows_behind_a_part_without_a_match_are_found(tmp_path):
    """A statement reads the event log in parts, of which any may have no row."""

    async def first(shard):
        node = fake_node(1)
        shard.session(node.connect(), *(best(node, slot) for slot in range(5)))
        await shard.settled()

    async def second(shard):
        node = fake_node(2)
        shard.session(node.connect(), *(best(node, slot) for slot in range(5, 8)))
        await shard.settled()
        for condition, count in (
            (f"node_id = '{'02' * 32}'", 3),
            (f"node_id = '{'01' * 32}'", 5),
            ("slot >= 5", 3),
            ("slot BETWEEN 4 AND 5", 2),
        ):
            statement = f"SELECT count(*) AS n FROM best_block_changed WHERE {condition}"
            assert await found(shard, statement) == [{"n": count}], condition
            (row,) = await found(
                shard, f"SELECT max(id) AS id FROM best_block_changed WHERE {condition}"
            )
            assert row["id"] is not None
            statement = f"SELECT count(*) AS n FROM events WHERE id = {row['id']}"
            assert await found(shard, statement) == [{"n": 1}]

    run(first, tmp_path)
    run(second, tmp_path)
