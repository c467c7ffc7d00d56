"""``tart/storage/log/tail_scan.py``: the newest rows, whichever files and windows they are in."""

import asyncio

import pytest

from tart.storage.log.tail_scan import scan_newest
from tart.units import HOUR_US
from tests.storage.running import DEADLINE, NOON, batch, event, open_storage, wait_for


def everything(file):
    return "true", []


def type_is(number):
    return lambda file: ("type = ?", [number])


def newest(storage, condition, limit, before=None, **more):
    def query(cursor):
        rows = scan_newest(cursor, storage.store.files(0), condition, limit, before, **more)
        return [row.seq for row in rows]

    return asyncio.run(storage.store.query_threads.run(query, DEADLINE))


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    """Two periods, in the second of them rows in both segments by turns; every tenth of type 12."""
    root = tmp_path_factory.mktemp("data")
    with open_storage(root, file_hours=1, checkpoint_seconds=0.001) as found:
        for seq in range(40):
            at = NOON + HOUR_US * (seq >= 20)
            kind = 12 if seq % 10 == 0 else 11
            found.write(batch(event(seq, at=at, type=kind), at=at))
            # Then the next one goes to the other segment.
            wait_for(lambda seq=seq: found.store.writer.checkpoints.statistics.done > seq)
        wait_for(lambda: len(found.store.files(0)) == 4)
        yield found


@pytest.mark.parametrize("window", [1, 3, 1 << 17])
@pytest.mark.parametrize("limit", [0, 1, 5, 27, 100])
def test_rows_come_newest_first_over_segments_and_periods(storage, window, limit):
    expected = list(range(39, -1, -1))
    assert newest(storage, everything, limit, first_window=window) == expected[:limit]
    assert (
        newest(storage, everything, limit, before=23, first_window=window) == expected[17:][:limit]
    )
    assert newest(storage, type_is(12), limit, first_window=window) == [30, 20, 10, 0][:limit]
    assert newest(storage, type_is(12), limit, before=20, first_window=window) == [10, 0][:limit]
    assert newest(storage, type_is(99), limit, first_window=window) == []


@pytest.mark.parametrize("before", [-1, 0, 40, 1000])
def test_the_upper_bound_of_a_tail_scan_may_be_any_number(storage, before):
    assert newest(storage, everything, 3, before=before) == list(range(39, -1, -1))[:3] * (
        before > 3
    )


def test_a_tail_scan_of_a_directory_without_rows_is_empty(tmp_path):
    with open_storage(tmp_path) as storage:
        assert newest(storage, everything, 5) == []
        storage.write(batch(nodes=[(0, bytes(32))]))
        assert newest(storage, everything, 5) == []
