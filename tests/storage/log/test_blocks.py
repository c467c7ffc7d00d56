"""``tart/storage/log/blocks.py``: a block that is not what was written is found, and no other."""

import os

import pytest

from tart.storage.log.blocks import checksum, location, wrong_blocks
from tests.storage.running import batch, day, event, write

SIZE = 128 << 10


@pytest.fixture
def path(tmp_path):
    write(tmp_path, batch(*map(event, range(2_000))))
    return day(tmp_path)


def all_blocks(path):
    return range((path.stat().st_size - location(0, SIZE)) // SIZE)


def test_blocks_have_the_checksum_that_duckdb_gives_them(path):
    blocks = all_blocks(path)
    assert len(blocks) >= 3
    assert wrong_blocks(path, blocks, SIZE) == set()


def test_a_page_in_a_block_makes_that_block_wrong(path):
    for block in all_blocks(path):
        at = location(block, SIZE)
        content = path.read_bytes()
        with path.open("r+b") as file:
            file.seek(at + 8)
            file.write(bytes([content[at + 8] ^ 1]))
        assert wrong_blocks(path, all_blocks(path), SIZE) == {block}
        path.write_bytes(content)


def test_a_block_beyond_the_end_is_wrong(path):
    last = all_blocks(path)[-1]
    os.truncate(path, location(last, SIZE) + 100)
    assert wrong_blocks(path, [last], SIZE) == {last}


def test_a_block_of_zeros_has_the_checksum_duckdb_says_it_should():
    assert checksum(bytes(SIZE - 8)) == 5381
