"""``tart/storage/log/torn_write.py``: a checkpoint cut short in any block, by the page."""

import logging
import shutil
from contextlib import closing

import pytest

from tart.config.schema import StorageConfig
from tart.errors import DamagedFile
from tart.storage.core.files import first_segment
from tart.storage.log.database import Database
from tart.storage.log.torn_write import TornBlock, find_torn_block
from tests.storage.running import NOON, batch, event, log_files, open_storage, opened

PAGE = 4096
# Two headers and what comes before them.
BLOCKS_AT = 3 * PAGE
ROWS = 400
EVERY = list(range(2 * ROWS))


@pytest.fixture
def cut_short(tmp_path):
    """A file and its WAL before a checkpoint, and the file after the checkpoint."""
    root = tmp_path / "made"
    with open_storage(root, checkpoint_seconds=1000.0) as storage:
        first = batch(*map(event, range(ROWS)))
        first.sessions.append(opened(0))
        storage.write(first)
        (file,) = storage.store.files(0)
        with closing(storage.store.cursor()) as cursor:
            cursor.execute(f"CHECKPOINT {file.alias}")
            storage.write(batch(*map(event, range(ROWS, 2 * ROWS))))
            before = {path.name: path.read_bytes() for path in file.paths()}
            cursor.execute(f"CHECKPOINT {file.alias}")
        return before, file.path.read_bytes(), file


def blocks(before, after, size):
    """The offsets of blocks that were written again in place."""
    for at in range(BLOCKS_AT, len(before), size):
        if before[at : at + size] != after[at : at + size]:
            yield at


def left(root, file, files):
    """A directory with what a kill left."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "00").mkdir(parents=True)
    for name, content in files.items():
        (root / "00" / name).write_bytes(content)
    return root / "00" / file.path.name


def stored(root):
    with open_storage(root, checkpoint_seconds=1000.0) as storage:
        found = []
        for file in storage.store.files(0):
            found += storage.ask(f"SELECT seq FROM {file.alias}.log")
        return sorted(seq for (seq,) in found)


def test_a_checkpoint_cut_short_in_any_block_loses_no_event(tmp_path, cut_short, caplog):
    before, after, file = cut_short
    old, root, mended = before[file.path.name], tmp_path / "left", 0
    for at in blocks(old, after, file.block_bytes):
        for pages in (1, 2, 3, 16, 31):
            end = at + pages * PAGE
            torn = old[:at] + after[at:end] + old[end:]
            left(root, file, {**before, file.path.name: torn})
            caplog.clear()
            assert stored(root) == EVERY
            assert log_files(root) == [file.path.name]
            mended += "repaired the checksum" in caplog.text
            assert stored(root) == EVERY
    assert mended


def test_a_wrong_checksum_in_a_closed_file_is_damage(tmp_path, cut_short, caplog):
    before, after, file = cut_short
    (at, *_) = blocks(before[file.path.name], after, file.block_bytes)
    torn = bytearray(after)
    torn[at] ^= 1
    path = left(tmp_path / "left", file, {file.path.name: bytes(torn)})
    assert stored(tmp_path / "left") == []
    (quarantined,) = path.parent.glob(f"{path.name}.corrupt-*")
    assert quarantined.read_bytes() == torn
    assert "cannot be read" in caplog.text


def test_a_block_that_stays_unreadable_gets_its_checksum_back(tmp_path, cut_short, caplog):
    before, after, file = cut_short
    old = before[file.path.name]
    (at, *_) = blocks(old, after, file.block_bytes)
    torn = bytearray(old)
    torn[at + 8 : at + PAGE] = bytes(PAGE - 8)
    path = left(tmp_path / "left", file, {**before, file.path.name: bytes(torn)})
    caplog.set_level(logging.WARNING)
    assert stored(tmp_path / "left") == []
    quarantined = sorted(path.parent.glob(f"{path.name}.corrupt-*"))
    log = before[file.wal.name]
    assert [each.read_bytes() for each in quarantined] == [torn, log]
    assert "repaired the checksum" not in caplog.text


def test_other_damage_is_not_a_torn_block(tmp_path):
    with closing(Database(StorageConfig())):
        file = first_segment(tmp_path, 0, NOON, 24)
        assert find_torn_block(file, DamagedFile("the header is not DuckDB's")) is None


def test_a_wrong_checksum_is_a_torn_block_only_with_a_wal_beside_the_file(tmp_path):
    file = first_segment(tmp_path, 0, NOON, 24)
    file.path.parent.mkdir(parents=True)
    error = DamagedFile(
        "computed checksum 7 does not match stored checksum 8 in block at location 12288"
    )
    assert find_torn_block(file, error) is None
    file.wal.touch()
    assert find_torn_block(file, error) == TornBlock(file.path, 12288, computed=7, stored=8)
