"""``tart/chain/store/reader_lock.py``: queries beside who detaches a file."""

from __future__ import annotations

import threading

import pytest

from tart.chain.store.reader_lock import ReaderLock
from tart.errors import Busy
from tests.running import wait_for


def test_readers_share_the_lock_and_one_alone_excludes_them():
    lock = ReaderLock(wait_seconds=0.01)
    with lock.hold_shared(), lock.hold_shared(), lock.hold_exclusively() as is_alone:
        assert not is_alone
    with lock.hold_exclusively() as is_alone:
        assert is_alone
        with pytest.raises(Busy), lock.hold_shared():
            pass
    with lock.hold_shared():
        pass


def test_a_thread_that_waits_to_be_alone_goes_before_new_readers():
    lock = ReaderLock(wait_seconds=60.0)
    order, reading = [], threading.Event()

    def be_alone():
        with lock.hold_exclusively() as is_alone:
            order.append(("alone", is_alone))

    def read():
        with lock.hold_shared():
            order.append("reader")

    def read_first():
        with lock.hold_shared():
            reading.wait()
            order.append("first")

    threads = [threading.Thread(target=read_first)]
    threads[0].start()
    wait_for(lambda: lock.readers == 1)
    threads.append(threading.Thread(target=be_alone))
    threads[1].start()
    wait_for(lambda: lock.is_exclusive)
    threads.append(threading.Thread(target=read))
    threads[2].start()
    assert order == []
    reading.set()
    for thread in threads:
        thread.join()
    assert order == ["first", ("alone", True), "reader"]


def test_an_error_of_a_reader_gives_the_lock_back():
    lock = ReaderLock(wait_seconds=0.01)
    with pytest.raises(ValueError, match="broken"), lock.hold_shared():
        raise ValueError("broken")
    with pytest.raises(ValueError, match="broken"), lock.hold_exclusively():
        raise ValueError("broken")
    with lock.hold_exclusively() as is_alone:
        assert is_alone
