"""Stopped while events stream in and checkpoints run: all that was read is in the files."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from contextlib import closing

import duckdb
import httpx
import pytest

from tart.cli.main import main
from tart.storage.aggregates.database import aggregate_file
from tart.storage.core.files import list_directories, list_files
from tart.storage.core.schema import log_subquery
from tests.running import running_system, wait_for
from tests.soak.kills import Load, newest_stored, note_reported

pytestmark = pytest.mark.slow

SHARDS = 2
# Something is being checkpointed and flushed at nearly any moment.
SETTINGS = {
    "TART_STORAGE_CHECKPOINT_SECONDS": "0.02",
    "TART_AGGREGATES_FLUSH_SECONDS": "0.05",
}


def rows(data, statement):
    """What a statement finds in each directory's files, each opened as anybody could."""
    for directory in list_directories(data):
        for file in list_files(data, directory):
            with closing(duckdb.connect(str(file.path), read_only=True)) as connection:
                for row in connection.execute(statement).fetchall():
                    yield directory, *row


def stored_by_session(data):
    """(directory, session) to how many of its frames are in the files."""
    found = Counter()
    for table in (log_subquery("main"), "undecodable"):
        counted = f"SELECT session, count(*) FROM {table} GROUP BY session"
        for directory, session, count in rows(data, counted):
            found[directory, session] += count
    return found


def closed(data):
    """(directory, session) to why it ended, and how many events it is said to have had."""
    query = "SELECT session, reason, counters FROM sessions WHERE what = 'closed'"
    return {
        (directory, session): (reason, json.loads(counters)["events"])
        for directory, session, reason, counters in rows(data, query)
    }


def aggregated_through(data, directory):
    path = aggregate_file(data, directory).path
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        found = dict(connection.execute("SELECT key, value FROM state").fetchall())
    return found["through"]


def twice(process):
    """SIGTERM as ``timeout`` sends it: to its child, and to the group of both."""
    process.send(signal.SIGTERM)
    os.killpg(process.pid, signal.SIGTERM)


def by_ctrl_c(process):
    """SIGINT as a terminal sends it, from somebody who is not sure."""
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)


STOPS = (twice, by_ctrl_c)


def test_a_stop_under_load_loses_nothing_that_was_read(tmp_path, capsys):
    data, reported = tmp_path / "data", {}
    with Load() as load:
        for stop in STOPS:
            with running_system(data, shards=SHARDS, environ=SETTINGS) as system:
                load.address = system.telemetry
                wait_for(lambda before=load.sent: load.sent > before + 3000, "load")
                note_reported(system, reported)
                stop(system.process)

                assert system.process.ended() == 0, system.process.errors()
                errors = system.process.errors()
                assert "Traceback" not in errors
                assert '"level": "error"' not in errors
            # Checkpointed: nothing is left for the next start to put in order.
            assert list(data.glob("*/*.wal")) == []

    assert main(["verify", "--deep", "--data-dir", str(data)]) == 0
    capsys.readouterr()
    ended, stored = closed(data), stored_by_session(data)
    assert sum(reason == "server stopping" for reason, _ in ended.values()) >= len(STOPS)
    # What a node was told to have been read of it, by the number of it that is stored.
    assert {key: stored[key] for key in ended} == {
        key: events for key, (_, events) in ended.items()
    }
    assert set(stored) <= set(ended)
    newest = newest_stored(data)
    for directory, sequence in reported.items():
        assert newest[directory] >= sequence
    for directory in list_directories(data):
        assert aggregated_through(data, directory) == newest[directory] + 1


def test_a_stop_has_its_deadline_while_a_client_takes_nothing_and_a_question_runs(tmp_path):
    """Neither a stream that nobody reads nor long SQL holds it up."""
    with Load() as load, running_system(tmp_path / "data", environ=SETTINGS) as system:
        load.address = system.telemetry
        wait_for(lambda: load.sent > 1000, "load")
        slow = "SELECT count(*) AS n FROM range(100000000) a, range(100000) b"
        with system.http.stream("GET", "/api/events/stream") as stream:
            assert stream.status_code == 200
            with pytest.raises(httpx.ReadTimeout):
                system.http.post("/api/sql", json={"map": slow}, timeout=0.5)
            system.process.send(signal.SIGTERM)
            assert system.process.ended() == 0, system.process.errors()
