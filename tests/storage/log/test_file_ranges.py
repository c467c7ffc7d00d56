"""``tart/storage/log/seq_walk.py``: a hole in the numbers is never walked."""

from contextlib import closing

import pytest

from tart.config.schema import StorageConfig
from tart.storage.core.files import list_files
from tart.storage.core.seq_ranges import scan_forward
from tart.storage.log.database import Database
from tart.storage.log.file_ranges import FRAME_TABLES, GAP, read_file_ranges
from tests.storage.running import batch, event, unreadable, write

FAR = 1 << 32


@pytest.fixture
def ranges(tmp_path):
    def of(*batches):
        write(tmp_path, *batches)
        files = list_files(tmp_path, 0)
        with closing(Database(StorageConfig())) as database, closing(database.cursor()) as cursor:
            for file in files:
                database.attach_readable(file)
            return read_file_ranges(cursor, files, FRAME_TABLES)

    return of


def bounds(ranges):
    return [(each.first, each.last) for each in ranges]


def test_a_file_without_rows_has_no_range(ranges):
    assert ranges(batch(sessions=[])) == []


def test_a_file_has_one_range_of_both_its_tables(ranges):
    found = ranges(batch(event(3), event(4), undecodable=[unreadable(2), unreadable(9)]))
    assert bounds(found) == [(2, 9)]


def test_a_file_with_a_gap_has_two_ranges(ranges):
    found = ranges(
        batch(event(3), event(4), undecodable=[unreadable(7)]),
        batch(event(FAR, slot=1), event(FAR + 1, slot=1), undecodable=[unreadable(FAR + 2)]),
    )
    assert bounds(found) == [(3, 7), (FAR, FAR + 2)]
    steps = list(scan_forward(found, 0, 50_000))
    assert [(each.first, len(each.files)) for each in steps] == [(3, 1), (FAR, 1)]


def test_a_short_gap_separates_no_ranges(ranges):
    assert bounds(ranges(batch(event(3), event(3 + GAP // 2, slot=1)))) == [(3, 3 + GAP // 2)]
