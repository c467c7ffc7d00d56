"""``tart/storage/core/schema.py``: rows become columns and come back as they were."""

import zlib
from contextlib import closing

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.storage.core.log_columns import LogColumns, LogRow
from tart.storage.core.schema import (
    DDL,
    LOG_COLUMNS,
    SCHEMA_VERSION,
    NodeRow,
    PeerRow,
    SessionRow,
    UndecodableRow,
    encode_log,
    encode_rows,
    log_rows_query,
    log_subquery,
    read_log_numbers,
    usual_parts,
)
from tart.units import JCE_US
from tests.cases import examples

ROWS = {
    "log": LogRow,
    "nodes": NodeRow,
    "peers": PeerRow,
    "sessions": SessionRow,
    "undecodable": UndecodableRow,
}
PEERS = [bytes(32), bytes(range(32)), b"\xff" * 32]
U64 = 2**64 - 1
NOON = 1_795_262_400_000_000  # 2026-11-21T12:00Z
EVERY_BYTE = bytes(range(256))

LOG = {
    "nothing at all": LogRow(0, 0, 0, 0, 0, 0, 0, None, None, None, None, None, b""),
    "the highest of everything": LogRow(
        2**63 - 1,
        2**62,
        U64,
        2**31 - 1,
        2**31 - 1,
        U64,
        255,
        U64,
        PEERS[2],
        2**32 - 1,
        65535,
        65535,
        b"\xff" * 9,
    ),
    "zeros that are not NULL": LogRow(1, 1, 0, 0, 0, 0, 0, 0, PEERS[0], 0, 0, 0, b"\0"),
    "every byte": LogRow(2, 3, 4, 5, 6, 7, 8, 9, PEERS[1], 10, 11, 12, EVERY_BYTE),
}
SESSIONS = {
    "opened": SessionRow(0, 5, "opened", 1, "192.0.2.1:4", b"\0hello\0", None, None),
    "closed": SessionRow(0, 6, "closed", 1, "[::1]:4", b"", '{"events": 1}', "gone"),
    "refused": SessionRow(2**31 - 1, 7, "refused", None, "", b"", None, "NUL \0 and ½"),
}
UNDECODABLE = {
    "all known": UndecodableRow(1, 2, 3, 4, U64, 6, "rule", "a.b", 2**32 - 1, "é", EVERY_BYTE),
    "nothing known": UndecodableRow(1, 2, None, 4, None, None, "", "", 0, "", b""),
}
NODES = {"a key": NodeRow(2**31 - 1, EVERY_BYTE[:32]), "zeros": NodeRow(0, bytes(32))}

CASES = [
    pytest.param(table, row, id=f"{table}: {name}")
    for table, rows in (
        ("log", LOG),
        ("sessions", SESSIONS),
        ("undecodable", UNDECODABLE),
        ("nodes", NODES),
        ("peers", {"a key": PeerRow(2**31 - 1, EVERY_BYTE[:32])}),
    )
    for name, row in rows.items()
]


def through_duckdb(table, rows):
    """Rows after a table of ours has held them."""
    with closing(duckdb.connect(":memory:")) as connection:
        for statement in DDL:
            connection.execute(statement.format(file="memory"))
        columns = (
            encode_log(LogColumns.from_rows(rows, PEERS))
            if table == "log"
            else encode_rows(table, rows)
        )
        connection.register("batch", columns)
        connection.execute(f"INSERT INTO {table} SELECT * FROM batch")
        connection.unregister("batch")
        if table == "log":
            numbered = [PeerRow(*each) for each in enumerate(PEERS)]
            connection.register("batch", encode_rows("peers", numbered))
            connection.execute("INSERT INTO peers SELECT * FROM batch")
            found = connection.execute(log_rows_query("memory")).fetchall()
            return [LogRow(*each) for each in found]
        columns = ", ".join(
            f"epoch_us({name})" if name.endswith("_at") else name for name in ROWS[table]._fields
        )
        found = connection.execute(f"SELECT {columns} FROM {table} ORDER BY rowid").fetchall()
    return [ROWS[table](*each) for each in found]


def test_the_declared_tables_are_those_of_the_schema_version():
    # A change of these statements makes stored files unreadable: it needs a new SCHEMA_VERSION.
    assert SCHEMA_VERSION == 2
    assert DDL == (
        "CREATE TABLE {file}.meta (key VARCHAR, value VARCHAR)",
        "CREATE TABLE {file}.log (seq BIGINT, received_at TIMESTAMP, sent_after BIGINT, "
        "node_ahead INTEGER, session INTEGER, id_ahead INTEGER, id_far INTEGER, type UTINYINT, "
        "parts UTINYINT, peer_or_back BIGINT, last_target BIGINT, last_slot UINTEGER, "
        "last_core USMALLINT, last_shard USMALLINT, body BLOB)",
        "CREATE TABLE {file}.nodes (node INTEGER, peer_id BLOB)",
        "CREATE TABLE {file}.peers (peer INTEGER, peer_id BLOB)",
        "CREATE TABLE {file}.sessions (session INTEGER, happened_at TIMESTAMP, what VARCHAR, "
        "node INTEGER, address VARCHAR, node_information BLOB, counters VARCHAR, reason VARCHAR)",
        "CREATE TABLE {file}.undecodable (seq BIGINT, received_at TIMESTAMP, node INTEGER, "
        "session INTEGER, event_id UBIGINT, type UTINYINT, rule VARCHAR, field VARCHAR, "
        "byte_offset UINTEGER, expectation VARCHAR, frame BLOB)",
    )


def test_the_decoded_log_has_the_columns_of_log_row():
    assert [*LogRow._fields, "last_slot", "last_core"] == list(LOG_COLUMNS)


@pytest.mark.no_cover
@pytest.mark.parametrize(("table", "row"), CASES)
def test_a_row_comes_back_from_duckdb_as_it_was(table, row):
    assert through_duckdb(table, [row]) == [row]


def test_many_rows_keep_their_order():
    rows = [LOG["every byte"]._replace(seq=seq, body=b"%d" % seq) for seq in range(3000)]
    assert through_duckdb("log", rows) == rows


@pytest.mark.no_cover
@pytest.mark.slow
@examples(0.2)
@given(
    st.lists(
        st.builds(
            LogRow,
            seq=st.integers(0, 2**63 - 1),
            received_at=st.integers(0, 2**53),
            timestamp=st.integers(0, U64),
            node=st.integers(0, 2**31 - 1),
            session=st.integers(0, 2**31 - 1),
            event_id=st.integers(0, U64),
            type=st.integers(0, 255),
            ref=st.none() | st.integers(0, U64),
            peer=st.none() | st.sampled_from(PEERS),
            slot=st.none() | st.integers(0, 2**32 - 1),
            core=st.none() | st.integers(0, 65535),
            shard_index=st.none() | st.integers(0, 65535),
            body=st.binary(max_size=300),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row.seq,
    )
)
def test_any_rows_come_back_from_duckdb_as_they_were(rows):
    assert through_duckdb("log", rows) == sorted(rows, key=lambda row: row.seq)


def stored_columns(rows):
    """The stored columns, by name."""
    with closing(duckdb.connect(":memory:")) as connection:
        batch = encode_log(LogColumns.from_rows(rows, PEERS))
        connection.register("batch", batch)
        found = connection.execute("SELECT * FROM batch").fetchnumpy()
    return {name: values.tolist() for name, values in found.items() if name != "received_at"}


def test_numbers_are_stored_as_deltas():
    near = LogRow(100, NOON, NOON - JCE_US - 5, 0, 0, 102, 128, 99, PEERS[1], None, None, None, b"")
    stored = stored_columns([near])
    assert (stored["sent_after"], stored["id_ahead"], stored["last_target"]) == ([-5], [2], [97])
    assert (stored["parts"], stored["peer_or_back"]) == ([0], [1])
    unnamed = stored_columns([near._replace(peer=None, node=7, session=5)])
    assert (unnamed["peer_or_back"], unnamed["node_ahead"]) == ([3], [2])


def test_events_that_refer_to_one_event_store_one_number():
    # One assurance that is distributed to three peers, between other events.
    rows = [
        LogRow(100, 0, 0, 0, 0, 10, 128, 9, PEERS[0], None, None, None, b""),
        LogRow(101, 0, 0, 0, 0, 11, 131, None, PEERS[2], None, None, None, b"h"),
        LogRow(102, 0, 0, 0, 0, 12, 128, 9, PEERS[1], None, None, None, b""),
        LogRow(103, 0, 0, 0, 0, 13, 125, 5, None, None, None, None, b""),
        LogRow(104, 0, 0, 0, 0, 14, 128, 9, PEERS[2], None, None, None, b""),
    ]
    stored = stored_columns(rows)
    assert stored["last_target"] == [99] * 5
    assert stored["peer_or_back"] == [0, 2, 1, 8, 2]
    assert through_duckdb("log", rows) == rows


def test_parts_record_the_difference_from_the_usual_parts_of_the_type():
    usual = LogRow(0, 0, 0, 0, 0, 0, 128, 1, PEERS[0], None, None, None, b"")
    rows = [usual, usual._replace(seq=1, peer=None), usual._replace(seq=2, ref=None, core=9)]
    assert stored_columns(rows)["parts"] == [0, 0b00010, 0b01001]
    assert through_duckdb("log", rows) == rows


def test_an_absent_slot_is_stored_as_the_previous_one_and_read_as_null():
    rows = [
        LogRow(seq, 0, 0, 0, 0, 0, 11, None, None, slot, None, None, b"")
        for seq, slot in enumerate([None, 7, None, None, 8])
    ]
    assert stored_columns(rows)["last_slot"] == [7, 7, 7, 7, 8]
    assert [row.slot for row in through_duckdb("log", rows)] == [None, 7, None, None, 8]


def test_a_peer_number_without_a_peer_id_reads_as_null():
    with closing(duckdb.connect(":memory:")) as connection:
        for statement in DDL:
            connection.execute(statement.format(file="memory"))
        connection.register("batch", encode_log(LogColumns.from_rows([LOG["every byte"]], PEERS)))
        connection.execute("INSERT INTO log SELECT * FROM batch")
        assert connection.execute(log_rows_query("memory")).fetchall() == [
            LOG["every byte"]._replace(peer=None)
        ]
        assert connection.execute(f"SELECT peer FROM {log_subquery('memory')}").fetchall() == [(1,)]


def test_the_usual_parts_of_event_types_are_those_of_the_schema_version():
    # A change of this number makes stored files unreadable: it needs a new SCHEMA_VERSION.
    assert (SCHEMA_VERSION, zlib.crc32(usual_parts().tobytes())) == (2, 4205219816)


def test_numbers_are_read_without_rows():
    rows = [
        LogRow(5, NOON, 5, 3, 1, 0, 125, None, None, 7, 2, None, b""),
        LogRow(6, NOON, 6, 3, 1, U64, 128, 4, PEERS[1], None, None, None, b"x"),
        LogRow(7, NOON, 7, 3, 2, 9, 128, 8, None, None, None, None, b""),
    ]
    with closing(duckdb.connect(":memory:")) as connection:
        for statement in DDL:
            connection.execute(statement.format(file="memory"))
        connection.register("batch", encode_log(LogColumns.from_rows(rows, PEERS)))
        connection.execute("INSERT INTO log SELECT * FROM batch")
        columns = read_log_numbers(connection, "memory", "seq >= 5")
        assert [column.tolist() for column in columns] == [
            [5, 6, 7],
            [1, 1, 2],
            [0, U64, 9],
            [125, 128, 128],
            [0, 4, 8],
        ]
        assert [
            len(column) for column in read_log_numbers(connection, "memory", "session = 2")
        ] == [1] * 5
