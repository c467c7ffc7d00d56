"""``tart/handles.py``: a handle in use is not closed; under load, with real handles."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing, contextmanager

import pytest

from tart.errors import HandleClosed
from tart.handles import OwnedHandle, SharedHandle

LONG = 60.0
COUNTING = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
    "SELECT max(i) FROM n"
)


class Recorder:
    """A handle that tells when it is used and closed, and by which thread."""

    def __init__(self):
        self.told = []
        self.threads = set()
        self.going, self.go_on = threading.Event(), threading.Event()

    def tell(self, what):
        self.threads.add(threading.get_ident())
        self.told.append(what)

    @contextmanager
    def opened(self):
        self.tell("opened")
        try:
            yield self
        finally:
            self.tell("closed")

    def held(self):
        """A use that lasts until ``go_on``."""
        self.tell("begun")
        self.going.set()
        assert self.go_on.wait(LONG)
        self.tell("ended")


def test_an_owned_handle_is_opened_used_and_closed_by_one_thread():
    recorder = Recorder()

    async def scenario():
        owned = OwnedHandle("test", recorder.opened)
        uses = [owned.use(lambda handle, n=n: handle.tell(n)) for n in range(5)]
        await asyncio.gather(*uses)
        await owned.close()
        await owned.close()
        with pytest.raises(HandleClosed):
            await owned.use(lambda handle: handle.tell("late"))

    asyncio.run(scenario())
    assert recorder.told == ["opened", 0, 1, 2, 3, 4, "closed"]
    assert len(recorder.threads) == 1
    assert threading.get_ident() not in recorder.threads


def test_closing_waits_for_a_use_whose_caller_was_cancelled():
    recorder = Recorder()

    async def scenario():
        owned = OwnedHandle("test", recorder.opened)
        using = asyncio.create_task(owned.use(lambda handle: handle.held()))
        waiting = asyncio.create_task(owned.use(lambda handle: handle.tell("undone")))
        await asyncio.to_thread(recorder.going.wait, LONG)
        for task in (using, waiting):
            task.cancel()
        closing_ = asyncio.create_task(owned.close())
        await asyncio.gather(using, waiting, return_exceptions=True)
        assert "closed" not in recorder.told
        recorder.go_on.set()
        await closing_

    asyncio.run(scenario())
    assert recorder.told == ["opened", "begun", "ended", "closed"]


def test_a_cancelled_close_still_closes_the_handle():
    recorder = Recorder()

    async def scenario():
        owned = OwnedHandle("test", recorder.opened)
        using = asyncio.create_task(owned.use(lambda handle: handle.held()))
        await asyncio.to_thread(recorder.going.wait, LONG)
        ending = asyncio.create_task(owned.close())
        await asyncio.sleep(0)
        ending.cancel()
        recorder.go_on.set()
        await asyncio.gather(using, ending, return_exceptions=True)

    asyncio.run(scenario())
    for thread in threading.enumerate():
        if thread.name.startswith("test"):
            thread.join(LONG)
    assert recorder.told[-1] == "closed"


def test_an_owned_handle_is_opened_again_after_a_failure():
    recorder = Recorder()

    async def scenario():
        owned = OwnedHandle("test", recorder.opened)
        with pytest.raises(ZeroDivisionError):
            await owned.use(lambda handle: 1 // 0)
        await owned.use(lambda handle: handle.tell("used"))
        await owned.close()

    asyncio.run(scenario())
    assert recorder.told == ["opened", "closed", "opened", "used", "closed"]


def test_a_shared_handle_is_closed_after_its_last_use():
    recorder = Recorder()
    shared = SharedHandle(recorder, lambda handle: handle.tell("closed"))

    def use():
        with shared.use() as handle:
            handle.held()

    user = threading.Thread(target=use)
    user.start()
    assert recorder.going.wait(LONG)
    assert not shared.close(0.0)
    assert recorder.told == ["begun"]
    with pytest.raises(HandleClosed):
        shared.acquire()
    closer = threading.Thread(target=shared.close, args=(LONG,))
    closer.start()
    recorder.go_on.set()
    user.join()
    closer.join()
    assert recorder.told == ["begun", "ended", "closed"]
    assert shared.close(0.0)
    assert recorder.told.count("closed") == 1


@pytest.mark.slow
def test_closing_sqlite_while_statements_run_does_not_crash(tmp_path):
    """In a process of its own: what this is against is a segmentation fault."""
    outcome = run_alone(closing_sqlite, tmp_path / "c.sqlite", 150)
    assert (outcome.returncode, outcome.stdout) == (0, "150 rounds\n"), outcome.stderr


def closing_sqlite(path, rounds):
    """Cancel whoever waits for statements, close at once; again and again."""
    chance = random.Random(1)

    async def scenario():
        for _ in range(rounds):
            owned = OwnedHandle("test", lambda: closing(sqlite3.connect(path)))
            statement = COUNTING.format(chance.randint(1, 2000))
            uses = [
                asyncio.create_task(owned.use(lambda handle, s=statement: list(handle.execute(s))))
                for _ in range(4)
            ]
            await asyncio.sleep(chance.random() * 0.002)
            for use in uses:
                use.cancel()
            await owned.close()
            await asyncio.gather(*uses, return_exceptions=True)

    asyncio.run(scenario())
    sys.stdout.write(f"{rounds} rounds\n")


def run_alone(function, *arguments):
    """A function of this module in a new process."""
    program = f"""
        import faulthandler, pathlib
        faulthandler.enable()
        from tests.test_handles import {function.__name__}
        {function.__name__}(pathlib.Path({str(arguments[0])!r}), *{arguments[1:]!r})
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
