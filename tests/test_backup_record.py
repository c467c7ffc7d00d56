"""The record of the newest backup."""

from __future__ import annotations

import pytest

from tart.backup_record import BACKUP_RECORD, read_backup_record, write_backup_record


def test_the_newest_backup_is_recorded(tmp_path):
    assert read_backup_record(tmp_path) is None
    write_backup_record(tmp_path, 1_000_000, tmp_path / "backups" / "one")
    write_backup_record(tmp_path, 2_000_000, tmp_path / "backups" / "two")
    assert read_backup_record(tmp_path) == 2_000_000
    assert [path.name for path in tmp_path.iterdir()] == [BACKUP_RECORD]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"begun_us": null}', '{"begun_us": "soon"}'])
def test_a_record_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / BACKUP_RECORD).write_text(text)
    assert read_backup_record(tmp_path) is None
