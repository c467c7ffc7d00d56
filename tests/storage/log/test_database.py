"""``tart/storage/log/database.py``: one DuckDB instance, files that come whole or not at all."""

import shutil
import threading
from contextlib import closing

import duckdb
import pytest

from tart.config.schema import StorageConfig
from tart.errors import DamagedFile, DiskFull, OutOfMemory, StorageError
from tart.storage.core.files import first_segment, period_start
from tart.storage.core.schema import SCHEMA_VERSION, TABLES
from tart.storage.log.database import Database, bytes_on_disk, storage_error
from tests.storage.running import NOON, contents


def file_at(root, directory=0):
    return first_segment(root, directory, period_start(NOON, 24), 24)


def database():
    return closing(Database(StorageConfig()))


def made(root, rows=0):
    """A complete file with some nodes."""
    file = file_at(root)
    with database() as base:
        base.attach_writable(file)
        with closing(base.cursor()) as cursor:
            cursor.execute(f"INSERT INTO {file.alias}.nodes SELECT range, '' FROM range({rows})")
    return file


def left_behind(root, elsewhere):
    """A file whose process died before it could checkpoint."""
    file = file_at(root)
    with database() as base:
        base.attach_writable(file_at(elsewhere))
        with closing(base.cursor()) as cursor:
            cursor.execute(f"INSERT INTO {file.alias}.nodes SELECT range, '' FROM range(5)")
            shutil.copytree(elsewhere, root, dirs_exist_ok=True)
    assert file.wal.exists()
    return file


def test_a_new_file_has_every_table_and_names_its_directory(tmp_path):
    file = made(tmp_path)
    assert dict(contents(file.path, "meta")) == {
        "schema_version": str(SCHEMA_VERSION),
        "directory": "0",
    }
    assert all(contents(file.path, table) == [] for table in TABLES)


def test_files_are_written_in_the_format_of_duckdb_1_5(tmp_path):
    assert int.from_bytes(made(tmp_path).path.read_bytes()[12:20], "little") == 68


def test_a_complete_file_has_no_other_file_beside_it(tmp_path):
    file = made(tmp_path)
    assert list(file.path.parent.iterdir()) == [file.path]


def test_an_existing_file_is_attached_unchanged(tmp_path):
    file = made(tmp_path, rows=3)
    with database() as base:
        base.attach_writable(file)
    assert len(contents(file.path, "nodes")) == 3


@pytest.mark.parametrize("size", [0, 100, 4096, 12288, None])
@pytest.mark.parametrize("with_log", [False, True])
def test_an_incomplete_file_of_a_killed_process_is_replaced(tmp_path, size, with_log):
    """DuckDB itself refuses to open what it was killed while creating."""
    file = left_behind(tmp_path / "shards", tmp_path / "elsewhere")
    file.draft.path.write_bytes(file.path.read_bytes()[:size])
    if with_log:
        file.wal.rename(file.draft.wal)
    file.path.unlink()
    file.wal.unlink(missing_ok=True)

    with database() as base:
        base.attach_writable(file)

    assert contents(file.path, "nodes") == []
    assert list(file.path.parent.iterdir()) == [file.path]


def test_the_wal_of_a_file_that_is_not_written_to_is_merged(tmp_path):
    file = left_behind(tmp_path / "shards", tmp_path / "elsewhere")
    with database() as base:
        base.attach_readable(file)
        assert not file.has_wal()
    assert len(contents(file.path, "nodes")) == 5


def test_a_file_attached_for_reading_cannot_be_written(tmp_path):
    file = made(tmp_path)
    with database() as base, closing(base.cursor()) as cursor:
        base.attach_readable(file)
        with pytest.raises(duckdb.Error, match="read-only"):
            cursor.execute(f"INSERT INTO {file.alias}.nodes VALUES (1, '')")


@pytest.mark.parametrize("attach", [Database.attach_readable, Database.attach_writable])
def test_a_file_of_another_schema_is_refused_by_name_and_version(tmp_path, attach):
    file = made(tmp_path)
    with closing(duckdb.connect(str(file.path))) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with database() as base, pytest.raises(StorageError, match=r"2026-11-21.*version 99.*reads 2"):
        attach(base, file)


@pytest.mark.parametrize("attach", [Database.attach_readable, Database.attach_writable])
def test_a_file_that_is_not_a_database_is_refused_by_name(tmp_path, attach):
    file = file_at(tmp_path)
    file.path.parent.mkdir()
    file.path.write_bytes(b"no database" * 1000)
    with database() as base, pytest.raises(StorageError, match="2026-11-21"):
        attach(base, file)


def test_a_file_without_the_tables_is_refused(tmp_path):
    file = file_at(tmp_path)
    file.path.parent.mkdir()
    config = {"storage_compatibility_version": "v1.5.0"}
    duckdb.connect(str(file.path), config=config).close()
    with database() as base, pytest.raises(StorageError, match="meta"):
        base.attach_writable(file)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (duckdb.IOException("Could not write file: No space left on device"), DiskFull),
        (duckdb.TransactionException("Failed to commit: Disk quota exceeded"), DiskFull),
        (duckdb.IOException("Corrupt database file: computed checksum 1 does not"), DamagedFile),
        (duckdb.Error("Corrupt WAL file: entry at byte position 58"), DamagedFile),
        (duckdb.IOException("not a valid DuckDB database file!"), DamagedFile),
        (duckdb.IOException("Could not set lock on file: Conflicting lock"), StorageError),
        (duckdb.IOException("Cannot open file: Permission denied"), StorageError),
        (duckdb.IOException("Cannot open file: Too many open files"), StorageError),
        (duckdb.IOException("Could not read: Input/output error"), StorageError),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to offload"), OutOfMemory),
        (duckdb.TransactionException("Failed to commit: failed to pin block"), OutOfMemory),
        (duckdb.TransactionException("Failed to commit: conflict"), StorageError),
        (duckdb.CatalogException("Table meta does not exist"), StorageError),
    ],
)
def test_an_error_means_no_space_damage_or_neither(tmp_path, error, kind):
    """Only damage moves a file out of the way: the machine's faults are not the file's."""
    assert type(storage_error(file_at(tmp_path), error)) is kind


def test_a_directory_that_cannot_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "00").touch()
    with database() as base, pytest.raises(StorageError, match="2026-11-21"):
        base.attach_writable(file_at(tmp_path))


def test_paths_may_hold_quotes_and_blanks(tmp_path):
    assert made(tmp_path / "it's a 'test'").path.exists()


def test_duckdb_reads_no_variables_loads_nothing_and_takes_its_limits_from_the_settings():
    secret = [1, 2, 3]
    limited = StorageConfig(memory_limit="100MB", threads=1)
    with closing(Database(limited)) as base, closing(base.cursor()) as cursor:
        settings = dict(cursor.execute("SELECT name, value FROM duckdb_settings()").fetchall())
        with pytest.raises(duckdb.Error, match="secret"):
            cursor.execute("SELECT * FROM secret")
    assert secret
    assert settings["threads"] == "1"
    assert settings["memory_limit"].startswith("95.3")
    assert settings["autoload_known_extensions"] == "false"
    assert settings["autoinstall_known_extensions"] == "false"


def test_settings_duckdb_does_not_take_are_a_storage_error():
    with pytest.raises(StorageError, match="DuckDB does not start"):
        Database(StorageConfig(memory_limit="a lot"))


def test_cursors_are_independent_of_one_another(tmp_path):
    file = file_at(tmp_path)
    with database() as base, closing(base.cursor()) as writes, closing(base.cursor()) as reads:
        base.attach_writable(file)
        count = f"SELECT count(*) FROM {file.alias}.nodes"
        writes.begin()
        writes.execute(f"INSERT INTO {file.alias}.nodes VALUES (1, '')")
        before = reads.execute(count).fetchall()
        writes.commit()
        assert (before, reads.execute(count).fetchall()) == ([(0,)], [(1,)])


def test_cursors_can_be_made_while_files_are_attached(tmp_path):
    with database() as base:
        failures = []

        def ask():
            try:
                for _ in range(50):
                    base.cursor().close()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for each in threads:
            each.start()
        for directory in range(5):
            base.attach_writable(file_at(tmp_path, directory))
        for each in threads:
            each.join()
    assert failures == []


def test_bytes_on_disk_include_files_and_wals_of_the_given_directories(tmp_path):
    for name, size in (
        ("00/2026-11-20.duckdb", 10),
        ("00/2026-11-21.duckdb", 20),
        ("00/2026-11-21.duckdb.wal", 5),
        ("01/2026-11-21.duckdb", 1000),
        ("00/notes.txt", 7),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(size))
    assert bytes_on_disk(tmp_path, [0]) == (2, 35)
    assert bytes_on_disk(tmp_path, [0, 1, 2]) == (3, 1035)


def test_a_wal_removed_meanwhile_does_not_fail_the_size(tmp_path):
    directory = tmp_path / "00"
    directory.mkdir()
    (directory / "2026-11-21.duckdb").write_bytes(bytes(10))
    # Listed, and gone when it is looked at.
    (directory / "2026-11-21.duckdb.wal").symlink_to(tmp_path / "gone")
    assert bytes_on_disk(tmp_path, [0]) == (1, 10)


@pytest.mark.slow
def test_the_instance_is_closed_after_every_statement_and_cursor(tmp_path):
    """DuckDB closes all cursors with the instance, whatever they are at."""
    for round_ in range(20):
        file = made(tmp_path / str(round_), rows=50_000)
        base = Database(StorageConfig())
        base.attach_writable(file)
        going, closed, ended = threading.Barrier(4), threading.Event(), []

        def use(base=base, file=file, closed=closed):
            while True:
                with closing(base.cursor()) as cursor:
                    statement = f"SELECT sum(hash(n.node)) FROM {file.alias}.nodes AS n"
                    cursor.execute(statement).fetchall()
                    assert not closed.is_set()
                base.note(file, {f"k{threading.get_ident()}": 1})

        def work(use=use, going=going, ended=ended):
            going.wait()
            with pytest.raises(StorageError, match="closed already"):
                use()
            ended.append(True)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        going.wait()
        base.close()
        closed.set()
        for thread in threads:
            thread.join()
        assert len(ended) == 3


def test_an_instance_whose_cursor_is_never_closed_is_left_open(caplog):
    base = Database(StorageConfig())
    cursor = base.cursor()
    base.close(0.01)
    assert "left open" in caplog.text
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    cursor.close()
    cursor.close()
    base.close()


def test_cached_blocks_are_dropped_down_to_what_is_kept(tmp_path):
    file = made(tmp_path)
    read = f"SELECT count(DISTINCT peer_id) FROM {file.catalog}.nodes"
    cached = "SELECT sum(memory_usage_bytes) FROM duckdb_memory() WHERE tag = 'BASE_TABLE'"
    with database() as base:
        base.attach_writable(file)
        with closing(base.cursor()) as cursor:
            cursor.execute(
                f"INSERT INTO {file.catalog}.nodes "
                "SELECT i, encode(md5(i::VARCHAR)) FROM range(200000) rows(i)"
            )
            cursor.execute(f"CHECKPOINT {file.catalog}")
            cursor.execute(read)
            ((before,),) = cursor.execute(cached).fetchall()
            limit = cursor.execute("SELECT current_setting('memory_limit')").fetchall()

            used = base.trim_cache(1 << 20)

            assert used >= before > 2 << 20
            assert base.trim_cache(1 << 20) < used
            assert cursor.execute(cached).fetchall()[0][0] <= 1 << 20
            assert cursor.execute("SELECT current_setting('memory_limit')").fetchall() == limit
            assert cursor.execute(read).fetchall() == [(200_000,)]
