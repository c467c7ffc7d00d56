"""``tart/storage/core/log_columns.py``: rows become columns and rows again."""

import numpy as np
import pytest

from tart.storage.core.log_columns import LogColumns, LogRow, concatenate

PEERS = [bytes(32), bytes(range(32))]
ROW = LogRow(2, 3, 4, 5, 6, 7, 8, 9, PEERS[1], 10, 11, 12, b"body")
BARE = LogRow(3, 4, 5, 6, 7, 8, 9, None, None, None, None, None, b"")


def test_rows_come_back_from_columns_as_they_were():
    assert [*LogColumns.from_rows([ROW, BARE], PEERS).rows()] == [ROW, BARE]


def test_the_memory_of_columns_grows_with_rows_and_bodies():
    one, two = (LogColumns.from_rows([ROW] * count, PEERS).memory_bytes for count in (1, 2))
    longer = LogColumns.from_rows([ROW._replace(body=bytes(1004))], PEERS).memory_bytes
    assert 60 < two - one < 120
    assert longer - one == 1000


def test_empty_columns_have_no_rows():
    assert (len(LogColumns.empty()), [*LogColumns.empty().rows()]) == (0, [])


def test_concatenated_and_taken_columns_have_the_rows_they_were_made_of():
    rows = [ROW._replace(seq=seq, ref=seq or None) for seq in range(6)]
    parts = [LogColumns.from_rows(rows[:2], PEERS), LogColumns.from_rows(rows[2:], PEERS)]
    whole = concatenate(parts)
    assert [*whole.rows()] == rows
    assert [*whole.take(np.array([1, 4])).rows()] == [rows[1], rows[4]]
    (only,) = parts[:1]
    assert concatenate([only]).body.compact() == only.body


@pytest.mark.parametrize(
    ("field", "value"),
    [("timestamp", 2**64), ("node", 2**31), ("slot", -1), ("core", 65536), ("type", 256)],
)
def test_a_value_out_of_a_column_range_is_an_error_and_never_truncated(field, value):
    with pytest.raises(OverflowError):
        LogColumns.from_rows([ROW._replace(**{field: value})], PEERS)


def test_the_payload_of_a_row_is_reference_peer_body_and_shard_index():
    assert ROW.payload == (9).to_bytes(8, "little") + PEERS[1] + b"body" + b"\x0c\0"
    assert BARE.payload == b""
