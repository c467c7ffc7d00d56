"""The table of what sampling left out, in its segments."""

from contextlib import closing

from tart.storage.core.schema import NodeRow, SampledRow
from tart.storage.log.sampled_table import read_sampled
from tart.storage.log.verify import verify
from tart.units import HOUR_US
from tests.storage.log.test_verify import well
from tests.storage.running import NOON, PEERS, batch, event, open_storage, opened, write


def sampled(*rows, first, last, at=NOON):
    found = batch(*rows, at=at)
    found.sampled.append(SampledRow(first, last, last - first + 1, at, at + 5))
    return found


def begin():
    return batch(event(0), nodes=[NodeRow(0, PEERS[0])], sessions=[opened(0)])


def test_rows_are_read_from_the_files_that_have_the_table(tmp_path):
    later = NOON + HOUR_US
    with open_storage(tmp_path, file_hours=1) as storage:
        storage.write(begin(), sampled(event(4), first=1, last=3))
        storage.write(batch(event(5, at=later), at=later), sampled(first=6, last=7, at=later))
        files = storage.store.files(0)
        with closing(storage.store.cursor()) as cursor:
            rows = read_sampled(cursor, files)
            assert read_sampled(cursor, []) == []
    assert sorted(row[:3] for row in rows) == [(1, 3, 3), (6, 7, 2)]


def test_a_segment_without_left_out_events_has_no_such_table(tmp_path):
    with open_storage(tmp_path) as storage:
        storage.write(begin())
        with closing(storage.store.cursor()) as cursor:
            assert read_sampled(cursor, storage.store.files(0)) == []


def test_numbers_go_on_and_nothing_is_missing(tmp_path):
    write(tmp_path, begin(), sampled(event(4), first=1, last=3), sampled(first=5, last=9))
    with open_storage(tmp_path) as storage:
        assert storage.store.missing_frames() == 0
        assert storage.store.recovered[0].next_sequence == 10
        assert storage.store.writer.sampled.within(NOON, NOON).events == 8
    assert verify(tmp_path, well, deep=True).findings == []


def test_a_loss_beside_them_is_found(tmp_path):
    write(tmp_path, begin(), sampled(event(5), first=1, last=3))
    with open_storage(tmp_path) as storage:
        assert storage.store.missing_frames() == 1
    findings = verify(tmp_path, well, deep=False).findings
    assert "1 frames are missing" in str(findings[0])
