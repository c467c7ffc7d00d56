"""``tart/storage/log/block_checksums.py``: damaged blocks are found, and no others."""

import os

import pytest

from tart.storage.log.block_checksums import block_checksum, block_offset, find_damaged_blocks
from tests.storage.running import batch, day, event, write

SIZE = 128 << 10


@pytest.fixture
def path(tmp_path):
    write(tmp_path, batch(*map(event, range(2_000))))
    return day(tmp_path)


def all_blocks(path):
    return range((path.stat().st_size - block_offset(0, SIZE)) // SIZE)


def test_blocks_have_the_checksum_that_duckdb_gives_them(path):
    blocks = all_blocks(path)
    assert len(blocks) >= 3
    assert find_damaged_blocks(path, blocks, SIZE) == set()


def test_a_changed_byte_makes_its_block_damaged(path):
    for block in all_blocks(path):
        at = block_offset(block, SIZE)
        content = path.read_bytes()
        with path.open("r+b") as file:
            file.seek(at + 8)
            file.write(bytes([content[at + 8] ^ 1]))
        assert find_damaged_blocks(path, all_blocks(path), SIZE) == {block}
        path.write_bytes(content)


def test_a_block_beyond_the_end_is_damaged(path):
    last = all_blocks(path)[-1]
    os.truncate(path, block_offset(last, SIZE) + 100)
    assert find_damaged_blocks(path, [last], SIZE) == {last}


def test_a_block_of_zeros_has_the_checksum_that_duckdb_computes():
    assert block_checksum(bytes(SIZE - 8)) == 5381
