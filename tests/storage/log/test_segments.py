"""``tart/storage/log/segments.py``: the segment that events go to."""

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


def made(database, root, attached=()):
    started = []
    return ActiveSegments(
        database, root, 0, 1, attached=attached, on_attach=started.append
    ), started


def hourly(root, at):
    first = first_segment(root, 0, period_start(at, 1), 1)
    return first, other_segment(first)


def test_events_go_to_the_first_segment_of_their_period_until_it_is_rotated(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    segments, started = made(database, tmp_path)
    assert segments.current is None
    assert segments.segment_for(NOON) == first
    segments.rotate(first)
    assert segments.segment_for(NOON + 1) == second
    segments.rotate(second)
    assert segments.segment_for(NOON + 2) == first
    assert started == [first, second]
    assert first in segments
    assert second in segments


def test_attached_segments_are_used_and_not_started_again(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    for file in (first, second):
        database.attach_writable(file)
    segments, started = made(database, tmp_path, [first, second])
    assert segments.segment_for(NOON) == first
    segments.rotate(first)
    assert segments.segment_for(NOON) == second
    assert started == []


def test_a_new_period_ends_the_use_of_the_segments_before_it(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    following, _ = hourly(tmp_path, HOURS[1])
    segments, _ = made(database, tmp_path)
    segments.segment_for(NOON)
    segments.rotate(first)
    assert segments.segment_for(HOURS[1]) == following
    assert first not in segments
    assert second not in segments
    assert segments.segment_for(NOON) == following, "periods do not go back"


def test_rotating_the_only_segment_of_an_ended_period_changes_nothing(tmp_path, database):
    first, _ = hourly(tmp_path, NOON)
    following, _ = hourly(tmp_path, HOURS[1])
    segments, _ = made(database, tmp_path)
    segments.segment_for(NOON)
    segments.segment_for(HOURS[1])
    segments.rotate(first)
    assert segments.current == following
    assert first not in segments


def test_rotating_one_of_two_segments_of_an_ended_period_changes_nothing(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    following, _ = hourly(tmp_path, HOURS[1])
    segments, started = made(database, tmp_path)
    segments.segment_for(NOON)
    segments.rotate(first)
    segments.segment_for(HOURS[1])
    segments.rotate(second)
    assert segments.current == following
    assert started == [first, second, following]


def test_a_segment_that_cannot_be_started_leaves_the_current_one(tmp_path, database):
    first, second = hourly(tmp_path, NOON)
    segments, started = made(database, tmp_path)
    segments.segment_for(NOON)
    second.path.mkdir()
    with pytest.raises(StorageError):
        segments.rotate(first)
    assert segments.segment_for(NOON) == first
    assert started == [first]


def test_no_segment_is_started_before_the_first_event(tmp_path, database):
    made(database, tmp_path)
    assert list_files(tmp_path, 0) == []
