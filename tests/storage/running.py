"""A shard's storage as a test runs it: rows in, real files out.

Waits have one generous deadline that only a failing test ever reaches.
"""

from __future__ import annotations

import asyncio
import queue
import shutil
import time
from contextlib import closing, contextmanager

import duckdb

from tart.aggregate.core.isolation import Isolation
from tart.config.schema import StorageConfig
from tart.storage.aggregates import database
from tart.storage.core.batch import Batch
from tart.storage.core.log_columns import LogColumns, LogRow
from tart.storage.core.schema import NodeRow, SessionRow, UndecodableRow, log_rows_query
from tart.storage.store import Store

DEADLINE = 100.0
NOON = 1_795_262_400_000_000  # 2026-11-21T12:00Z
PEERS = [bytes([number]) * 32 for number in range(8)]


def event(seq, *, at=NOON, **changes):
    """A good event: Best block changed of node 0 on session 0, unless said otherwise."""
    usual = LogRow(
        seq, at, 1_000 + seq, 0, 0, seq, 11, None, None, seq, None, None, b"body %d" % seq
    )
    return usual._replace(**changes)


def opened(session, *, node=0, at=NOON, information=b"hello"):
    return SessionRow(session, at, "opened", node, "192.0.2.1:4", information, None, None)


def closed(session, *, node=0, at=NOON, counters="{}", information=b"hello"):
    row = opened(session, node=node, at=at, information=information)
    return row._replace(what="closed", counters=counters, reason="closed by the node")


def unreadable(seq, *, at=NOON, **changes):
    """A frame on session 0 that could not be understood."""
    usual = UndecodableRow(seq, at, 0, 0, seq, 11, "truncated", "slot", 9, "4 bytes", b"frame")
    return usual._replace(**changes)


def batch(*log, at=NOON, nodes=(), peers=(), sessions=(), undecodable=()):
    """A batch that arrives at ``at``; the peers its events name are ``PEERS``, by number."""
    found = Batch(
        log=[LogColumns.from_rows(log, PEERS)] if log else [],
        nodes=[*nodes],
        peers=[*peers],
        sessions=[*sessions],
        undecodable=[*undecodable],
    )
    found.opened_at, found.received_at = time.monotonic(), at
    return found


def day(root, text="2026-11-21", directory=0):
    """The path of a directory's file of that day or hour."""
    return root / f"{directory:02d}" / f"{text}.duckdb"


def log_files(root, directory=0):
    """What is in a directory beside its aggregates, by name."""
    found = (root / f"{directory:02d}").iterdir()
    return sorted(path.name for path in found if not path.name.startswith("aggregates"))


def wait_for(condition):
    """Ask again and again until it is true."""
    ends = time.monotonic() + DEADLINE
    while not (found := condition()):
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.001)
    return found


# Arguments of the store that are not settings.
ARGUMENTS = (
    "on_shortage",
    "on_sessions_deleted",
    "progress",
    "start_maintenance",
    "maintenance_interval",
)


class Storage:
    """A store with what it reports."""

    def __init__(self, root, shard=0, count=1, **settings):
        arguments = {key: settings.pop(key) for key in ARGUMENTS if key in settings}
        self.commits, self.failures = queue.Queue(), queue.Queue()
        self.config = StorageConfig(**settings)
        self.store = Store(
            self.config,
            root,
            shard,
            count,
            on_commit=self.commits.put,
            on_failure=self.failures.put,
            **arguments,
        )

    def write(self, *batches):
        """Hand over batches and wait until each is committed, in this order."""
        for each in batches:
            self.store.writer.put(each)
        for each in batches:
            assert self.commits.get(timeout=DEADLINE) is each

    def ask(self, statement):
        """Rows, as a reader sees them now."""
        return asyncio.run(
            self.store.query_threads.run(
                lambda cursor: cursor.execute(statement).fetchall(), DEADLINE
            )
        )


@contextmanager
def open_storage(root, shard=0, count=1, **settings):
    """A store that is closed in the end."""
    storage = Storage(root, shard, count, **settings)
    try:
        yield storage
    finally:
        storage.store.close()


def write(root, *batches, shard=0, count=1, **settings):
    """Batches written by a store that starts and stops cleanly."""
    with open_storage(root, shard, count, **settings) as storage:
        storage.write(*batches)


def in_both_segments(root, count=6, **settings):
    """Events 0 … count-1, by turns in the two files of one day; session 0 speaks in both."""
    with open_storage(root, checkpoint_seconds=0.001, **settings) as storage:
        first = batch(event(0), nodes=[NodeRow(0, PEERS[0])], sessions=[opened(0)])
        for seq in range(count):
            storage.write(first if seq == 0 else batch(event(seq)))
            wait_for(lambda seq=seq: storage.store.writer.checkpoints.statistics.done > seq)


def contents(path, table="log"):
    """What is in a file, in the order it was written; times as Unix microseconds.

    The file is opened on its own, read-only, as anybody could.
    """
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        if table == "log":
            return [LogRow(*row) for row in connection.execute(log_rows_query("main")).fetchall()]
        return connection.execute(_select(table)).fetchall()


def _select(table):
    time_column = "happened_at" if table == "sessions" else "received_at"
    columns = (
        "*" if table in ("nodes", "peers", "meta") else f"* REPLACE (epoch_us({time_column}) AS "
    )
    columns += "" if columns == "*" else f"{time_column})"
    return f"SELECT {columns} FROM {table} ORDER BY rowid"


def alone(path, elsewhere):
    """A copy of one file in an empty directory."""
    elsewhere.mkdir(exist_ok=True)
    return shutil.copy(path, elsewhere / path.name)


def write_flush(cursor, file, flush):
    """Write a flush to a file of aggregates, as its writer does."""
    database.write(cursor, file, flush, dict(database.encode_flush(flush, Isolation())))
