"""``tart/chain/store/attached_files.py``: opening, damage, attaching again."""

from __future__ import annotations

import errno
import os
import shutil
import threading

import duckdb
import pytest

from tart.chain.store.attached_files import read_error
from tart.chain.store.chain_store import ChainStore
from tart.chain.store.files import day_file, list_quarantined
from tart.errors import DamagedFile, DiskFull, NoRoom, StorageError
from tart.query.chain_queries import chain
from tart.units import DAY_US
from tests.chain.store.running import (
    NOON,
    Clock,
    damage_column,
    line,
    names,
    open_files,
    open_store,
    slots,
)


@pytest.fixture(scope="module")
def many_blocks(tmp_path_factory):
    """The folder of a store whose tables have several row groups; tests damage copies of it."""
    folder = tmp_path_factory.mktemp("blocks") / "c"
    with open_store(folder) as store:
        for start in range(0, 30_000, 1000):
            store.write(line(range(start, start + 1000)))
    return folder


def test_a_file_that_cannot_be_read_is_renamed_and_the_others_are_served(tmp_path, caplog):
    clock = Clock()
    with open_store(tmp_path / "c", clock) as store:
        store.write(line(range(10, 12)))
        clock.now += DAY_US
        store.write(line(range(20, 22)))
    first, second = sorted((tmp_path / "c").glob("*.duckdb"))
    first.write_bytes(b"no database" * 1000)
    (tmp_path / "c" / "2026-11-01.duckdb.wal").write_bytes(b"alone")
    with open_store(tmp_path / "c", clock) as store:
        assert slots(store) == [20, 21]
        assert store.figures()["quarantined_files"] == 2
        store.write(line(range(30, 32)))
    kept = [path.name for path in (tmp_path / "c").glob("*.corrupt-*")]
    assert len(kept) == 2
    assert "quarantined" in caplog.text
    assert second.exists()


def test_a_damaged_block_costs_its_rows_alone(tmp_path, many_blocks):
    shutil.copytree(many_blocks, tmp_path / "c")
    path = tmp_path / "c" / "2026-11-30.duckdb"
    damage_column(path, "cores", "gas_used")
    with open_store(tmp_path / "c") as store:
        (totals,) = store.answer(chain.Cores(0, 99_999))
        assert 0 < totals.blocks <= 30_000
        assert len(slots(store, limit=10)) == 10
        assert store.figures()["damaged_files"] == 1
        store.write(line(range(70_000, 70_002)))
        assert slots(store, limit=2) == [70_000, 70_001]


def test_a_store_of_another_release_is_not_touched(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 12)))
    path = tmp_path / "c" / "2026-11-30.duckdb"
    with duckdb.connect(str(path)) as file:
        file.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(StorageError, match="schema version 99"):
        ChainStore(tmp_path / "c", 90)
    assert names(tmp_path / "c") == ["2026-11-30.duckdb"]


def test_a_file_with_other_columns_is_quarantined(tmp_path, caplog):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 12)))
    path = tmp_path / "c" / "2026-11-30.duckdb"
    with duckdb.connect(str(path)) as file:
        file.execute("ALTER TABLE cores DROP COLUMN gas_used")
    with open_files(tmp_path / "c") as parts:
        assert dict(parts.index.files) == {}
    assert "its table cores is not that of this release" in caplog.text
    assert len(list_quarantined(tmp_path / "c")) == 1


def test_a_file_without_room_is_attached_again_once_no_query_reads_it(tmp_path):
    with open_files(tmp_path / "c", wait_seconds=0.01) as parts:
        file = day_file(tmp_path / "c", NOON)
        parts.files.create(file)
        full = duckdb.IOException(os.strerror(errno.ENOSPC))
        assert isinstance(parts.files.register_failure(file, full), DiskFull)
        with parts.readers.hold_shared(), pytest.raises(NoRoom, match="queries read it"):
            parts.files.reattach_failed()
        reads = []
        parts.database.reattach = reads.append
        parts.files.reattach_failed()
        parts.files.reattach_failed()
        assert reads == [file]


def test_a_failed_checkpoint_is_logged_and_costs_nothing(tmp_path, caplog):
    def execute(cursor, statement):
        if statement.startswith("CHECKPOINT"):
            raise duckdb.TransactionException("a reader prevents it")
        return cursor.execute(statement)

    with open_store(tmp_path / "c", execute=execute, checkpoint_bytes=1) as store:
        store.write(line(range(10, 12)))
        assert slots(store) == [10, 11]
    assert "no checkpoint" in caplog.text
    assert "a reader prevents it" in caplog.text
    with open_store(tmp_path / "c") as store:
        assert slots(store) == [10, 11]


def test_damage_that_the_start_meets_costs_its_rows_alone(tmp_path, caplog, many_blocks):
    shutil.copytree(many_blocks, tmp_path / "c")
    damage_column(tmp_path / "c" / "2026-11-30.duckdb", "blocks", "slot")
    with open_files(tmp_path / "c") as parts:
        ((file, index),) = parts.index.files.items()
        assert 0 < index.blocks < 30_000
        assert parts.files.is_damaged(file)
    assert "what can be read of it is served" in caplog.text


def test_damage_that_a_write_meets_is_read_around(tmp_path, many_blocks):
    """The first statement fails as DuckDB does where it meets a damaged block."""
    failing = threading.Event()

    def execute(cursor, statement):
        if failing.is_set():
            failing.clear()
            # Any statement that reads the damaged column.
            return cursor.execute("SELECT sum(gas_used) FROM c20787.cores")
        return cursor.execute(statement)

    shutil.copytree(many_blocks, tmp_path / "c")
    damage_column(tmp_path / "c" / "2026-11-30.duckdb", "cores", "gas_used")
    with open_store(tmp_path / "c", execute=execute) as store:
        assert store.figures()["damaged_files"] == 0
        failing.set()
        store.write(line(range(70_000, 70_002)))
        assert store.figures()["damaged_files"] == 1
        assert slots(store, limit=2) == [70_000, 70_001]


def test_other_errors_salvage_nothing(tmp_path):
    with open_files(tmp_path / "c") as parts:
        file = day_file(tmp_path / "c", NOON)
        parts.files.create(file)
        damage = duckdb.IOException("Corrupt database file")
        assert parts.files.salvage([file], ValueError("no error of DuckDB")) is False
        assert parts.files.salvage([file], duckdb.BinderException("no damage")) is False
        assert parts.files.salvage([], damage) is False
        # No block of the file is damaged, whatever the error says.
        assert parts.files.salvage([file], damage) is False
        assert parts.files.is_damaged(file) is False


def test_an_error_of_a_read_names_the_file_that_it_is_about(tmp_path):
    first, second = day_file(tmp_path, NOON), day_file(tmp_path, NOON + DAY_US)
    error = read_error([first, second], duckdb.IOException(f"cannot read {second.path}"))
    assert isinstance(error, DamagedFile)
    assert str(second.path) in str(error)
    error = read_error([first, second], duckdb.IOException("cannot read"))
    assert str(first.path) in str(error)
