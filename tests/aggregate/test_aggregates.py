"""``tart/aggregate/aggregates.py``: all tables at once, against the simulator's account."""

from __future__ import annotations

import tracemalloc
from collections import Counter

import pytest

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import EventBatch
from tart.aggregate.core.tables import ROWS, SUMMED, TABLES
from tart.aggregate.core.waiting_events import WaitingEvents
from tart.protocol.events import EventKind
from tart.query.core.aggregate_columns import DISCARD_REASONS
from tart.query.core.log_histogram import upper_us
from tart.simulate.model.in_memory import play_troubled
from tart.units import JCE_US
from tests.aggregate.batches import (
    DELAY_US,
    aggregate,
    connection_batch,
    decode_contexts,
    event_batches,
    rows,
    troubled_network,
)


def in_any_order(found):
    return sorted(found, key=repr)


@pytest.mark.no_cover
def test_rows_do_not_depend_on_when_references_are_followed():
    """With a subscriber they are followed at once, batch by batch, and counted with others."""
    played = troubled_network()
    expected, found = (Aggregates(decode_contexts(played).__getitem__) for _ in range(2))
    waiting = WaitingEvents()
    for number, batch in enumerate(event_batches(played, 23)):
        expected.add(batch)
        found.follow(batch, contexts=True)
        waiting.add(batch)
        if number % 5 == 0:
            found.count(waiting.take())
    found.count(waiting.take())
    for each in (expected, found):
        each.end_all_sessions()
    assert found.totals() == expected.totals()
    for table in TABLES:
        assert in_any_order(rows(found, table)) == in_any_order(rows(expected, table)), table


@pytest.mark.no_cover
def test_rows_do_not_depend_on_the_size_of_batches():
    # Numbers of the frames differ: a batch is sorted by session.
    numbers = {"seq", "last_seq"}

    def of_size(played, size):
        counted = aggregate(played, size)
        return {
            table: in_any_order(
                {key: value for key, value in row.items() if key not in numbers}
                for row in rows(counted, table)
            )
            for table in TABLES
        }

    # An event at a time costs most: of a short run.
    for played, sizes in (
        (troubled_network(), (31, 10_000)),
        (play_troubled(8, seed=1), (1, 7)),
    ):
        expected = of_size(played, 500)
        for size in sizes:
            for table, found in of_size(played, size).items():
                assert found == expected[table], (size, table)


@pytest.mark.no_cover
@pytest.mark.parametrize("flushed", [False, True])
def test_totals_are_those_of_all_rows_whatever_was_flushed(flushed):
    played = troubled_network()
    whole, found = aggregate(played), Aggregates(decode_contexts(played).__getitem__)
    for batch in event_batches(played, 500):
        found.add(batch)
        if flushed:
            found.clear()
    found.end_all_sessions()
    totals = found.totals()

    def summed(table, *names, where=lambda row: True):
        counts = Counter()
        for row in filter(where, rows(whole, table)):
            counts[tuple(row[name] for name in names)] += row.get("count", 1)
        return counts

    assert {(number,): count for number, count in totals["events"]} == summed("counts", "type")
    assert {(number,): count for number, count in totals["failures"]} == summed("failures", "type")
    assert {(rule,): count for rule, count in totals["findings"].items()} == summed(
        "conformance", "rule"
    )
    bins = {
        (parent, number, index): count
        for parent, number, _, counts in totals["durations"]
        for index, count in counts
    }
    assert bins == summed("latency", "parent", "type", "bin")
    for parent, number, total_us, counts in totals["durations"]:
        least = sum(count * (upper_us(index - 1) if index else 0) for index, count in counts)
        most = sum(count * upper_us(index) for index, count in counts)
        assert least * (1 - 1e-9) <= total_us <= most, (parent, number)
    reports = rows(whole, "reports")
    for reason in DISCARD_REASONS:
        discarded = sum(row[reason] for row in reports)
        assert totals["discards"].get(reason, 0) == discarded
    ends = Counter()
    for kind, outcome, _, count in totals["pipelines"]:
        ends[kind, outcome] += count
    assert ends == summed("blocks", "kind", "outcome") + summed("packages", "kind", "outcome")


def test_a_package_ends_after_the_last_step_that_it_completed():
    totals = aggregate(troubled_network()).totals()
    steps = {(outcome, step) for kind, outcome, step, _ in totals["pipelines"] if kind >= 90}
    assert ("distributed", "distributed") in steps
    assert ("signed", "signed") in steps
    assert {step for outcome, step in steps if outcome == "failed"} == {"", "extrinsics"}


def test_empty_tables_have_all_columns():
    aggregates = Aggregates({}.__getitem__)
    for table, columns in TABLES.items():
        found = aggregates.rows(table, include_open=True)
        assert list(found) == list(columns), table
        assert {len(each) for each in found.values()} == {0}


def test_clear_removes_all_rows_but_open_pipelines():
    played = troubled_network()
    aggregates = Aggregates(decode_contexts(played).__getitem__)
    for batch in event_batches(played, 5_000):
        aggregates.add(batch)
    still_open = {
        table: len(aggregates.rows(table, include_open=True)["seq"])
        - len(aggregates.rows(table, include_open=False)["seq"])
        for table in ("blocks", "packages")
    }
    assert aggregates.replay_from_seq is not None
    aggregates.clear()
    for table in SUMMED:
        assert not len(next(iter(aggregates.rows(table, include_open=True).values()))), table
    for table in ROWS:
        left = len(next(iter(aggregates.rows(table, include_open=True).values())))
        assert left == still_open.get(table, 0), table
    aggregates.end_all_sessions()
    assert aggregates.replay_from_seq is None
    for table, count in still_open.items():
        assert len(aggregates.rows(table, include_open=False)["seq"]) == count


def test_old_events_expire_except_announcement_streams():
    played = troubled_network()
    aggregates = Aggregates(decode_contexts(played).__getitem__)
    for batch in event_batches(played, 5_000):
        aggregates.add(batch)
    last = max(each.frame[4:12][::-1] for each in played.emissions)
    aggregates.expire(int.from_bytes(last, "big") + JCE_US + DELAY_US + 3_600_000_000)
    # Only streams of block announcements last as long as their connection.
    streams = sum(each.frame[12] == 60 for each in played.emissions)
    assert 0 < aggregates.statistics()["open_references"] < streams
    for session in range(len(played.sessions)):
        aggregates.end_session(session)
    assert aggregates.statistics()["open_references"] == 0
    assert aggregates.replay_from_seq is None


def memory_of(connections, events):
    """The bytes of aggregates whose connections have so many open requests each."""
    request = (1_000_000, EventKind.SENDING_BUNDLE_SHARD_REQUEST.number, bytes(42))
    batches = []
    for number in range(connections):
        batch = connection_batch(*[request] * events)
        batch.columns.node[:] = batch.columns.session[:] = number
        batches.append(batch)
    batch = EventBatch.join(batches)
    context = decode_contexts(troubled_network())[0]
    tracemalloc.start()
    aggregates = Aggregates(lambda session: context)
    aggregates.add(batch)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert aggregates.statistics()["open_references"] == connections * events
    return taken


def test_the_memory_of_connections_and_of_open_references_is_bounded():
    # 1,024 nodes with fifty open references each take 30 MiB, over all shards.
    few, many, references = memory_of(64, 4), memory_of(256, 4), memory_of(256, 36)
    assert (many - few) / 192 < 24 << 10
    assert (references - many) / (256 * 32) < 150
