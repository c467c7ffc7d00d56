"""``tart/storage/log/damage.py``: rows of a damaged block are unreadable, and no others."""

from contextlib import closing

import duckdb
import pytest

from tart.config.schema import StorageConfig
from tart.errors import DamagedFile
from tart.storage.core.files import list_files
from tart.storage.core.schema import NodeRow
from tart.storage.log.damage import VECTOR_ROWS, find_by_checksum, find_by_reading
from tart.storage.log.database import Database
from tests.storage.corruption import zero_block
from tests.storage.running import PEERS, batch, day, event, opened, write

ROWS = 3 * VECTOR_ROWS


@pytest.fixture
def file(tmp_path):
    first = batch(
        *(event(seq, body=seq.to_bytes(4, "big") * 16) for seq in range(ROWS)),
        nodes=[NodeRow(0, PEERS[0])],
        sessions=[opened(0)],
    )
    write(tmp_path, first)
    return list_files(tmp_path, 0)[0]


@pytest.fixture
def database():
    with closing(Database(StorageConfig())) as opened_:
        yield opened_


def rows(database, file, what="seq", table="log"):
    with closing(database.cursor()) as cursor:
        return cursor.execute(f"SELECT {what} FROM {file.alias}.{table}").fetchall()


def test_an_intact_file_has_no_damage(file, database):
    database.attach_readable(file)
    with closing(database.cursor()) as cursor:
        assert find_by_checksum(cursor, file).unreadable == {}
        assert find_by_reading(cursor, file).unreadable == {}
    assert not database.salvage(file)
    assert not database.readable(file).salvaged


def covered(damage):
    """The rows of the log that cannot be read in full."""
    return {row for each in damage.unreadable["log"] for row in range(each.first, each.end)}


@pytest.mark.parametrize("column", ["body", "seq", "last_slot"])
def test_rows_of_a_damaged_block_are_left_out_and_all_others_are_read(file, database, column):
    zero_block(file.path, column)
    database.attach_readable(file)
    with pytest.raises(duckdb.Error, match="does not match stored checksum"):
        rows(database, file, column)
    assert database.salvage(file)
    assert not database.salvage(file)  # nothing new
    with closing(database.cursor()) as cursor:
        by_blocks, by_reading = find_by_checksum(cursor, file), find_by_reading(cursor, file)
    assert covered(by_blocks) == covered(by_reading)
    readable = database.readable(file)
    lost = {
        seq
        for each in by_blocks.unreadable["log"]
        if each.row_is_lost
        for seq in range(each.first, each.end)
    }
    found = {seq for seq, _, _ in rows(database, readable, "seq, body, last_slot")}
    assert found == set(range(ROWS)) - lost
    assert rows(database, readable, "node", "nodes") == [(0,)]


def test_an_event_that_lacks_only_inherited_values_is_read_without_them(file, database):
    with closing(duckdb.connect(str(file.path))) as connection:
        # So that slots lie in a block of their own.
        connection.execute("UPDATE log SET last_slot = hash(seq) % 4000000000")
        connection.execute("CHECKPOINT")
    zero_block(file.path, "last_slot")
    database.attach_readable(file)
    assert database.salvage(file)
    damage = database.damage(file)
    if all(each.row_is_lost for each in damage.unreadable["log"]):
        pytest.skip("slots share their block with indispensable columns")
    readable = database.readable(file)
    assert len(rows(database, readable, "seq, body")) == ROWS
    assert {slot for (slot,) in rows(database, readable, "last_slot")} >= {None}


def test_rows_added_to_a_damaged_file_are_read(file, database):
    zero_block(file.path, "body")
    database.attach_writable(file)
    assert database.salvage(file)
    readable = database.readable(file)
    before = len(rows(database, readable))
    with closing(database.cursor()) as cursor:
        cursor.execute(
            f"INSERT INTO {file.catalog}.log SELECT * REPLACE (seq + {ROWS} AS seq) "
            f"FROM {readable.alias}.log LIMIT 10"
        )
        cursor.execute(f"CHECKPOINT {file.catalog}")
    assert len(rows(database, readable, "seq, body")) == before + 10


def test_the_newest_rows_of_a_damaged_file_can_be_queried(file, database):
    """DuckDB 2.0.0 fails on these with its late materialization."""
    zero_block(file.path, "body")
    database.attach_readable(file)
    assert database.salvage(file)
    readable = database.readable(file)
    with closing(database.cursor()) as cursor:
        found = cursor.execute(
            f"SELECT * FROM {readable.alias}.log WHERE seq >= 5000 ORDER BY seq DESC LIMIT 3"
        ).fetchall()
    assert [row[0] for row in found] == [ROWS - 1, ROWS - 2, ROWS - 3]


def test_a_damaged_meta_table_makes_no_event_unreadable(file, database):
    zero_block(file.path, "value", "meta")
    database.attach_readable(file)
    assert database.damage(file).unreadable.keys() == {"meta"}
    assert len(rows(database, database.readable(file), "seq, body")) == ROWS


def test_a_file_of_another_directory_is_refused(file, database, tmp_path):
    (tmp_path / "01").mkdir()
    file.path.rename(tmp_path / "01" / file.path.name)
    (moved,) = list_files(tmp_path, 1)
    with pytest.raises(DamagedFile, match="is a file of directory 0"):
        database.attach_readable(moved)
    assert day(tmp_path, directory=1).exists()
