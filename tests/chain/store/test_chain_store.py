"""``tart/chain/store/chain_store.py``: writing, reading and stopping together."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import defaultdict

import duckdb
import pytest

from tart.chain.core.changes import PutParameters, SetStatus
from tart.errors import StorageError
from tart.query.chain_queries import chain
from tart.units import DAY_US
from tests.chain.store.running import (
    NOON,
    PARAMETERS,
    Clock,
    block_hash,
    line,
    open_store,
    slots,
    write_two_days,
)
from tests.running import wait_for


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


def test_one_backup_at_a_time_freezes_the_files(tmp_path):
    with open_store(tmp_path / "c", backup_seconds=0.01) as store:
        store.write(line(range(10, 12)))
        store.freeze()
        with pytest.raises(StorageError, match="another backup is running"):
            store.freeze()
        assert store.release() is True
        assert len(store.freeze()) == 1


def test_a_checkpoint_that_fails_ends_a_backup_and_not_the_writing(tmp_path):
    failing = threading.Event()

    def execute(cursor, statement):
        if failing.is_set() and statement.startswith("CHECKPOINT"):
            raise duckdb.TransactionException("a query prevents it")
        return cursor.execute(statement)

    with open_store(tmp_path / "c", execute=execute, backup_seconds=0.01) as store:
        store.write(line(range(10, 12)))
        failing.set()
        with pytest.raises(StorageError, match="a query prevents it"):
            store.freeze()
        assert store.release() is False
        failing.clear()
        store.write(line(range(12, 14), block_hash(11)))
        assert slots(store) == [10, 11, 12, 13]


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


def test_a_start_knows_the_blocks_with_the_highest_slots(tmp_path):
    clock = write_two_days(tmp_path / "c", range(10, 13), range(13, 16))
    with open_store(tmp_path / "c", clock) as store:
        for limit in (1, 3, 4, 9):
            known = [block.slot for block in store.recover(limit).blocks]
            assert known == [15, 14, 13, 12, 11, 10][:limit]


# One process imports what it needs and forks for each statement, before anything of DuckDB runs.
KILLED = """
import os, signal, sys
from itertools import count
from pathlib import Path
from tart.chain.core.changes import PutParameters, SetStatus
from tart.chain.store.chain_store import ChainStore
from tart.units import DAY_US
from tests.chain.store.running import Clock, PARAMETERS, block_hash, line

def write(folder, last):
    statements = 0

    def execute(cursor, statement):
        nonlocal statements
        statements += 1
        if statements == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return cursor.execute(statement)

    clock = Clock()
    store = ChainStore(folder, 90, now_us=clock, execute=execute, checkpoint_bytes=1)
    store.write([PutParameters(PARAMETERS), *line(range(10, 13))])
    print(last, 12, flush=True)
    clock.now += DAY_US
    store.write(line(range(13, 15), block_hash(12)))
    print(last, 14, flush=True)
    final = SetStatus("final", (block_hash(12), block_hash(13)))
    store.write([final, *line(range(15, 16), block_hash(14))])
    print(last, 15, flush=True)

for last in count(1):
    if not (child := os.fork()):
        write(Path(sys.argv[1]) / f"c{last}", last)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != -signal.SIGKILL:
        # There are no more statements.
        sys.exit(code)
"""


def run_killed(folder):
    """What was acknowledged by the number of the statement before which the process was killed.

    The last one is that of a process that ran to its end.
    """
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == 0, ended.stderr
    found = defaultdict(lambda: 9)
    for last, slot in (map(int, row.split()) for row in ended.stdout.splitlines()):
        found[last] = slot
    return found


@pytest.mark.slow
def test_a_kill_before_any_statement_loses_nothing_and_counts_nothing_twice(tmp_path):
    found = run_killed(tmp_path)
    # The last process was not killed.
    assert found[max(found)] == 15
    assert max(found) > 16
    for last in range(1, max(found)):
        folder = tmp_path / f"c{last}"
        acknowledged = found[last]
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
