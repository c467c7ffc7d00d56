"""``tart/chain/store/chain_store.py``: writing, stopping, damage, retention."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading

import duckdb
import pytest

from tart.chain.core.changes import PutParameters, PutService, PutUndecodable, SetStatus
from tart.chain.store import chain_store
from tart.chain.store.chain_store import ChainStore
from tart.errors import DiskFull, StorageError
from tart.query.chain_queries import chain
from tart.query.chain_queries.chain import StoredService
from tart.rpc.model import CoreRecord
from tart.units import DAY_US
from tests.chain.store.running import (
    NOON,
    PARAMETERS,
    Clock,
    block_hash,
    line,
    make_block,
    open_store,
    put,
)
from tests.running import wait_for


def slots(store, **more):
    page = store.answer(chain.Blocks(0, 1 << 31, **more))
    return [block.slot for block in reversed(page.blocks)]


def names(folder):
    return sorted(path.name for path in folder.glob("*.duckdb"))


def test_a_block_is_counted_once_however_often_it_comes(tmp_path):
    changes = line(range(10, 20))
    with open_store(tmp_path / "c") as store:
        store.write(changes + changes)
        store.write(changes)
    clock = Clock(NOON + DAY_US)
    with open_store(tmp_path / "c", clock) as store:
        store.write(changes[3:] + line(range(20, 22), block_hash(19)))
        assert slots(store) == list(range(10, 22))
        assert store.answer(chain.Cores(0, 99))[0].gas_used == sum(range(10, 22))
    with open_store(tmp_path / "c", clock) as store:
        store.write(line(range(20, 22), block_hash(19)))
        assert slots(store) == list(range(10, 22))


def test_a_status_is_stored_with_its_block_whichever_file_has_it(tmp_path):
    clock = Clock()
    with open_store(tmp_path / "c", clock) as store:
        store.write(line(range(10, 15)))
        clock.now += DAY_US
        store.write(line(range(15, 18), block_hash(14)))
        left = (block_hash(14), block_hash(15))
        store.write([SetStatus("fork", left), SetStatus("final", (block_hash(10),))])
        assert slots(store, forks=False) == [10, 11, 12, 13, 16, 17]
        store.write([SetStatus("best", left), SetStatus("final", (block_hash(999),))])
        assert slots(store, forks=False) == list(range(10, 18))
        store.write([SetStatus("fork", (block_hash(14),))])
    assert names(tmp_path / "c") == ["2026-11-30.duckdb", "2026-12-01.duckdb"]
    # Yesterday's file alone knows what became of its blocks.
    (tmp_path / "c" / "2026-12-01.duckdb").unlink()
    with open_store(tmp_path / "c", clock) as store:
        assert slots(store, forks=False) == [10, 11, 12, 13]
        recovered = store.recover(3)
        assert [(block.slot, block.status) for block in recovered.blocks] == [
            (14, "fork"),
            (13, "best"),
            (12, "best"),
        ]
        assert recovered.blocks[0].parent == bytes.fromhex(block_hash(13))


def test_each_file_has_the_parameters_and_accounts(tmp_path):
    account = StoredService(
        service=7,
        at_slot=10,
        code_hash=block_hash(1),
        balance=(1 << 64) - 1,
        min_item_gas=1,
        min_memo_gas=2,
        octets=3,
        items=4,
    )
    clock = Clock()
    with open_store(tmp_path / "c", clock) as store:
        store.write([PutParameters(PARAMETERS), PutService(account)])
        clock.now += DAY_US
        store.write(line(range(10, 12)))
        store.write([PutParameters(PARAMETERS | {"core_count": 341})])
    (tmp_path / "c" / "2026-11-30.duckdb").unlink()
    with open_store(tmp_path / "c", clock) as store:
        assert store.recover(1).parameters == PARAMETERS | {"core_count": 341}
        assert store.answer(chain.ServiceAccounts()) == [account]


def test_a_clock_that_goes_back_does_not_bring_back_an_older_file(tmp_path):
    clock = Clock(NOON + DAY_US)
    with open_store(tmp_path / "c", clock) as store:
        store.write(line(range(10, 12)))
        clock.now = NOON
        store.write(line(range(12, 14), block_hash(11)))
    assert names(tmp_path / "c") == ["2026-12-01.duckdb"]


def test_what_fits_no_column_costs_itself_alone(tmp_path):
    with open_store(tmp_path / "c") as store:
        bad = [
            put(make_block(1 << 33, None)),
            put(make_block(5, "zz")),
            put(make_block(6, None), cores={0: CoreRecord(gas_used=1 << 64)}),
        ]
        store.write([*bad, *line(range(10, 12))])
        assert (slots(store), store.refused) == ([10, 11], 3)


def test_undecodable_statistics_are_kept_up_to_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(chain_store, "_MAX_UNDECODABLE", 2)
    with open_store(tmp_path / "c") as store:
        for slot in range(3):
            store.write([PutUndecodable(b"\1" * 32, slot, NOON, "no layout", b"abc")])
        assert store.surplus == 1
    with duckdb.connect(str(tmp_path / "c" / "2026-11-30.duckdb"), read_only=True) as file:
        assert file.execute("SELECT slot, statistics FROM undecodable").fetchall() == [
            (0, b"abc"),
            (1, b"abc"),
        ]


def test_files_are_deleted_when_they_were_last_written_long_ago(tmp_path):
    clock = Clock()
    with open_store(tmp_path / "c", clock) as store:
        for day in range(3):
            clock.now = NOON + day * DAY_US
            store.write(line(range(day * 10, day * 10 + 3)))
        first = tmp_path / "c" / names(tmp_path / "c")[0]
        written = first.stat().st_mtime
        os.utime(first, (written - 91 * 86_400,) * 2)
        assert store.delete_expired(written) == [first]
        assert slots(store) == [10, 11, 12, 20, 21, 22]
        # The newest file stays, however old it is.
        assert len(store.delete_expired(written + 200 * 86_400)) == 1
        assert slots(store) == [20, 21, 22]
        store.write(line(range(30, 32)))
    assert len(names(tmp_path / "c")) == 1


def test_a_file_that_cannot_be_read_is_renamed_and_the_others_are_served(tmp_path, caplog):
    clock = Clock()
    with open_store(tmp_path / "c", clock) as store:
        store.write(line(range(10, 12)))
        clock.now += DAY_US
        store.write(line(range(20, 22)))
    first, second = sorted((tmp_path / "c").glob("*.duckdb"))
    first.write_bytes(b"no database" * 1000)
    (tmp_path / "c" / "2026-11-01.duckdb.wal").write_bytes(b"alone")
    with open_store(tmp_path / "c", clock) as store:
        assert slots(store) == [20, 21]
        assert store.figures()["quarantined_files"] == 2
        store.write(line(range(30, 32)))
    kept = [path.name for path in (tmp_path / "c").glob("*.corrupt-*")]
    assert len(kept) == 2
    assert "quarantined" in caplog.text
    assert second.exists()


def test_a_damaged_block_costs_its_rows_alone(tmp_path):
    with open_store(tmp_path / "c") as store:
        for start in range(0, 60_000, 1000):
            store.write(line(range(start, start + 1000)))
    path = tmp_path / "c" / "2026-11-30.duckdb"
    with duckdb.connect(str(path), read_only=True) as file:
        (number,) = file.execute(
            "SELECT max(block_id) FROM pragma_storage_info('cores') "
            "WHERE column_name = 'gas_used' AND block_id >= 0"
        ).fetchone()
    with path.open("r+b") as file:
        file.seek(3 * 4096 + number * (64 << 10) + 1000)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    with open_store(tmp_path / "c") as store:
        (totals,) = store.answer(chain.Cores(0, 99_999))
        assert 0 < totals.blocks <= 60_000
        assert len(slots(store, limit=10)) == 10
        assert store.figures()["damaged_files"] == 1
        store.write(line(range(70_000, 70_002)))
        assert slots(store, limit=2) == [70_000, 70_001]


def test_a_full_disk_keeps_nothing_of_a_write_and_a_later_try_succeeds(tmp_path):
    full = threading.Event()

    def execute(cursor, statement):
        if full.is_set() and statement == "COMMIT":
            raise duckdb.IOException(os.strerror(errno.ENOSPC))
        return cursor.execute(statement)

    with open_store(tmp_path / "c", execute=execute) as store:
        store.write(line(range(10, 12)))
        full.set()
        with pytest.raises(DiskFull):
            store.write(line(range(12, 14), block_hash(11)))
        assert slots(store) == [10, 11]
        full.clear()
        store.write(line(range(12, 14), block_hash(11)))
        assert slots(store) == [10, 11, 12, 13]


def test_an_error_that_is_no_want_of_room_is_raised_and_the_next_start_goes_on(tmp_path):
    failing = threading.Event()

    def execute(cursor, statement):
        if failing.is_set():
            raise duckdb.BinderException("something else")
        return cursor.execute(statement)

    with open_store(tmp_path / "c", execute=execute) as store:
        store.write(line(range(10, 12)))
        failing.set()
        with pytest.raises(StorageError, match="something else"):
            store.write(line(range(12, 14), block_hash(11)))
        failing.clear()
    with open_store(tmp_path / "c") as store:
        store.write(line(range(12, 14), block_hash(11)))
        assert slots(store) == [10, 11, 12, 13]


def test_frozen_files_are_complete_and_stay_as_they_are(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 12)))
        paths = store.freeze()
        assert [path.name for path in paths] == ["2026-11-30.duckdb"]
        content = paths[0].read_bytes()
        writing = threading.Thread(target=store.write, args=(line(range(12, 14)),))
        writing.start()
        # Answers do not wait.
        assert slots(store) == [10, 11]
        copy = tmp_path / "copy"
        copy.mkdir()
        (copy / paths[0].name).write_bytes(content)
        assert paths[0].read_bytes() == content
        assert store.release() is True
        writing.join()
        assert slots(store) == [10, 11, 12, 13]
        assert store.release() is False
    with open_store(copy) as store:
        assert slots(store) == [10, 11]


def test_queries_go_on_while_blocks_are_written(tmp_path):
    with open_store(tmp_path / "c", checkpoint_bytes=1) as store:
        store.write(line(range(10)))
        stopped, errors, answered = threading.Event(), [], []

        def read():
            while not stopped.is_set():
                try:
                    (totals,) = store.answer(chain.Cores(0, 99_999))
                    # The slots are 0 to n - 1.
                    assert totals.gas_used == totals.blocks * (totals.blocks - 1) // 2
                    answered.append(totals.blocks)
                except Exception as error:
                    errors.append(error)
                    return

        reader = threading.Thread(target=read)
        reader.start()
        for slot in range(10, 60):
            store.write(line(range(slot, slot + 1)))
        wait_for(lambda: errors or (answered and answered[-1] == 60))
        stopped.set()
        reader.join()
        assert not errors


KILLED = """
import os, signal, sys
from pathlib import Path
from tart.chain.core.changes import SetStatus
from tart.chain.store.chain_store import ChainStore
from tart.units import DAY_US
from tests.chain.store.running import Clock, PARAMETERS, block_hash, line
from tart.chain.core.changes import PutParameters

folder, last = Path(sys.argv[1]), int(sys.argv[2])
count = 0

def execute(cursor, statement):
    global count
    count += 1
    if count == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return cursor.execute(statement)

clock = Clock()
store = ChainStore(folder, 90, now_us=clock, execute=execute, checkpoint_bytes=1)
store.write([PutParameters(PARAMETERS), *line(range(10, 13))])
print("12", flush=True)
clock.now += DAY_US
store.write(line(range(13, 15), block_hash(12)))
print("14", flush=True)
final = SetStatus("final", (block_hash(12), block_hash(13)))
store.write([final, *line(range(15, 16), block_hash(14))])
print("15", flush=True)
print("statements", count, flush=True)
"""


def run_killed(folder, last):
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(last)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.slow
def test_a_kill_before_any_statement_loses_nothing_and_counts_nothing_twice(tmp_path):
    whole = run_killed(tmp_path / "whole", 0)
    statements = int(whole.stdout.split()[-1])
    assert statements > 15, whole.stderr
    for last in range(1, statements + 1):
        folder = tmp_path / f"c{last}"
        killed = run_killed(folder, last)
        acknowledged = max([9, *map(int, killed.stdout.split())])
        clock = Clock(NOON + DAY_US)
        with open_store(folder, clock) as store:
            stored = slots(store)
            assert set(range(10, acknowledged + 1)) <= set(stored)
            assert len(set(stored)) == len(stored)
            # The follower writes again what it does not find.
            store.write([PutParameters(PARAMETERS), *line(range(10, 16))])
            store.write([SetStatus("final", (block_hash(12), block_hash(13)))])
            assert slots(store) == list(range(10, 16))
            assert store.answer(chain.Cores(0, 99))[0].gas_used == sum(range(10, 16))
            assert store.answer(chain.RangeCounts(0, 99)).final == 2
            assert store.recover(1).parameters == PARAMETERS
            assert store.figures()["quarantined_files"] == 0


def test_a_store_of_another_release_is_not_touched(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 12)))
    path = tmp_path / "c" / "2026-11-30.duckdb"
    with duckdb.connect(str(path)) as file:
        file.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(StorageError, match="schema version 99"):
        ChainStore(tmp_path / "c", 90)
    assert names(tmp_path / "c") == ["2026-11-30.duckdb"]
