"""``tart/shard/queries/ended_pipelines.py``: packages and blocks by their newest event."""

from __future__ import annotations

import pytest

from tart.query.core.event_ids import event_api_id
from tests.aggregate.batches import troubled_network
from tests.shard.ingest.test_aggregator import told
from tests.shard.running import run

NAMES = ("hash", "first", "last", "failed", "node", "session", "api_session", "root")


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Ask a shard that was told everything, half of it in the file."""
    root = tmp_path_factory.mktemp("ended")

    async def first(shard):
        told(shard, troubled_network().sessions[:4])
        shard.ingest.flush_aggregates()
        told(shard, troubled_network().sessions[4:])

    run(first, root)
    return lambda name, **parameters: run(lambda shard: shard.ask(name, **parameters), root)


def ended(ask, table, **parameters):
    """Return the answer with its rows as objects."""
    answer = ask("ended_pipelines", table=table, **({"since_us": 0, "started_us": 0} | parameters))
    rows = [dict(zip(NAMES, row, strict=True)) for row in answer["rows"]]
    return rows, answer["is_cut"]


def stored(ask, table):
    """Return the rows of a table that are no duplicates."""
    columns = ["started_at", "ended_at", "node", "session", "root", "hash", "outcome"]
    rows = ask("aggregate_rows", table=table, columns=columns, limit=100_000)
    found = [{**row, "first": row["started_at"], "last": row["ended_at"]} for row in rows]
    return [row for row in found if row["outcome"] != "duplicate"]


@pytest.mark.parametrize("table", ["packages", "blocks"])
def test_each_hash_is_one_row_over_its_pipelines_and_each_attempt_without_one_is_another(
    ask, table
):
    rows, is_cut = ended(ask, table)
    assert not is_cut
    groups = {}
    for row in stored(ask, table):
        key = row["hash"] or (row["node"], row["session"], row["root"])
        groups.setdefault(key, []).append(row)
    assert any(isinstance(key, tuple) for key in groups)
    assert len(rows) == len(groups)
    for row in rows:
        group = groups[row["hash"] or (row["node"], row["session"], row["root"])]
        assert row["first"] == min(each["first"] for each in group)
        assert row["last"] == max(each["last"] for each in group)
        assert row["failed"] == any(each["outcome"] == "failed" for each in group)
        assert row["api_session"] == event_api_id(0, row["session"])
        assert any(
            all(row[name] == each[name] for name in ("first", "node", "session", "root"))
            for each in group
        )
    assert {row["failed"] for row in rows} == {True, False}


def test_rows_are_in_order_of_their_news_and_a_limit_says_that_there_are_more(ask):
    rows, _ = ended(ask, "packages")
    assert [row["last"] for row in rows] == sorted(row["last"] for row in rows)
    some, is_cut = ended(ask, "packages", limit=3)
    assert (some, is_cut) == (rows[:3], True)
    assert ended(ask, "packages", limit=len(rows)) == (rows, False)


def test_only_news_since_a_time_count(ask):
    rows, _ = ended(ask, "blocks")
    middle = rows[len(rows) // 2]["last"]
    some, _ = ended(ask, "blocks", since_us=middle)
    assert some == [row for row in rows if row["last"] >= middle]
    assert ended(ask, "blocks", since_us=rows[-1]["last"] + 1) == ([], False)


def test_pipelines_that_began_before_a_time_are_left_out(ask):
    began = sorted(row["first"] for row in stored(ask, "packages"))
    middle = began[len(began) // 2]
    rows, _ = ended(ask, "packages", started_us=middle)
    assert rows
    assert min(row["first"] for row in rows) >= middle


def test_other_tables_are_refused(ask):
    with pytest.raises(Exception, match="packages, blocks"):
        ended(ask, "tickets")
