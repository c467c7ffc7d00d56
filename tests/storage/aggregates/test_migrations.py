"""Aggregates of an earlier schema, opened by this release."""

from __future__ import annotations

from contextlib import closing, contextmanager

import duckdb
import pytest

from tart.config.schema import StorageConfig
from tart.errors import StorageError
from tart.storage.aggregates import migrations as module
from tart.storage.aggregates.database import LAYOUT, SCHEMA_VERSION, aggregate_file, check_layout
from tart.storage.aggregates.migrations import migrate
from tart.storage.log.database import Database

# What the columns of version 1 were that have another type now.
OF_1 = {
    "UBIGINT": {
        "status": [name for name in LAYOUT["status"] if name.startswith("sum_")],
        "authorizations": ["gas", "elapsed_ns"],
        "refinements": ["gas", "elapsed_ns"],
        "executions": ["elapsed_ns"],
        "blocks": ["gas", "elapsed_ns"],
        "packages": ["refine_gas_limit", "refine_gas", "refine_ns"],
        "sessions": ["dropped"],
        "open_sessions": ["dropped"],
    },
    "USMALLINT": {
        "packages": ["items", "shared", "signatures", "sending", "sent", "send_failed"],
    },
}


# What earlier versions did not have.
ADDED = {
    "failures": ["template", "first_at"],
    "deliveries": [*LAYOUT["deliveries"]],
    "authorizations": ["load_ns"],
    "refinements": ["load_ns"],
    "executions": ["load_ns", "items", "transfers"],
    "packages": ["services", "item_gas"],
}
OLD_TABLES = [table for table in LAYOUT if table != "deliveries"]


def columns_of_1(table):
    found = {name: kind for name, kind in LAYOUT[table].items() if name not in ADDED.get(table, ())}
    for kind, tables in OF_1.items():
        found |= dict.fromkeys(tables.get(table, ()), kind)
    return found


def value(kind, row):
    """One of that type; extreme where it is a number."""
    return {
        "VARCHAR": f"'{row}'",
        "BLOB": f"'\\x0{row}'::BLOB",
        "TIMESTAMP": f"make_timestamp({row}::BIGINT)",
        "UBIGINT": str(2**64 - 1 - row),
        "USMALLINT": str(2**16 - 1 - row),
    }.get(kind, str(row))


@contextmanager
def opened(file):
    """A file by itself, in the format that tart writes."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET wal_autocheckpoint = '1GB'")
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute(f"ATTACH '{file.path}' AS it (STORAGE_VERSION 'v1.5.0')")
        connection.execute("USE it")
        yield connection


@pytest.fixture
def database():
    with closing(Database(StorageConfig())) as database:
        yield database


@pytest.fixture
def old(tmp_path):
    """A file of version 1 with two rows in each table, the second only in its log."""
    file = aggregate_file(tmp_path, 3)
    file.path.parent.mkdir()
    with opened(file) as connection:
        for table in OLD_TABLES:
            columns = columns_of_1(table)
            listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"CREATE TABLE {table} ({listed})")
        connection.execute(
            "INSERT INTO meta VALUES ('schema_version', '1'), ('directory', '3'), ('more', '9')"
        )
        for row in (1, 2):
            for table in set(OLD_TABLES) - {"meta"}:
                values = ", ".join(value(kind, row) for kind in columns_of_1(table).values())
                connection.execute(f"INSERT INTO {table} VALUES ({values})")
            if row == 1:
                connection.execute("CHECKPOINT")
    assert file.has_wal()
    return file


def rows(database, file):
    """The rows of the tables that version 1 had, without the columns that are new."""
    with closing(database.cursor()) as cursor:
        return {
            table: sorted(
                cursor.execute(
                    f"SELECT {', '.join(columns_of_1(table))} FROM {file.alias}.{table}"
                ).fetchall(),
                key=repr,
            )
            for table in OLD_TABLES
        }


def test_a_migration_copies_every_row_into_the_types_of_this_release(database, old):
    with opened(old) as connection:
        before = {
            table: sorted(connection.execute(f"FROM {table}").fetchall(), key=repr)
            for table in OLD_TABLES
        }
    migrate(database, old)
    database.attach_writable(old)
    with closing(database.cursor()) as cursor:
        check_layout(cursor, old)
    after = rows(database, old)
    assert dict(after.pop("meta")) == {
        **dict(before.pop("meta")),
        "schema_version": str(SCHEMA_VERSION),
    }
    assert after == before
    assert all(len(each) == 2 for each in after.values())
    with closing(database.cursor()) as cursor:
        added = [
            f"SELECT {column} FROM {old.alias}.{table}"
            for table in ADDED
            for column in ADDED[table]
        ]
        assert {row for query in added for row in cursor.execute(query).fetchall()} == {(None,)}
    assert not list(old.path.parent.glob("*.new*"))


def test_a_file_of_this_release_is_not_migrated(database, tmp_path):
    file = aggregate_file(tmp_path, 3)
    migrate(database, file)
    assert not file.path.exists()
    database.attach_writable(file)
    database.detach(file)
    inode = file.path.stat().st_ino
    migrate(database, file)
    assert file.path.stat().st_ino == inode
    database.attach_writable(file)


def test_a_migration_that_fails_leaves_the_old_file_whole(database, old, monkeypatch):
    monkeypatch.setattr(module, "_copy_statement", lambda *_: "SELECT error('died')")
    with pytest.raises(StorageError):
        migrate(database, old)
    monkeypatch.undo()
    migrate(database, old)
    database.attach_writable(old)
    assert len(rows(database, old)["packages"]) == 2


def test_a_file_of_an_unknown_version_is_refused_unchanged(database, old):
    with opened(old) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    migrate(database, old)
    with pytest.raises(StorageError, match="schema version 99"):
        database.attach_writable(old)
