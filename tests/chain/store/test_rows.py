"""``tart/chain/store/rows.py``: changes as rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.chain.core.changes import EndedEpoch, PutBlock, PutUndecodable
from tart.chain.store import rows
from tart.query.chain_queries.chain import Reorganisation
from tart.rpc.model import CoreRecord, ValidatorRecord
from tests.chain.store.running import block_hash, make_block, put


@given(st.sets(st.integers(0, 2000)))
def test_a_bitmap_has_the_indices_that_it_was_made_from(indices):
    assert rows.decode_bitmap(rows.encode_bitmap(indices)) == sorted(indices)


def test_no_bitmap_is_not_an_empty_one():
    assert rows.encode_bitmap(None) is rows.decode_bitmap(None) is None
    assert rows.encode_bitmap([]) == b""
    assert rows.encode_bitmap([0, 9]) == b"\x01\x02"
    for index in (-1, 65_536):
        with pytest.raises(ValueError, match=str(index)):
            rows.encode_bitmap([index])


def test_a_block_says_what_it_adds_by_its_own_columns():
    block = make_block(5, None)
    assert rows.derive_increments(block) == {
        5: ValidatorRecord(blocks=1, tickets=1, guarantees=1, assurances=1),
        0: ValidatorRecord(assurances=1),
    }
    assert "increments" not in rows.block_rows(put(block), 3)


def test_what_the_columns_cannot_say_is_stored_by_validator():
    change = PutBlock(make_block(5, None), validators={4: ValidatorRecord(guarantees=3)})
    found = rows.block_rows(change, 3)
    assert found["increments"] == [(3, 5, 0, 4, 0, 0, 0, 0, 3, 0)]
    assert found["blocks"][0][-1] == 1


def test_records_without_work_and_epochs_without_a_number_have_no_rows():
    change = PutBlock(
        make_block(5, None),
        cores={0: CoreRecord(), 1: CoreRecord(imports=2)},
        ended=EndedEpoch(None, (ValidatorRecord(),)),
    )
    found = rows.block_rows(change, 3)
    assert [row[:3] for row in found["cores"]] == [(3, 5, 1)]
    assert "epochs" not in found


def test_rows_that_no_column_holds_are_refused_as_a_whole():
    file_rows = rows.FileRows()
    for block in (
        make_block(1 << 32, None),
        make_block(1, None, tickets=1 << 64),
        make_block(1, None, seen_at=-1),
    ):
        with pytest.raises(ValueError, match="cannot be"):
            file_rows.add(rows.block_rows(put(block), 0))
    with pytest.raises(ValueError, match="not a hash"):
        rows.block_rows(put(make_block(1, "00")), 0)
    assert list(file_rows.encode()) == []


def test_the_largest_numbers_are_encoded():
    file_rows = rows.FileRows()
    largest = CoreRecord(gas_used=(1 << 64) - 1)
    file_rows.add(rows.block_rows(put(make_block(1, None), cores={1: largest}), 0))
    assert sorted(table for table, _ in file_rows.encode()) == ["blocks", "cores"]


def test_long_statistics_and_reasons_are_cut():
    change = PutUndecodable(b"\1" * 32, 1, 2, "r" * 1000, bytes(1 << 20))
    assert [len(value) for value in rows.undecodable_row(change)[3:]] == [500, 256 << 10]


def test_the_blocks_that_a_reorganisation_left_are_one_value():
    left = [block_hash(2), block_hash(3)]
    change = Reorganisation(
        at=1,
        from_hash=left[0],
        from_slot=3,
        to_hash=block_hash(9),
        to_slot=4,
        left=left,
        common_slot=None,
    )
    assert rows.reorganisation_row(change)[5] == bytes.fromhex("".join(left))
