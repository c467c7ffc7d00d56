"""``tart/failure_store.py``: failure groups outlive the process; all of a write or nothing."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tart.control_store import SCHEMA_VERSION, open_store
from tart.errors import StorageError
from tart.failure_store import ScanProgress, open_failure_store
from tart.query.core.failure_states import FailureGroup, FailureState

GROUP = FailureGroup(
    "ab" * 8,
    92,
    "timed out after <duration>",
    first_seen=1,
    last_seen=2,
    first_node="cc" * 32,
    first_version="0.3.1",
    is_baseline=True,
    state=FailureState.REGRESSED,
    changed_at=3,
    changed_by="0123abcd",
    comment="why",
    resolved_at=4,
    resolved_version="0.3.2",
    regressed_at=5,
    regressed_version="0.3.3",
    regressed_node="dd" * 32,
)
PLAIN = FailureGroup("cd" * 8, 41, "", first_seen=1, last_seen=1)


def test_groups_and_progress_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    with open_failure_store(path) as store:
        assert (store.groups(), store.progress()) == ([], None)
        store.save([GROUP, PLAIN], progress=ScanProgress(7))
    with open_failure_store(path) as store:
        assert store.groups() == [GROUP, PLAIN]
        assert store.progress() == ScanProgress(7, None, 0)
        store.save([replace(GROUP, last_seen=9)], [PLAIN.fingerprint], ScanProgress(7, 8, 1))
        assert store.groups() == [replace(GROUP, last_seen=9)]
        assert store.progress() == ScanProgress(7, 8, 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    with open_failure_store(path) as store:
        store.save([GROUP])
    bad = replace(PLAIN, template=None)  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="failure groups"), open_failure_store(path) as store:
        store.save([replace(GROUP, last_seen=9), bad], progress=ScanProgress(1))
    with open_failure_store(path) as store:
        assert (store.groups(), store.progress()) == ([GROUP], None)


def test_a_full_disk_is_named_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    with open_failure_store(path) as store:
        store.save([GROUP])
    large = replace(GROUP, fingerprint="large", comment="x" * 100_000)

    def save_to_a_full_disk() -> None:
        with open_failure_store(path) as store:
            store._database.execute("PRAGMA max_page_count = 1")
            store.save([large])

    with pytest.raises(StorageError, match="full"):
        save_to_a_full_disk()
    with open_failure_store(path) as store:
        assert store.groups() == [GROUP]


def test_the_file_has_the_keys_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    with open_store(path), open_failure_store(path) as store:
        store.save([GROUP])
    with open_store(path) as keys:
        assert keys.keys() == []


def test_a_file_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()
    with (
        pytest.raises(StorageError, match="use the release that wrote it"),
        open_failure_store(path),
    ):
        pass
