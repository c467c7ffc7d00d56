"""``tart/shard/queries/slot_rows.py``: rows in memory are added up as DuckDB does."""

from __future__ import annotations

import pytest

from tart.protocol.events import EventKind
from tart.shard.queries.slot_rows import (
    BLOCK_KINDS,
    SlotRowsInMemory,
    StoredSlotRows,
    read_slot_rows,
)
from tart.storage.core.log_columns import LogRow
from tests.aggregate.batches import troubled_network
from tests.shard.ingest.test_aggregator import told
from tests.shard.running import run

SLOTS = [fact["slot"] for fact in troubled_network().facts.of("block")]
RANGE = min(SLOTS), max(SLOTS)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """By form, the rows of each file of a shard that was told everything."""
    root = tmp_path_factory.mktemp("slot-rows")

    async def first(shard):
        told(shard, troubled_network().sessions)

    run(first, root)

    async def scenario(shard):
        def read(cursor):
            return [
                (
                    everything(read_slot_rows(cursor, file, *RANGE)),
                    everything(StoredSlotRows(cursor, file, *RANGE, stages=False)),
                    read_slot_rows(cursor, file, *RANGE, most=10),
                )
                for directory in shard.store.directories
                for file in shard.store.files(directory)
            ]

        return await shard.store.query_threads.run(read, 60.0)

    return run(scenario, root)


def everything(rows):
    """Each of the rows' answers, in an order of its own."""
    bodies = rows.bodies(BLOCK_KINDS)
    subjects = {
        (row[0], row[1]): [index % 7, 7] for index, row in enumerate(sorted(bodies, key=str))
    }
    times = [
        # Of several events at the same time either has the lag.
        (subject, first, sorted(zip(nodes, at, at if subject == 7 else lags, strict=True)))
        for subject, first, nodes, at, lags in rows.times(subjects)
    ]
    events = rows.events([EventKind.AUTHORING, EventKind.AUTHORED])
    # Of a message slot and so on are those of any event that has it.
    messages = [tuple(row[:3]) for row in bodies]
    answers = messages, times, events, rows.failed(), rows.heads()
    return [sorted(map(str, map(tuple, each))) for each in answers]


def test_rows_in_memory_are_added_up_as_duckdb_does(answers):
    assert answers
    for mine, theirs, _ in answers:
        assert mine == theirs
    assert all(any(part) for part in zip(*(mine for mine, _, _ in answers), strict=True))


def test_a_range_with_more_rows_is_left_to_duckdb(answers):
    assert [more for _, _, more in answers] == [None] * len(answers)


def test_a_lag_beyond_64_bits_is_unknown():
    row = LogRow(1, 5, (1 << 64) - 1, 3, 1, 2, 40, None, None, 7, None, None, b"")
    assert SlotRowsInMemory([row]).times({(row.type, b""): [0]}) == [(0, 5, [3], [5], [None])]
