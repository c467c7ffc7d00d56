"""``tart/storage/log/segments.py``: which of a period's two files events go to."""

from contextlib import closing

import pytest

from tart.config.schema import StorageConfig
from tart.errors import StorageError
from tart.storage.core.files import first_segment, list_files, other_segment, period_start
from tart.storage.log.database import Database
from tart.storage.log.segments import ActiveSegments
from tart.units import HOUR_US
from tests.storage.running import NOON

HOURS = [NOON + hour * HOUR_US for hour in range(3)]


@pytest.fixture
def database():
    with closing(Database(StorageConfig())) as found:
        yield found


def made(database, root, opened=()):
    started = []
    return ActiveSegments(database, root, 0, 1, opened=opened, attached=started.append), started


def hourly(root, at):
    first = first_segment(root, 0, period_start(at, 1), 1)
    return first, other_segment(first)


def test_events_go_to_the_first_lane_of_their_period_until_its_turn_ends(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    segments, started = made(database, tmp_path)
    assert segments.current is None
    assert segments.file_of(NOON) == first
    segments.rotate(first)
    assert segments.file_of(NOON + 1) == second
    segments.rotate(second)
    assert segments.file_of(NOON + 2) == first
    assert started == [first, second]
    assert first in segments
    assert second in segments


def test_the_lanes_there_are_are_used_and_not_made_again(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    for file in (first, second):
        database.attach_writable(file)
    segments, started = made(database, tmp_path, [first, second])
    assert segments.file_of(NOON) == first
    segments.rotate(first)
    assert segments.file_of(NOON) == second
    assert started == []


def test_when_a_period_begins_the_lanes_of_the_one_before_are_done_with(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    following, _ = hourly(tmp_path, HOURS[1])
    segments, _ = made(database, tmp_path)
    segments.file_of(NOON)
    segments.rotate(first)
    assert segments.file_of(HOURS[1]) == following
    assert first not in segments
    assert second not in segments
    assert segments.file_of(NOON) == following, "time does not go back"


def test_a_turn_that_ends_after_its_period_changes_nothing(tmp_path, database):
    first, _ = hourly(tmp_path, NOON)
    following, _ = hourly(tmp_path, HOURS[1])
    segments, _ = made(database, tmp_path)
    segments.file_of(NOON)
    segments.file_of(HOURS[1])
    segments.rotate(first)
    assert segments.current == following
    assert first not in segments


def test_nor_does_one_of_the_other_lane_whose_files_are_both_there(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    following, _ = hourly(tmp_path, HOURS[1])
    segments, started = made(database, tmp_path)
    segments.file_of(NOON)
    segments.rotate(first)
    segments.file_of(HOURS[1])
    segments.rotate(second)
    assert segments.current == following
    assert started == [first, second, following]


def test_a_lane_that_cannot_be_made_leaves_the_turn_where_it_was(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    segments, started = made(database, tmp_path)
    segments.file_of(NOON)
    second.path.mkdir()
    with pytest.raises(StorageError):
        segments.rotate(first)
    assert segments.file_of(NOON) == first
    assert started == [first]


def test_nothing_is_made_before_the_first_event(tmp_path, database):
    made(database, tmp_path)
    assert list_files(tmp_path, 0) == []
