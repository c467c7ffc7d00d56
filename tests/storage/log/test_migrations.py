"""Segments of an earlier schema version, opened by this release."""

from __future__ import annotations

import pytest

from tart.config.schema import StorageConfig
from tart.errors import StorageError
from tart.storage.core import earlier_schema
from tart.storage.core.arrow import ArrowTable
from tart.storage.core.files import first_segment, list_quarantined, period_start
from tart.storage.core.log_columns import LogColumns, LogRow
from tart.storage.core.schema import (
    SCHEMA_VERSION,
    PeerRow,
    encode_log,
    encode_rows,
    log_rows_query,
    log_subquery,
)
from tart.storage.log import migrations
from tart.storage.log.database import Database
from tart.storage.open_directory import open_directory
from tests.storage.corruption import zero_block
from tests.storage.running import NOON

U64 = 2**64 - 1
PEERS = [bytes(32), bytes(range(32))]
ROWS = [
    LogRow(0, NOON, 5, 3, 1, 0, 131, None, PEERS[1], None, None, None, b"hash"),
    LogRow(1, NOON, 6, 3, 1, 1, 125, 0, None, 7, 2, None, b""),
    LogRow(2, NOON, 7, 0, 9, 8, 128, 1, PEERS[0], None, None, 4, b"x"),
    LogRow(3, NOON, 7, 0, 9, 9, 128, U64, PEERS[1], None, None, None, b""),
    LogRow(4, NOON, 7, 0, 9, U64, 128, 0, None, None, None, None, b""),
]
# A payload's parts as version 1 stored them, from those of today.
OF_1 = (
    "SELECT seq, received_at, sent_after, node_ahead + session AS node, session, id_ahead, id_far, "
    f"type, parts, CASE WHEN ref IS NULL THEN 0 ELSE ((((event_id::HUGEINT - ref) & {U64}) "
    f"+ {2**63}) % {2**64} - {2**63})::BIGINT END AS ref_back, "
    "coalesce(peer, 0)::INTEGER AS peer_number, last_slot, last_core, last_shard, body"
)


def insert(cursor, table: str, rows: ArrowTable) -> None:
    cursor.register("batch", rows)
    cursor.execute(f"INSERT INTO {table} SELECT * FROM batch")
    cursor.unregister("batch")


@pytest.fixture
def old(tmp_path):
    """A segment of version 1 with ``ROWS``, closed; the same columns under another encoding."""
    file = first_segment(tmp_path, 0, period_start(NOON, 24), 24)
    database = Database(StorageConfig())
    database.attach_writable(file)
    cursor = database.cursor()
    insert(cursor, f"{file.catalog}.log", encode_log(LogColumns.from_rows(ROWS, PEERS)))
    numbered = [PeerRow(*pair) for pair in enumerate(PEERS)]
    insert(cursor, f"{file.catalog}.peers", encode_rows("peers", numbered))
    decoded = log_subquery(file.catalog)
    joined = f"{file.catalog}.log JOIN (SELECT seq, ref, peer, event_id FROM {decoded}) USING (seq)"
    cursor.execute(f"CREATE TABLE {file.catalog}.old AS {OF_1} FROM {joined} ORDER BY seq")
    cursor.execute(f"DROP TABLE {file.catalog}.log")
    cursor.execute(f"ALTER TABLE {file.catalog}.old RENAME TO log")
    cursor.execute(f"UPDATE {file.catalog}.meta SET value = '1' WHERE key = 'schema_version'")
    cursor.execute(f"INSERT INTO {file.catalog}.meta VALUES ('next_sequence', '77')")
    cursor.close()
    database.close()
    return file


@pytest.mark.parametrize("own", [True, False])
def test_events_of_an_earlier_file_are_served_as_they_were(old, tmp_path, own):
    database = Database(StorageConfig())
    files, state = open_directory(database, tmp_path, 0, own=own)

    cursor = database.cursor()
    rows = cursor.execute(log_rows_query(files[0].catalog)).fetchall()
    assert [LogRow(*row) for row in rows] == ROWS
    assert (files, state.next_sequence) == ([old], 77)
    assert database.version(old) == str(SCHEMA_VERSION)
    cursor.close()
    database.close()


def test_a_reader_of_a_stopped_directory_converts_rows_and_changes_no_file(old, tmp_path):
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    database = Database(StorageConfig())
    database.attach_read_only_with_wal(old)
    cursor = database.cursor()
    alias = database.readable(old).alias
    rows = cursor.execute(log_rows_query(alias)).fetchall()
    numbers = cursor.execute(f"SELECT value FROM {alias}.meta WHERE key LIKE 'next%'").fetchall()
    cursor.close()
    database.detach(old)
    assert not database.readable(old).salvaged
    database.attach_read_only_with_wal(old)
    database.close()

    assert ([LogRow(*row) for row in rows], numbers) == (ROWS, [("77",)])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_is_readable_of_a_damaged_earlier_file_is_converted(old):
    zero_block(old.path, "body")
    database = Database(StorageConfig())
    database.attach_read_only_with_wal(old)
    assert database.salvage(old)
    cursor = database.cursor()
    readable = database.readable(old)
    assert cursor.execute(log_rows_query(readable.alias)).fetchall() == []
    assert len(cursor.execute(f"SELECT * FROM {readable.alias}.peers").fetchall()) == len(PEERS)
    cursor.close()
    database.close()


def test_a_damaged_earlier_file_is_quarantined_whole(old, tmp_path):
    zero_block(old.path, "body")
    damaged = old.path.read_bytes()
    database = Database(StorageConfig())
    files, _ = open_directory(database, tmp_path, 0, own=True)
    database.close()

    (quarantined,) = list_quarantined(tmp_path, 0)
    assert quarantined.read_bytes() == damaged
    assert files == [old]  # an empty one in its place


def test_an_interrupted_migration_leaves_the_old_file(old, tmp_path, monkeypatch):
    before = old.path.read_bytes()
    database = Database(StorageConfig())
    broken = {**earlier_schema._CHANGED, "last_target": "no_such_column"}
    monkeypatch.setattr(earlier_schema, "_CHANGED", broken)

    with pytest.raises(StorageError):
        open_directory(database, tmp_path, 0, own=True)

    assert old.path.read_bytes() == before
    database.close()


def test_a_file_of_an_unknown_version_stays_as_it_is(old, tmp_path):
    database = Database(StorageConfig())
    database.attach_of_any_version(old)
    database.detach(old)
    assert not migrations.migrate(database, old)  # not attached
    database.close()
