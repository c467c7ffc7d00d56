"""The writer's thread: order, a full disk, failures, the stop."""

import threading

import pytest

from tart.chain.core.changes import PutParameters
from tart.chain.writer import MAX_WAITING, Writer
from tart.errors import DiskFull, StorageError
from tests.chain.memory_store import MemoryStore
from tests.running import DEADLINE, wait_for


class FaultyStore(MemoryStore):
    """A store that fails or waits when it is told to."""

    def __init__(self):
        super().__init__()
        self.error = None
        self.written = []
        self.may_write = threading.Event()
        self.may_write.set()

    def write(self, changes):
        self.may_write.wait(DEADLINE)
        if self.error is not None:
            raise self.error
        self.written.append(changes)


@pytest.fixture
def store():
    return FaultyStore()


@pytest.fixture
def failures():
    return []


@pytest.fixture
def writer(store, failures):
    writer = Writer(store, failures.append, retry_seconds=0.01)
    writer.start()
    yield writer
    store.may_write.set()
    writer.stop()


def change(number):
    return [PutParameters({"core_count": number})]


def test_changes_are_written_in_order(writer, store):
    for number in range(20):
        writer.put(change(number))
    wait_for(lambda: len(store.written) == 20)
    assert store.written == [change(number) for number in range(20)]
    assert writer.waiting == 0


def test_a_full_disk_is_retried_and_nothing_is_lost(writer, store, failures):
    store.error = DiskFull("no space left on device")
    writer.put(change(1))
    wait_for(lambda: writer.shortages == 1)
    for number in range(MAX_WAITING):
        writer.put(change(number))
    assert not writer.keeps_up
    store.error = None
    wait_for(lambda: len(store.written) == MAX_WAITING + 1)
    assert writer.keeps_up
    assert failures == []


def test_any_other_failure_ends_the_thread_and_is_reported(writer, store, failures):
    store.error = StorageError("broken")
    writer.put(change(1))
    wait_for(lambda: failures)
    assert failures == [store.error]
    assert not writer.keeps_up


def test_a_store_that_hangs_holds_up_nobody_who_puts(writer, store):
    store.may_write.clear()
    for number in range(MAX_WAITING):
        writer.put(change(number))
    assert not writer.keeps_up
    store.may_write.set()
    wait_for(lambda: writer.keeps_up)


def test_a_stop_writes_what_waits(store, failures):
    writer = Writer(store, failures.append)
    for number in range(5):
        writer.put(change(number))
    writer.start()
    writer.stop()
    assert len(store.written) == 5


def test_a_stop_does_not_wait_for_room(store, failures):
    store.error = DiskFull("full")
    writer = Writer(store, failures.append, retry_seconds=3600)
    writer.start()
    writer.put(change(1))
    wait_for(lambda: writer.shortages == 1)
    writer.stop()
    assert store.written == []
