"""Killing tart again and again under load, and what must hold each time.

Nodes send as fast as they are read and connect again when they are cut off. Before each
kill it is noted what tart has reported as committed; afterwards that must be there. When
it is stopped, ``tart verify`` reads every row: sequence numbers and event ids without
holes mean that each event is there once, and that a session lost nothing but its end,
which is what was read and not yet committed.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from contextlib import closing, suppress

import duckdb
import httpx

from tart.cli.verify import complaint
from tart.query.core.event_ids import event_identity
from tart.storage.core.files import list_directories, list_files
from tart.storage.log.verify import verify
from tests.running import fake_node, running_system, wait_for

NODES = 6
SETTINGS = {
    # Checkpoints nearly all the time, so that many kills hit one.
    "TART_STORAGE_CHECKPOINT_SECONDS": "0.05",
    "TART_SUPERVISOR_BACKOFF_SECONDS": "0.01",
    "TART_SUPERVISOR_CRASH_LIMIT": "100000",
}


class Load:
    """Nodes that send until they are told to stop."""

    def __init__(self):
        self.address = ("127.0.0.1", 9)
        self.sent = 0
        self._counting = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._send, args=(index,)) for index in range(1, NODES + 1)
        ]

    def __enter__(self):
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for each in self._threads:
            each.join()

    def _send(self, index):
        node = fake_node(index)
        while not self._stop.is_set():
            address = self.address
            with suppress(OSError), closing(socket.create_connection(address, timeout=5)) as out:
                self._send_on(out, node)
            self._stop.wait(0.01)

    def _send_on(self, out, node):
        out.sendall(node.connect())
        slot = 0
        while not self._stop.is_set():
            frames = []
            for _ in range(20):
                slot += 1
                frames.append(node.event("BestBlockChanged", 9, slot=slot, hash=bytes(32))[1])
            frames.append(node.event("Dropped", 9, last_timestamp=9, num=3)[1])
            # Before it is sent, so that no more can be stored than was counted.
            with self._counting:
                self.sent += len(frames)
            out.sendall(b"".join(frames))
            self._stop.wait(0.01)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(text) for text in file.read().split()]


def all_answer(system):
    """Whether gateway and shards are there; either may be the one that was killed."""
    try:
        response = system.http.get("/api/events", params={"limit": 1})
    except httpx.TransportError:
        return False
    return response.headers.get("X-Tart-Shards") == f"{system.shards}/{system.shards}"


def note_reported(system, highest):
    """What the API shows is committed: the newest sequence number of each directory."""
    for event in system.get("/api/events", limit=200)["events"]:
        directory, sequence = event_identity(event["id"])
        highest[directory] = max(highest.get(directory, -1), sequence)


def newest_stored(data):
    """The highest sequence number in each directory's files."""
    found = {}
    for directory in list_directories(data):
        for file in list_files(data, directory):
            with closing(duckdb.connect(str(file.path), read_only=True)) as connection:
                ((last,),) = connection.execute("SELECT max(seq) FROM log").fetchall()
            found[directory] = max(found.get(directory, -1), -1 if last is None else last)
    return found


def check(data, highest, load):
    """Everything reported is there once; see the head of this file."""
    report = verify(data, complaint, deep=False)
    assert report.findings == []
    assert report.events <= load.sent
    stored = newest_stored(data)
    assert {each: stored.get(each, -1) >= last for each, last in highest.items()} == dict.fromkeys(
        highest, True
    )
    return report


def run(data, cycles, seed, shards=2):
    """Kill ``cycles`` times: shards and the gateway one by one, every fifth time everything."""
    chance = random.Random(seed)
    highest = {}
    done = 0
    with Load() as load:
        while done < cycles:
            with running_system(data, shards=shards, environ=SETTINGS) as system:
                load.address = system.telemetry
                wait_for(lambda before=load.sent: load.sent > before + 500, "load")
                while True:
                    time.sleep(chance.uniform(0.0, 0.4))
                    note_reported(system, highest)
                    done += 1
                    if done % 5 == 0 or done >= cycles:
                        break
                    os.kill(chance.choice(children(system.process.pid)), signal.SIGKILL)
                    wait_for(lambda: all_answer(system), "all parts to answer again")
                os.killpg(system.process.pid, signal.SIGKILL)
                system.process.ended()
            report = check(data, highest, load)
    return report
