"""``tart/chain/store/files.py``: names of files and tables."""

from __future__ import annotations

from tart.chain.store.files import (
    STATUS_CODES,
    STATUSES,
    TABLES,
    day_file,
    list_files,
    list_orphaned_wals,
    list_quarantined,
    parse_path,
)
from tart.units import DAY_US
from tests.chain.store.running import NOON


def test_a_day_has_one_file_which_is_found_by_its_name(tmp_path):
    file = day_file(tmp_path, NOON)
    assert file.path.name == "2026-11-30.duckdb"
    assert file.period % DAY_US == 0
    assert file == day_file(tmp_path, NOON + DAY_US // 3) == parse_path(file.path)
    assert file.catalog != day_file(tmp_path, NOON + DAY_US).catalog


def test_only_files_of_days_are_listed(tmp_path):
    assert list_files(tmp_path / "absent") == []
    for name in (
        "2026-11-30.duckdb",
        "2026-11-29.duckdb",
        "2026-13-29.duckdb",
        "2026-11-30.duckdb.wal",
        "2026-11-28.duckdb.wal",
        "2026-11-27.duckdb.corrupt-20261130T120000Z",
        "other.duckdb",
    ):
        (tmp_path / name).touch()
    assert [file.path.name for file in list_files(tmp_path)] == [
        "2026-11-29.duckdb",
        "2026-11-30.duckdb",
    ]
    assert [file.path.name for file in list_orphaned_wals(tmp_path)] == ["2026-11-28.duckdb"]
    assert [path.name[:10] for path in list_quarantined(tmp_path)] == ["2026-11-27"]


def test_codes_of_statuses_are_places_in_the_list():
    assert [STATUS_CODES[status] for status in STATUSES] == [0, 1, 2]
    assert "number" in TABLES["blocks"]
