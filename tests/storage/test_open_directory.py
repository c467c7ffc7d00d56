"""``tart/storage/open_directory.py``: one damaged file keeps no other from being served."""

import os
import shutil
import subprocess
import sys
from contextlib import closing

import duckdb
import pytest

from tart.errors import DamagedFile, StorageError
from tart.storage.core.schema import NodeRow
from tart.storage.open_directory import SEQUENCE_LEAP, SESSION_LEAP
from tart.units import HOUR_US
from tests.storage.running import (
    NOON,
    PEERS,
    batch,
    contents,
    day,
    event,
    in_both_segments,
    log_files,
    open_storage,
    opened,
    wait_for,
    write,
)

HOURS = [NOON + hour * HOUR_US for hour in range(3)]
NAMES = ["2026-11-21T12", "2026-11-21T13", "2026-11-21T14"]
BLOCK = 12_288


def filled(root, **settings):
    """Three files of 5,000 events of one node and one session."""
    batches = [
        batch(*(event(number * 5000 + row, at=at) for row in range(5000)), at=at)
        for number, at in enumerate(HOURS)
    ]
    batches[0].nodes.append(NodeRow(0, PEERS[0]))
    batches[0].sessions.append(opened(0))
    write(root, *batches, file_hours=1, **settings)


def killed(root, elsewhere, *batches):
    """A directory as a process leaves it that dies with a log of these batches."""
    with open_storage(elsewhere, checkpoint_seconds=1000.0) as storage:
        storage.write(*batches)
        shutil.copytree(elsewhere, root, dirs_exist_ok=True)


def flip(path, at, count=64):
    with path.open("r+b") as file:
        file.seek(at)
        found = file.read(count)
        file.seek(at)
        file.write(bytes(byte ^ 0xFF for byte in found))


DAMAGE = {
    "emptied": lambda path: os.truncate(path, 0),
    "cut in its head": lambda path: os.truncate(path, 100),
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "not a database": lambda path: path.write_bytes(b"no database" * 2000),
    "wrong in its head": lambda path: [flip(path, at) for at in (4096, 8192)],
    "wrong in its data": lambda path: [
        flip(path, at) for at in range(BLOCK, path.stat().st_size, 4096)
    ],
}


@pytest.fixture(scope="module")
def three_files(tmp_path_factory):
    """A directory that is filled once, for copies."""
    root = tmp_path_factory.mktemp("filled")
    filled(root)
    return root


@pytest.mark.parametrize(
    ("which", "damage"),
    [
        # The newest file is the one that goes on; the others are alike, so they share the damages.
        *((2, damage) for damage in DAMAGE),
        *((0, damage) for damage in ("emptied", "wrong in its head", "wrong in its data")),
        *((1, damage) for damage in ("cut in its head", "cut in half", "not a database")),
        *(
            pytest.param(*each, marks=pytest.mark.soak)
            for each in (
                *((0, damage) for damage in ("cut in its head", "cut in half", "not a database")),
                *((1, damage) for damage in ("emptied", "wrong in its head", "wrong in its data")),
            )
        ),
    ],
)
def test_a_damaged_file_is_quarantined_and_the_others_are_served(
    tmp_path, caplog, three_files, damage, which
):
    shutil.copytree(three_files, tmp_path, dirs_exist_ok=True)
    path = day(tmp_path, NAMES[which])
    DAMAGE[damage](path)
    spoilt = path.read_bytes()
    with open_storage(tmp_path, file_hours=1) as storage:
        (name,) = storage.store.quarantined_files()
        past = storage.store.recovered[0]
        assert sum(past.counts[0].values()) == 10_000
        assert past.nodes[0] == PEERS[0]
        storage.write(batch(event(past.next_sequence, at=HOURS[2], slot=1), at=HOURS[2]))
        served = sum(
            storage.ask(f"SELECT count(*) FROM {file.alias}.log")[0][0]
            for file in storage.store.files(0)
        )
        assert served == 10_001
    assert name.startswith(f"00/{NAMES[which]}.duckdb.corrupt-")
    assert (tmp_path / name).read_bytes() == spoilt
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert any(str(path) in text and "corrupt-" in text for text in errors)


def test_numbers_of_a_lost_newest_file_are_never_used_again(tmp_path):
    filled(tmp_path)
    DAMAGE["emptied"](day(tmp_path, NAMES[2]))
    expected = 10_000 + SEQUENCE_LEAP
    for _ in range(2):  # the second time there is nothing left that looks damaged
        with open_storage(tmp_path, file_hours=1) as storage:
            past = storage.store.recovered[0]
            assert past.next_sequence == expected
            assert past.next_session == 1 + SESSION_LEAP
    with open_storage(tmp_path, file_hours=1) as storage:
        storage.write(batch(event(expected, at=HOURS[2], slot=1), at=HOURS[2]))
    with open_storage(tmp_path, file_hours=1) as storage:
        assert storage.store.recovered[0].next_sequence == expected + 1


@pytest.mark.parametrize("lost", ["2026-11-21", "2026-11-21.1"])
def test_a_lost_segment_of_the_newest_period_is_replaced_and_its_frames_count_as_missing(
    tmp_path, lost, caplog
):
    in_both_segments(tmp_path)
    DAMAGE["emptied"](day(tmp_path, lost))
    expected = 6 - (lost == "2026-11-21.1") + SEQUENCE_LEAP
    quarantined = day(tmp_path, "2026-11-21.1" if lost == "2026-11-21" else "2026-11-21")
    missing = 2  # between those the other segment has
    for _ in range(2):
        with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
            past = storage.store.recovered[0]
            assert (past.next_sequence, past.missing) == (expected, missing)
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        for seq in range(4):
            storage.write(batch(event(expected + seq, slot=1)))
            done = storage.store.writer.checkpoints.statistics
            wait_for(lambda seq=seq, done=done: done.done > seq)
        assert {file.path for file in storage.store.files(0)} == {quarantined, day(tmp_path, lost)}
    with open_storage(tmp_path) as storage:
        past = storage.store.recovered[0]
        assert (past.next_sequence, past.missing) == (expected + 4, missing)
    assert f"{missing} frames are missing" in caplog.text


def test_two_lost_segments_are_replaced_with_the_same_next_number(tmp_path):
    in_both_segments(tmp_path)
    for name in ("2026-11-21", "2026-11-21.1"):
        DAMAGE["emptied"](day(tmp_path, name))
    for _ in range(2):
        with open_storage(tmp_path) as storage:
            past = storage.store.recovered[0]
            assert (past.next_sequence, past.missing) == (SEQUENCE_LEAP, 0)
            assert len(storage.store.files(0)) == 2


def test_after_the_loss_of_an_older_file_numbers_continue_without_a_leap(tmp_path, caplog):
    filled(tmp_path)
    DAMAGE["emptied"](day(tmp_path, NAMES[1]))
    with open_storage(tmp_path, file_hours=1) as storage:
        past = storage.store.recovered[0]
        assert (past.next_sequence, past.next_session, past.missing) == (15_000, 1, 5_000)
    assert "5000 frames are missing" in caplog.text


def test_a_file_with_a_damaged_wal_is_quarantined_together_with_the_wal(tmp_path):
    root = tmp_path / "shards"
    batches = [batch(*(event(n * 100 + row) for row in range(100))) for n in range(20)]
    killed(root, tmp_path / "elsewhere", *batches)
    path = day(root)
    wal = path.with_name(path.name + ".wal")
    flip(wal, wal.stat().st_size // 2)
    with open_storage(root) as storage:
        assert storage.store.recovered[0].next_sequence == SEQUENCE_LEAP
        names = storage.store.quarantined_files()
    assert len(names) == 2
    assert sorted(name.endswith(".wal") for name in names) == [False, True]
    assert contents(path) == []


@pytest.mark.parametrize("share", [0.3, 0.6, 0.999])
def test_a_truncated_wal_gives_its_whole_entries_and_writing_continues(tmp_path, share):
    """Twice: after the first recovery and its checkpoint the next log must fit the file."""
    root = tmp_path / "shards"
    batches = [batch(*(event(n * 100 + row) for row in range(100))) for n in range(20)]
    killed(root, tmp_path / "elsewhere", *batches)
    wal = day(root).with_name(day(root).name + ".wal")
    os.truncate(wal, int(wal.stat().st_size * share))
    with open_storage(root, checkpoint_seconds=1000.0) as storage:
        past = storage.store.recovered[0]
        assert 0 < past.next_sequence < 2000
        assert past.next_sequence % 100 == 0
        assert past.missing == 0
        storage.ask(f"CHECKPOINT {storage.store.files(0)[0].alias}")
        storage.write(batch(event(past.next_sequence)))
        shutil.copytree(root, tmp_path / "again")
    with open_storage(tmp_path / "again") as storage:
        assert storage.store.quarantined_files() == []
        assert storage.store.recovered[0].next_sequence == past.next_sequence + 1


@pytest.mark.parametrize("content", [b"", b"x", b"xyz" * 900, bytes(9000)])
def test_an_empty_wal_is_not_damage_and_later_commits_last(tmp_path, content):
    root = tmp_path / "shards"
    write(root, batch(event(0)))
    day(root).with_name(day(root).name + ".wal").write_bytes(content)
    with open_storage(root, checkpoint_seconds=1000.0) as storage:
        storage.write(batch(event(1)))
        shutil.copytree(root, tmp_path / "again")
    with open_storage(tmp_path / "again") as storage:
        assert storage.store.recovered[0].next_sequence == 2


def test_a_damaged_file_of_an_adopted_directory_is_quarantined(tmp_path):
    filled(tmp_path, shard=1, count=2)
    DAMAGE["emptied"](day(tmp_path, NAMES[2], directory=1))
    with open_storage(tmp_path) as storage:
        (name,) = storage.store.quarantined_files()
        assert name.startswith("01/")
        assert [file.path.stem for file in storage.store.files(1)] == NAMES[1::-1]
    assert not day(tmp_path, NAMES[2], directory=1).exists()


OTHER_LAYOUT = {
    "a column less": "ALTER TABLE counts DROP COLUMN flush",
    "a column more": "ALTER TABLE sessions ADD COLUMN mood VARCHAR",
    "of another type": "ALTER TABLE open_sessions ALTER reason TYPE BLOB USING encode(reason)",
    "by another name": "ALTER TABLE nodes RENAME node TO number",
    "a table less": "DROP TABLE counts_1m",
}


@pytest.mark.parametrize("change", OTHER_LAYOUT.values(), ids=OTHER_LAYOUT)
def test_aggregates_of_another_layout_are_rebuilt(tmp_path, caplog, change):
    write(tmp_path, batch(event(0)))
    path = tmp_path / "00" / "aggregates.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(change)
    with open_storage(tmp_path) as storage:
        (name,) = storage.store.quarantined_files()
        assert name.startswith("00/aggregates.duckdb.corrupt-")
        assert storage.store.recovered[0].next_sequence == 1
    assert "is not that of this release" in caplog.text
    assert "aggregates are rebuilt" in caplog.text
    with open_storage(tmp_path):
        assert caplog.text.count("is not that of this release") == 1


HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); input()"


@pytest.mark.slow
def test_a_file_locked_by_another_process_is_not_quarantined(tmp_path):
    write(tmp_path, batch(event(0)))
    path = day(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        holder.stdout.readline()
        with pytest.raises(StorageError, match="lock") as caught, open_storage(tmp_path):
            pass
        holder.kill()
    assert not isinstance(caught.value, DamagedFile)
    assert log_files(tmp_path) == [path.name]
