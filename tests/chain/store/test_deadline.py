"""``tart/chain/store/deadline.py``: interrupts of statements."""

from __future__ import annotations

import threading

import duckdb
import pytest

from tart.chain.store.deadline import hold_deadline
from tart.errors import QueryTimeout
from tart.query.chain_queries import chain
from tests.chain.store.running import line, open_store

ENDLESS = "SELECT sum(a.range * b.range) FROM range(1_000_000) a, range(1_000_000) b"


def test_a_statement_is_interrupted_when_the_time_has_passed():
    cursor = duckdb.connect()
    with pytest.raises(duckdb.InterruptException), hold_deadline(cursor, 0.05, lambda: False):
        cursor.execute(ENDLESS).fetchall()


def test_a_statement_is_interrupted_when_the_client_has_gone():
    cursor, gone = duckdb.connect(), threading.Event()
    timer = threading.Timer(0.05, gone.set)
    timer.start()
    with pytest.raises(duckdb.InterruptException), hold_deadline(cursor, 3600.0, gone.is_set):
        cursor.execute(ENDLESS).fetchall()
    timer.join()


def test_a_loop_is_ended_by_the_check_and_the_watcher_ends_with_the_block():
    cursor = duckdb.connect()
    with hold_deadline(cursor, 0.0, lambda: False) as check, pytest.raises(QueryTimeout):
        check()
    with hold_deadline(cursor, 3600.0, lambda: False) as check:
        check()
    assert "chain-deadline" not in [thread.name for thread in threading.enumerate()]


def test_a_query_ends_at_its_deadline_and_without_a_client(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 20)))
        with pytest.raises(QueryTimeout):
            store.answer(chain.State(), 0.0)
        with pytest.raises(QueryTimeout):
            store.answer(chain.State(), 10.0, lambda: True)
        assert store.answer(chain.State()).blocks == 10
