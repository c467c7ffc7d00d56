"""``tart/chain/store/answers/blocks.py``: pages of blocks, and a block with its records."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.query.chain_queries import chain
from tests.chain.store.running import block_hash, line, make_block, open_store, put


def test_pages_of_blocks_know_whether_they_are_complete(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 20)))
        store.write(line(range(21, 25), block_hash(19)))
        store.write(line(range(30, 35), block_hash(29)))
        store.write([put(make_block(15, block_hash(14), 1, status="fork"))])

        def page(first, last, **more):
            found = store.answer(chain.Blocks(first, last, **more))
            return [(block.slot, block.status) for block in found.blocks], found.complete

        assert page(15, 16) == ([(16, "best"), (15, "best"), (15, "fork")], True)
        assert page(15, 16, forks=False) == ([(16, "best"), (15, "best")], True)
        assert page(20, 20) == ([], True)
        assert page(18, 22)[1]
        assert page(10, 24, limit=3)[1] is False
        # Slots 25 to 29 are not known.
        assert page(24, 24)[1] is False
        assert page(26, 28) == ([], False)
        assert page(24, 30)[1] is False
        assert page(31, 99)[1]
        assert page(9, 12)[1] is False
        assert page(1, 5, limit=0) == ([], False)


def test_guarantors_and_assurers_are_answered_if_they_are_asked_for(tmp_path):
    with open_store(tmp_path / "c") as store:
        # No block at all.
        assert store.answer(chain.Blocks(0, 99)) == chain.BlockPage([], complete=False)
        store.write(line(range(10, 12)))
        for indices, expected in ((True, ([5], [0, 5])), (False, (None, None))):
            newest = store.answer(chain.Blocks(0, 99, indices=indices)).blocks[0]
            assert (newest.guarantors, newest.assurers) == expected


def test_blocks_are_found_by_hash_with_their_records(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 20)))
        found = store.answer(chain.BlocksByHash([block_hash(12), block_hash(99), "00"]))
        assert [block.slot for block in found] == [12]
        figures = store.answer(chain.BlockStatistics(block_hash(12)))
        assert figures.block == found[0]
        assert [(each.core, each.gas_used, each.popularity_blocks) for each in figures.cores] == [
            (1, 12, 1)
        ]
        assert [(each.service, each.accumulate_gas) for each in figures.services] == [(7, 12)]
        assert store.answer(chain.BlockStatistics(block_hash(99))) is None
        with pytest.raises(BadQuery, match="64 hex digits"):
            store.answer(chain.BlocksByHash(["x"]))
