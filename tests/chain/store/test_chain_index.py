"""``tart/chain/store/chain_index.py``: what is kept in memory."""

from __future__ import annotations

from tart.chain.store.batch import Batch
from tart.chain.store.chain_index import ChainIndex
from tart.chain.store.file_index import FileIndex
from tart.chain.store.files import day_file
from tart.units import DAY_US
from tests.chain.store.running import NOON, make_account, make_block, put


def test_a_batch_changes_the_index_and_no_earlier_snapshot(tmp_path):
    index = ChainIndex()
    assert index.newest_file is None
    old, new = day_file(tmp_path, NOON), day_file(tmp_path, NOON + DAY_US)
    index.add_file(old, FileIndex(blocks=2, next_number=2, forks={0}))
    index.add_file(new, FileIndex())
    assert index.newest_file == new
    before = index.snapshot()
    batch = Batch(
        new,
        blocks=[(0, put(make_block(10, None))), (1, put(make_block(12, None, reports=None)))],
        statuses=[((old, 0), "best"), ((old, 1), "fork"), ((new, 1), "fork")],
        reorganisations=1,
        undecodable=2,
        accounts={7: make_account(7, 1)},
        parameters={"core_count": 2},
    )
    index.apply(batch)
    assert index.files[old].forks == {1}
    assert index.files[new] == FileIndex(
        next_number=2,
        first_slot=10,
        last_slot=12,
        blocks=2,
        missing=1,
        reorganisations=1,
        undecodable=2,
        forks={1},
    )
    after = index.snapshot()
    assert (before.files[old].forks, before.files[new].blocks) == ({0}, 0)
    assert (before.parameters, before.accounts) == ({}, [])
    assert (after.files, after.parameters) == (dict(index.files), {"core_count": 2})
    assert after.accounts == [make_account(7, 1)]
    # Without parameters the known ones stay.
    index.apply(Batch(new))
    assert index.snapshot().parameters == {"core_count": 2}
    index.remove_file(old)
    assert list(index.files) == [new]
    assert list(after.files) == [old, new]
