"""``tart/storage/log/log_rows.py``: rows as DuckDB's expressions decode them, only sooner."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogColumns, LogRow
from tart.storage.core.schema import PeerRow, encode_log, encode_rows, log_rows_query
from tart.storage.log.log_rows import read_rows
from tests.cases import examples
from tests.storage.core.test_schema import LOG, PEERS, U64

FILE = LogFile(0, 0, Path("none.duckdb"))
CONDITIONS = [
    "true",
    "type = 11",
    "type IN (11, 128) AND node = 1",
    "slot = 3 AND last_slot = 3",
    "core = 2",
    "ref = 7 OR event_id = 7",
    "peer IN (SELECT peer FROM f00_0.peers WHERE peer_id = unhex('00'))",
    "peer IS NOT NULL AND shard_index >= 1",
    "timestamp > 5 AND received_at >= make_timestamp(9)",
    "contains(hex(body), '61')",
    "false",
]
SMALL = st.integers(0, 9)
ROWS = st.lists(
    st.builds(
        LogRow,
        seq=st.integers(0, 2**63 - 1),
        received_at=st.integers(0, 2**53) | SMALL,
        timestamp=st.integers(0, U64) | SMALL,
        node=SMALL,
        session=SMALL,
        event_id=st.integers(0, U64) | SMALL,
        type=st.sampled_from([11, 128, 255]),
        ref=st.none() | st.integers(0, U64) | SMALL,
        peer=st.none() | st.sampled_from(PEERS),
        slot=st.none() | SMALL,
        core=st.none() | SMALL,
        shard_index=st.none() | SMALL,
        body=st.sampled_from([b"", b"a", bytes(40)]),
    ),
    max_size=30,
    unique_by=lambda row: row.seq,
)


@pytest.fixture(scope="module")
def cursor():
    """A database with an empty file of this name in memory."""
    with closing(duckdb.connect()) as connection:
        connection.execute(f"ATTACH ':memory:' AS {FILE.catalog}")
        for statement in FILE.ddl:
            connection.execute(statement.format(file=FILE.catalog))
        # The last peer has no row.
        store(connection, "peers", encode_rows("peers", list(map(PeerRow, (0, 1), PEERS))))
        yield connection


def store(cursor, table, columns):
    cursor.register("batch", columns)
    cursor.execute(f"INSERT INTO {FILE.catalog}.{table} SELECT * FROM batch")
    cursor.unregister("batch")


@examples(0.3)
@given(ROWS, st.sampled_from(CONDITIONS), st.integers(0, 20))
def test_rows_are_those_that_expressions_of_duckdb_decode(cursor, rows, where, count):
    cursor.execute(f"DELETE FROM {FILE.catalog}.log")
    if rows:
        store(cursor, "log", encode_log(LogColumns.from_rows(rows, PEERS)))
    decoded = [
        LogRow(*row) for row in cursor.execute(log_rows_query(FILE.catalog, where)).fetchall()
    ]
    assert read_rows(cursor, FILE, where) == decoded
    assert read_rows(cursor, FILE, where, first=count) == decoded[:count]
    assert read_rows(cursor, FILE, where, last=count) == decoded[::-1][:count]


@pytest.mark.parametrize("name", LOG)
def test_the_limits_of_every_column_are_read(cursor, name):
    cursor.execute(f"DELETE FROM {FILE.catalog}.log")
    store(cursor, "log", encode_log(LogColumns.from_rows([LOG[name]], PEERS)))
    peer = None if LOG[name].peer == PEERS[2] else LOG[name].peer
    assert read_rows(cursor, FILE, "seq = ?", [LOG[name].seq]) == [LOG[name]._replace(peer=peer)]


def test_a_file_with_lost_values_is_read_through_its_views(cursor):
    damaged = replace(FILE, salvaged=True)
    cursor.execute(f"DELETE FROM {FILE.catalog}.log")
    rows = [LOG["every byte"]._replace(seq=seq) for seq in range(3)]
    store(cursor, "log", encode_log(LogColumns.from_rows(rows, PEERS)))
    cursor.execute(f"ATTACH ':memory:' AS {damaged.alias}")
    for table, columns in {"log": "* REPLACE (NULL::UINTEGER AS last_slot)", "peers": "*"}.items():
        cursor.execute(
            f"CREATE VIEW {damaged.alias}.{table} AS SELECT {columns} FROM {FILE.catalog}.{table}"
        )
    lost = [row._replace(slot=None) for row in rows]
    assert read_rows(cursor, damaged) == lost
    assert read_rows(cursor, damaged, first=2) == lost[:2]
    assert read_rows(cursor, damaged, last=2) == lost[:0:-1]
