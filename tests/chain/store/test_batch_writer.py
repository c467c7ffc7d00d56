"""``tart/chain/store/batch_writer.py``: changes as rows, batches in files."""

from __future__ import annotations

import errno
import os
import threading

import duckdb
import pytest
from msgspec.structs import replace

from tart.chain.core.changes import PutParameters, PutService, PutUndecodable, SetStatus
from tart.chain.store.batch_writer import BatchWriter
from tart.errors import DiskFull, StorageError
from tart.query.chain_queries import chain
from tart.rpc.model import CoreRecord
from tart.units import DAY_US
from tests.chain.store.running import (
    NOON,
    PARAMETERS,
    Clock,
    block_hash,
    line,
    make_account,
    make_block,
    names,
    open_files,
    open_store,
    put,
    slots,
)


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
    account = replace(make_account(7, 1), balance=(1 << 64) - 1)
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


def test_undecodable_statistics_are_kept_up_to_a_limit(tmp_path):
    with open_store(tmp_path / "c", max_undecodable=2) as store:
        for slot in range(3):
            store.write([PutUndecodable(b"\1" * 32, slot, NOON, "no layout", b"abc")])
        assert store.surplus == 1
    with duckdb.connect(str(tmp_path / "c" / "2026-11-30.duckdb"), read_only=True) as file:
        assert file.execute("SELECT slot, statistics FROM undecodable").fetchall() == [
            (0, b"abc"),
            (1, b"abc"),
        ]


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


def test_an_account_is_stored_again_only_if_it_changed(tmp_path):
    with open_files(tmp_path / "c") as parts:
        writer = BatchWriter(
            tmp_path / "c",
            parts.files,
            parts.index,
            parts.places,
            last_change=0,
            now_us=Clock(),
            max_accounts=2,
        )
        changed = make_account(7, 2)
        later = replace(changed, at_slot=9)
        writer.write(parts.cursor, [PutService(make_account(7, 1)), PutService(changed)])
        writer.write(parts.cursor, [PutService(later), PutService(make_account(0, 5))])
        # A third one is beyond the limit, a known one is not.
        writer.write(parts.cursor, [PutService(make_account(1, 1)), PutService(make_account(0, 6))])
        assert writer.surplus == 1
        assert parts.index.accounts == {7: changed, 0: make_account(0, 6)}
        (file,) = parts.index.files
        rows = parts.cursor.execute(
            f"SELECT service, balance FROM {file.catalog}.accounts ORDER BY change"
        ).fetchall()
        assert rows == [(7, 1), (7, 2), (0, 5), (0, 6)]
