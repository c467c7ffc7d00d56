"""``tart/storage/core/files.py``: which file an event belongs to, and which there are."""

import pytest

from tart.storage.core.files import (
    first_segment,
    group_by_period,
    list_adopted,
    list_directories,
    list_files,
    list_quarantined,
    other_segment,
    period_start,
)
from tart.units import HOUR_US
from tests.storage.running import NOON

DAY = NOON - 12 * HOUR_US


@pytest.mark.parametrize(
    ("moment", "hours", "start"),
    [
        (NOON, 24, DAY),
        (DAY, 24, DAY),
        (DAY - 1, 24, DAY - 24 * HOUR_US),
        (NOON + 1, 1, NOON),
        (NOON - 1, 1, NOON - HOUR_US),
        (NOON + 5 * HOUR_US, 6, NOON),
        (0, 24, 0),
    ],
)
def test_a_period_starts_at_a_multiple_of_its_length(moment, hours, start):
    assert period_start(moment, hours) == start


@pytest.mark.parametrize(
    ("hours", "period", "name"),
    [
        (24, DAY, "2026-11-21.duckdb"),
        (1, NOON, "2026-11-21T12.duckdb"),
        (1, DAY, "2026-11-21T00.duckdb"),
        (6, DAY + 18 * HOUR_US, "2026-11-21T18.duckdb"),
    ],
)
def test_a_file_is_named_after_its_period_in_utc(tmp_path, hours, period, name):
    assert first_segment(tmp_path, 3, period, hours).path == tmp_path / "03" / name


@pytest.mark.parametrize(
    ("hours", "name"), [(24, "2026-11-21.1.duckdb"), (6, "2026-11-21T12.1.duckdb")]
)
def test_the_second_segment_of_a_period_has_a_file_beside_the_first(tmp_path, hours, name):
    first = first_segment(tmp_path, 3, period_start(NOON, hours), hours)
    second = other_segment(first)
    assert second.path == first.path.with_name(name)
    assert (first.segment, second.segment, second.period) == (0, 1, first.period)
    assert other_segment(second) == first


@pytest.mark.parametrize("hours", [1, 6, 24])
def test_paths_are_parsed_into_the_files_they_were_made_from(tmp_path, hours):
    made = first_segment(tmp_path, 7, period_start(NOON, hours), hours)
    made.path.parent.mkdir()
    made.path.touch()
    assert list_files(tmp_path, 7) == [made]
    other_segment(made).path.touch()
    assert group_by_period(list_files(tmp_path, 7)) == [sorted([made, other_segment(made)])]


def test_files_are_listed_oldest_first_without_foreign_files(tmp_path):
    directory = tmp_path / "00"
    directory.mkdir()
    for name in (
        "2026-11-21T06.duckdb",
        "2026-11-20.duckdb",
        "2026-11-21T05.duckdb",
        "2026-11-21T05.duckdb.wal",
        "2026-11-21T07.new",
        "2026-02-30.duckdb",
        "2026-11-21T24.duckdb",
        "2026-11-21T06.2.duckdb",
        "notes.duckdb",
        "old-2026-11-21.duckdb",
    ):
        (directory / name).touch()
    names = [file.path.name for file in list_files(tmp_path, 0)]
    assert names == ["2026-11-20.duckdb", "2026-11-21T05.duckdb", "2026-11-21T06.duckdb"]


def test_a_missing_directory_has_no_files(tmp_path):
    assert list_files(tmp_path, 0) == []


def test_files_of_all_directories_and_hours_have_distinct_catalogs(tmp_path):
    files = [
        file
        for directory in (0, 1, 10, 255)
        for hour in range(48)
        for first in [first_segment(tmp_path, directory, DAY + hour * HOUR_US, 1)]
        for file in (first, other_segment(first))
    ]
    assert len({file.alias for file in files}) == len(files)


@pytest.mark.parametrize(
    ("shard", "count", "expected"),
    [(0, 1, [1, 2, 3, 255]), (0, 2, [2]), (1, 2, [3, 255]), (0, 4, []), (3, 4, [255])],
)
def test_a_directory_without_a_worker_is_adopted_by_exactly_one(tmp_path, shard, count, expected):
    for name in ("00", "01", "02", "03", "255", "256", "999", "007", "run", "1", "0003"):
        (tmp_path / name).mkdir()
    (tmp_path / "04").touch()
    assert list(list_adopted(tmp_path, shard, count)) == expected


def test_only_numbered_directories_are_listed(tmp_path):
    for name in ("00", "07", "255", "256", "007", "run", "1"):
        (tmp_path / name).mkdir()
    (tmp_path / "04").touch()
    assert list(list_directories(tmp_path)) == [0, 7, 255]


def test_quarantined_files_are_listed_separately_from_segments(tmp_path):
    aside = tmp_path / "00" / "2026-11-21.duckdb.corrupt-20261121T120000Z"
    aside.parent.mkdir()
    aside.touch()
    (tmp_path / "00" / "2026-11-20.duckdb").touch()
    assert list_quarantined(tmp_path, 0) == [aside]
    assert [file.path.name for file in list_files(tmp_path, 0)] == ["2026-11-20.duckdb"]


def test_the_wals_of_a_file_come_before_the_file(tmp_path):
    file = first_segment(tmp_path, 0, DAY, 24)
    file.path.parent.mkdir()
    for suffix in ("", ".wal", ".wal.checkpoint"):
        file.path.with_name(file.path.name + suffix).touch()
    assert file.paths()[-1] == file.path
    assert len(file.paths()) == 3


@pytest.mark.parametrize("suffix", [".wal", ".wal.checkpoint", ".wal.recovery"])
def test_a_wal_beside_a_file_is_found_under_each_of_its_names(tmp_path, suffix):
    file = first_segment(tmp_path, 0, DAY, 24)
    file.path.parent.mkdir()
    file.path.touch()
    assert not file.has_wal()
    file.path.with_name(file.path.name + suffix).touch()
    assert file.has_wal()
