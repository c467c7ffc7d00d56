"""``tart/chain/store/block_places.py``: where blocks are stored."""

from __future__ import annotations

import pytest

from tart.chain.store.block_places import BlockPlaces
from tart.errors import StorageError
from tests.chain.store.running import (
    block_hash,
    line,
    open_files,
    open_store,
    write_two_days,
)


def test_a_block_is_found_in_memory_or_in_its_file(tmp_path):
    write_two_days(tmp_path / "c", range(10, 13), range(13, 15))
    with open_files(tmp_path / "c") as parts:
        first, second = parts.index.files
        keys = {slot: bytes.fromhex(block_hash(slot)) for slot in range(10, 16)}

        def find(slot, known=None):
            return parts.places.find(parts.cursor, keys[slot], known)

        assert find(12) == find(12, 12) == (first, 2)
        assert find(13) == find(13, 13) == (second, 0)
        assert find(15) is find(15, 15) is None
        # A block is not looked for in files without its slot.
        assert find(12, 14) is None
        parts.places.add({keys[15]: (second, 7)})
        assert find(15) == (second, 7)
        parts.places.forget(second)
        assert find(15) is None


def test_the_oldest_places_give_way(tmp_path):
    with open_files(tmp_path / "c") as parts:
        places = BlockPlaces(parts.files, parts.index, most_recent=2)
        places.add({b"a": ("file", 1), b"b": ("file", 2), b"c": ("file", 3)})
        found = [places.find(parts.cursor, key, None) for key in (b"a", b"b", b"c")]
        assert found == [None, ("file", 2), ("file", 3)]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 12)))
    with open_files(tmp_path / "c") as parts:
        (file,) = parts.index.files
        parts.database.detach(file)
        with pytest.raises(StorageError, match=r"2026-11-30\.duckdb"):
            parts.places.find(parts.cursor, b"\1" * 32, None)
