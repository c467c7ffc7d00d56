"""``tart/chain/store/answers/validator_tally.py``: what blocks add to the figures of validators."""

from __future__ import annotations

import pytest

from tart.chain.store.answers import validator_tally
from tart.chain.store.answers.validator_tally import ValidatorTally
from tart.chain.store.rows import encode_bitmap
from tart.errors import BadQuery
from tart.query.chain_queries import chain
from tart.rpc.model import ValidatorRecord
from tests.chain.store.running import block_hash, line, make_block, open_store, put


def test_authors_and_bitmaps_are_added_up_by_validator():
    tally = ValidatorTally()
    tally.size = 4
    tally.add_block(2, (5, None, 7))
    tally.add_block(None, (9, 9, 9))
    tally.add_bitmaps((encode_bitmap([0]), encode_bitmap([0, 2, 12])))
    tally.add_bitmaps((None, encode_bitmap([2])))
    tally.add_bitmaps((b"", encode_bitmap([])))
    tally.add(12, ValidatorRecord(blocks=1))
    expected = {
        0: [0, 0, 0, 0, 1, 1],
        2: [1, 5, 0, 7, 0, 2],
        12: [1, 0, 0, 0, 0, 1],
    }
    assert tally.by_validator() == expected
    idle = [0] * 6
    assert tally.by_validator(everybody=True) == {1: idle, 3: idle, **expected}


def test_blocks_are_read_in_parts(tmp_path):
    count = validator_tally.BLOCKS_AT_ONCE
    with open_store(tmp_path / "c") as store:
        for first in (0, count - 1, count, 2 * count):
            store.write(line(range(first, first + 1)))
        # As many as one part has, and more.
        store.write(line(range(1, count - 1)))
        assert sum(each.blocks for each in store.answer(chain.Validators(0, count - 1))) == count
        store.write(line(range(count + 1, count + 10)))
        assert sum(each.blocks for each in store.answer(chain.Validators(0, 1 << 31))) == count + 11


def test_a_validator_set_beyond_the_limit_is_refused(tmp_path):
    with open_store(tmp_path / "c", max_rows=5) as store:
        store.write([put(make_block(10, block_hash(9), validators=5, assurers=[0]))])
        assert len(store.answer(chain.Validators(10, 10))) == 5
        store.write([put(make_block(11, block_hash(10), validators=1 << 31))])
        for query in (chain.Validators(10, 11), chain.ValidatorSeries(10, 11, 1)):
            with pytest.raises(BadQuery, match="more than 5 rows"):
                store.answer(query)
