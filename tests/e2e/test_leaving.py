"""A client that leaves takes along what is done for it, down to the processes."""

from __future__ import annotations

import json
import re
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.running import running_system, wait_for

# Hours of work.
ENDLESS = "SELECT sum(a.range * b.range) FROM range(100_000_000) a, range(1_000_000) b"
# As many as the gateway lets run; one in each shard, the other waits there.
CLIENTS = 2


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with running_system(tmp_path_factory.mktemp("leaving") / "data") as running:
        yield running


def total(system, name):
    """A metric over all shards."""
    text = system.http.get("/metrics").text
    return sum(map(float, re.findall(rf"^{name}{{.*}} (\S+)$", text, re.MULTILINE)))


def statements(pid):
    """Return the descendants of a process that run SQL statements; those that wait do not."""
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*"):
        # Threads and processes may end while their files are read.
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in (task / "children").read_text().split():
                found |= statements(child)
                command = Path(f"/proc/{child}/cmdline").read_bytes()
                if b"sandbox" in command and is_running(child):
                    found.add(child)
    return found


def is_running(pid):
    """Return whether a thread of a process computes, or waits for a processor."""
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return any(each.read_text().rpartition(") ")[2][0] == "R" for each in threads)


def ask(system, body):
    """Send a statement and wait for nothing."""
    text = json.dumps(body).encode()
    host, _, port = system.api.removeprefix("http://").partition(":")
    client = socket.create_connection((host, int(port)))
    client.sendall(
        b"POST /api/sql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(text) + text
    )
    return client


@pytest.mark.parametrize(
    ("body", "where"),
    [({"map": ENDLESS}, "shards"), ({"map": "SELECT 1 AS a", "reduce": ENDLESS}, "gateway")],
    ids=["in the shards", "in the gateway"],
)
def test_a_statement_ends_with_its_client(system, body, where):
    clients = [ask(system, body) for _ in range(CLIENTS)]
    pid = system.process.pid
    wait_for(lambda: statements(pid), "a statement that runs")
    if where == "shards":
        wait_for(lambda: total(system, "tart_queries_running") == 2, "both shards at work")
        wait_for(lambda: total(system, "tart_queries_waiting") == 2, "a queue in both")
    before = total(system, "tart_queries_abandoned_total")
    for client in clients:
        client.close()
    # A running one may be seen while it waits, but not every time.
    wait_for(lambda: not any(statements(pid) for _ in range(20)), "the end of every statement")
    wait_for(lambda: total(system, "tart_queries_running") == 0, "idle shards")
    assert total(system, "tart_queries_waiting") == 0
    if where == "shards":
        assert total(system, "tart_queries_abandoned_total") == before + 2 * CLIENTS
    # Nothing is left that would hold up the next.
    response = system.http.post("/api/sql", json={"map": "SELECT 1 AS a"})
    assert response.status_code == 200, response.text
