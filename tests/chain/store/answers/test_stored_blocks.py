"""``tart/chain/store/answers/stored_blocks.py``: blocks as they are read from the files."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.query.chain_queries import chain
from tart.units import DAY_US
from tests.chain.store.running import Clock, block_hash, line, make_block, open_store, put


def test_a_block_is_read_as_it_was_written(tmp_path):
    blocks = [
        make_block(10, None, author=None, tickets=None, guarantors=None, assurers=None),
        make_block(11, block_hash(10), irregularity="two authors", guarantors=[], epoch=None),
        make_block(12, block_hash(11), status="final", assurers=[0, 9, 1022], reports=None),
    ]
    with open_store(tmp_path / "c") as store:
        store.write([put(block) for block in blocks])
        answer = store.answer(chain.BlocksByHash([block.hash for block in blocks]))
        assert sorted(answer, key=lambda block: block.slot) == blocks


def test_blocks_of_a_slot_are_ordered_over_files(tmp_path):
    clock = Clock()
    with open_store(tmp_path / "c", clock) as store:
        # The fork of slot 12 came a day before the block on the chain.
        store.write([*line(range(10, 12)), put(make_block(12, block_hash(11), 1, status="fork"))])
        clock.now += DAY_US
        store.write(line(range(12, 14), block_hash(11)))

        def newest(limit, **more):
            page = store.answer(chain.Blocks(0, 99, limit=limit, **more))
            return [(block.slot, block.status) for block in page.blocks]

        assert newest(3) == [(13, "best"), (12, "best"), (12, "fork")]
        assert newest(1) == [(13, "best")]
        assert newest(9) == [(13, "best"), (12, "best"), (12, "fork"), (11, "best"), (10, "best")]
        assert newest(3, forks=False) == [(13, "best"), (12, "best"), (11, "best")]
        # Of two files, or of the newer one alone.
        for hashes in ([block_hash(10), block_hash(12, 1), block_hash(13)], [block_hash(13)]):
            answer = store.answer(chain.BlocksByHash(hashes))
            assert sorted(block.hash for block in answer) == sorted(hashes)


def test_more_hashes_than_the_limit_are_refused(tmp_path):
    with open_store(tmp_path / "c", max_rows=2) as store:
        store.write(line(range(10, 14)))
        with pytest.raises(BadQuery, match="at most 2 hashes"):
            store.answer(chain.BlocksByHash([block_hash(slot) for slot in (10, 11, 12)]))
        assert len(store.answer(chain.BlocksByHash([block_hash(10), block_hash(11)]))) == 2
