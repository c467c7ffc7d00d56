"""``tart/chain/store/file_index.py``: facts about a file."""

from __future__ import annotations

from tart.chain.core.changes import PutReorganisation, PutUndecodable, SetStatus
from tart.chain.store.file_index import FileIndex, read_index, read_last_change, read_newest_blocks
from tart.query.chain_queries.chain import Reorganisation
from tests.chain.store.running import (
    NOON,
    Model,
    block_hash,
    make_block,
    open_files,
    open_store,
    put,
)


def test_the_index_that_is_read_equals_the_one_that_was_kept(tmp_path):
    model = Model(5)
    reorganisation = Reorganisation(
        at=NOON,
        from_hash=block_hash(1),
        from_slot=1,
        to_hash=block_hash(2),
        to_slot=2,
        left=[block_hash(1)],
        common_slot=0,
    )
    left, taken = model.on_chain[3].block.hash, model.on_chain[4].block.hash
    kept = FileIndex()
    for number, change in enumerate(model.every):
        kept.add(change, number)
        if change.block.hash == left:
            kept.set_status(number, "fork")
    kept.reorganisations = 1
    kept.undecodable = 1
    with open_store(tmp_path / "c") as store:
        store.write(model.changes)
        store.write([SetStatus("fork", (left, taken)), SetStatus("best", (taken,))])
        store.write([PutReorganisation(reorganisation)])
        store.write([PutUndecodable(b"\1" * 32, 5, NOON, "no layout", b"abc")])
    with open_files(tmp_path / "c") as parts:
        (file,) = parts.index.files
        assert read_index(parts.cursor, file.alias) == kept == parts.index.files[file]
        # Parameters, and three statuses.
        assert read_last_change(parts.cursor, file.alias) == 4
        newest = read_newest_blocks(parts.cursor, file.alias, 2)
        slots = sorted((change.block.slot for change in model.every), reverse=True)
        assert [block.slot for block in newest] == slots[:2]


def test_an_empty_file_has_no_slots():
    index = FileIndex()
    assert not index.has_slot(0)
    index.add(put(make_block(10, None)), 0)
    index.add(put(make_block(14, None, reports=None, status="fork")), 1)
    assert [slot for slot in range(20) if index.has_slot(slot)] == [10, 11, 12, 13, 14]
    assert (index.next_number, index.blocks, index.missing, index.forks) == (2, 2, 1, {1})
    index.set_status(1, "best")
    assert index.forks == set()
