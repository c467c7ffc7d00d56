"""``tart/storage/schema.py``: rows become columns and come back as they were."""

import re
from contextlib import closing

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.storage.schema import (
    DDL,
    SCHEMAS,
    LogRow,
    NodeRow,
    SessionRow,
    UndecodableRow,
    joined,
    to_arrow,
    to_columns,
)

ROWS = {"log": LogRow, "nodes": NodeRow, "sessions": SessionRow, "undecodable": UndecodableRow}
U64 = 2**64 - 1
EVERY_BYTE = bytes(range(256))

LOG = {
    "nothing at all": LogRow(0, 0, 0, 0, 0, 0, 0, None, None, None, None, b""),
    "the highest of everything": LogRow(
        2**63 - 1,
        2**62,
        U64,
        2**31 - 1,
        2**31 - 1,
        U64,
        255,
        U64,
        2**32 - 1,
        65535,
        65535,
        b"\xff" * 9,
    ),
    "zeros that are not NULL": LogRow(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, b"\0"),
    "every byte": LogRow(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, EVERY_BYTE),
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
    )
    for name, row in rows.items()
]


def through_duckdb(table, rows):
    """Rows after a table of ours has held them."""
    with closing(duckdb.connect(":memory:")) as connection:
        for statement in DDL:
            connection.execute(statement.format(file="memory"))
        columns = to_columns(rows).to_arrow() if table == "log" else to_arrow(table, rows)
        connection.register("batch", columns)
        connection.execute(f"INSERT INTO {table} SELECT * FROM batch")
        connection.unregister("batch")
        columns = ", ".join(
            f"epoch_us({name})" if name.endswith("_at") else name for name in ROWS[table]._fields
        )
        found = connection.execute(f"SELECT {columns} FROM {table} ORDER BY rowid").fetchall()
    return [ROWS[table](*each) for each in found]


@pytest.mark.parametrize("table", ROWS)
def test_rows_columns_and_tables_have_the_same_fields_in_the_same_order(table):
    (statement,) = [each for each in DDL if f"{{file}}.{table} (" in each]
    declared = re.findall(r"(\w+) [A-Z]+[,)]", statement)
    assert declared == list(ROWS[table]._fields) == list(SCHEMAS[table])


@pytest.mark.parametrize(("table", "row"), CASES)
def test_a_row_comes_back_from_duckdb_as_it_was(table, row):
    assert through_duckdb(table, [row]) == [row]


def test_many_rows_keep_their_order():
    rows = [LOG["every byte"]._replace(seq=seq, body=b"%d" % seq) for seq in range(3000)]
    assert through_duckdb("log", rows) == rows


@pytest.mark.slow
@settings(max_examples=25, deadline=None, database=None)
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
            slot=st.none() | st.integers(0, 2**32 - 1),
            core=st.none() | st.integers(0, 65535),
            shard_index=st.none() | st.integers(0, 65535),
            body=st.binary(max_size=300),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_rows_come_back_from_duckdb_as_they_were(rows):
    assert through_duckdb("log", rows) == rows


@pytest.mark.parametrize(
    ("field", "value"),
    [("timestamp", U64 + 1), ("node", 2**31), ("slot", -1), ("core", 65536), ("type", 256)],
)
def test_what_does_not_fit_a_column_is_an_error_and_never_cut(field, value):
    with pytest.raises(OverflowError):
        to_columns([LOG["every byte"]._replace(**{field: value})])


def test_columns_joined_and_picked_are_the_rows_they_were_made_of():
    rows = [LOG["every byte"]._replace(seq=seq, ref=seq or None) for seq in range(6)]
    parts = [to_columns(rows[:2]), to_columns(rows[2:])]
    whole = joined(parts)
    assert [whole.row(at) for at in range(6)] == rows
    picked = whole.take(np.array([1, 4]))
    assert [picked.row(at) for at in range(len(picked))] == [rows[1], rows[4]]
    assert joined(parts[:1]) is parts[0]
