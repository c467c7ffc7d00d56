"""Search: what a shard takes to find events in a long event log, and its skip indexes.

Rows of a day are written by SQL into the two segments of a directory, as checkpoints of a shard
alternate: the share of a shard of two in twice as many events. A storage is opened on it, makes the
skip indexes, and searches for the newest hundred events of each selection, with their contexts, on
its query threads. HTTP and the merge of shards are not in the figures.
"""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from loadtest.dialogue import Json
from tart.aggregate.core.event_batch import DecodeContext
from tart.config.schema import StorageConfig
from tart.protocol.events import EventKind
from tart.protocol.frames import Frames
from tart.query.core.filters import Selection
from tart.storage.core.batch import Batch
from tart.storage.core.files import LogFile, first_segment, other_segment, period_start
from tart.storage.core.log_columns import LogColumns
from tart.storage.core.schema import NodeRow, encode_log
from tart.storage.log.contexts import read_contexts
from tart.storage.log.database import Database
from tart.storage.log.tail_scan import scan_newest
from tart.storage.store import Store
from tart.units import DAY_US, JCE_US

NODES = 500
CORES = 341
LIMIT = 100
_RUNS = Path(__file__).parent / "runs"
_TIMES = 9
_DEADLINE = 60.0
# Rows between two checkpoints.
_CHUNK = 500_000
_FIRST_SLOT = 1_000_000
_SLOTS_A_DAY = 14_400
# Other types than those of shard requests, with the share of each; the last is searched for.
_OTHERS = (
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.FINALIZED_BLOCK_CHANGED,
    EventKind.SYNC_STATUS_CHANGED,
)
_WEIGHTS = (0.9, 0.0999, 0.0001)
_BLOCKS = _OTHERS[:2]
_RARE, _ABSENT = EventKind.AUTHORING, EventKind.DROPPED

Progress = Callable[[str], None]


def play(millions: float, figures: Json, progress: Progress) -> list[Json]:
    """Measure searches in a directory of that many million events; return one row for each."""
    events = round(millions * 1e6)
    _RUNS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_RUNS) as name:
        root = Path(name)
        progress(f"writing {events:,} events")
        files = write_day(root, events)
        size = sum(file.path.stat().st_size for file in files)
        with _storage(root) as store:
            progress("making the skip indexes")
            spent = time.thread_time()
            while store.maintenance.extend_indexes():
                pass
            figures["index_us_per_event"] = (time.thread_time() - spent) / events * 1e6
            indexed = sum(file.index.stat().st_size for file in files if file.index.exists())
        figures["index_bytes_per_event"] = indexed / events
        figures["search_log_bytes_per_event"] = size / events
        progress("searching")
        rows = []
        for what, selection, node in selections(events):
            # Each begins with no index read yet.
            with _storage(root) as store:
                rows.append({"search": what, **_measure(store, selection, node)})
    figures["search_first_ms"] = max(row["first_ms"] for row in rows)
    figures["search_slowest_ms"] = max(row["p50_ms"] for row in rows)
    figures["search_cpu_ms"] = max(row["cpu_ms"] for row in rows)
    return rows


def selections(events: int) -> list[tuple[str, Selection, int | None]]:
    """Return what is searched for, in words and as a selection with the number of its node."""
    old = events // 3
    return [
        ("newest", Selection(), None),
        ("type", Selection(types=(_OTHERS[0],)), None),
        ("rare type, two events", Selection(types=(_RARE,)), None),
        ("type without events", Selection(types=(_ABSENT,)), None),
        ("node", Selection(node="5"), 5),
        ("node and rare type", Selection(node="5", types=(_OTHERS[2],)), 5),
        ("core", Selection(core=7), None),
        ("core and type without", Selection(core=7, types=(_OTHERS[0],)), None),
        ("slot of yesterday morning", Selection(slot=_slot(old, events)), None),
        ("slot without events", Selection(slot=7), None),
        ("hash", Selection(hash=_hash_of(old // 5 * 5).hex()), None),
        ("hash without events", Selection(hash="ab" * 32), None),
    ]


def write_day(root: Path, events: int) -> list[LogFile]:
    """Write the events of the day before today into both segments of its period."""
    start = period_start(time.time_ns() // 1000, 24) - DAY_US
    one = first_segment(root, 0, start, 24)
    files = [one, other_segment(one)]
    database = Database(StorageConfig())
    try:
        with closing(database.cursor()) as cursor:
            for file in files:
                database.attach_writable(file)
                cursor.execute(
                    f"INSERT INTO {file.catalog}.nodes SELECT number::INTEGER, "
                    f"unhex(md5(number::VARCHAR) || md5(number::VARCHAR)) "
                    f"FROM range({NODES}) numbers(number)"
                )
            for index, first in enumerate(range(0, events, _CHUNK)):
                file = files[index % 2]
                _write_rows(cursor, file, first, min(events, first + _CHUNK), events)
                cursor.execute(f"CHECKPOINT {file.catalog}")
    finally:
        database.close()
    return files


def _write_rows(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, first: int, end: int, events: int
) -> None:
    """Write events: of every five of a node a shard request, two ends of it, and two others."""
    random = np.random.default_rng(first)
    seq = np.arange(first, end)
    kinds = random.choice(_OTHERS, end - first, p=_WEIGHTS)
    kinds[seq % 5 == 0] = EventKind.SENDING_SHARD_REQUEST
    ends = seq % 5 >= 3
    kinds[ends] = EventKind.SHARDS_TRANSFERRED
    kinds[np.isin(seq, (events // 7, events // 3))] = _RARE
    requests = kinds == EventKind.SENDING_SHARD_REQUEST
    blocks = np.isin(kinds, _BLOCKS)
    node = random.integers(NODES, size=len(seq) // 5 + 2)[seq // 5 - first // 5]
    hashed = (requests | blocks).nonzero()[0].tolist()
    body = [b""] * len(seq)
    for index in hashed:
        body[index] = _hash_of(first + index)
    log = LogColumns(
        seq=seq,
        received_at=file.period + seq * (DAY_US // events),
        timestamp=(file.period + seq * (DAY_US // events) - JCE_US).astype(np.uint64)
        - random.integers(40_000, size=len(seq)).astype(np.uint64),
        node=node.astype(np.int32),
        session=node.astype(np.int32),
        event_id=seq.astype(np.uint64),
        type=kinds.astype(np.uint8),
        ref=(seq - seq % 5).astype(np.uint64),
        has_ref=ends,
        slot=_slot(seq, events).astype(np.uint32),
        has_slot=blocks,
        core=random.integers(CORES, size=len(seq)).astype(np.uint16),
        has_core=requests | ends,
        peer=random.integers(NODES, size=len(seq)),
        has_peer=requests,
        shard_index=random.integers(1023, size=len(seq)).astype(np.uint16),
        has_shard_index=requests,
        peers=[],
        body=Frames.of(body),
    )
    cursor.register("batch", encode_log(log))
    cursor.execute(f"INSERT INTO {file.catalog}.log SELECT * FROM batch")
    cursor.unregister("batch")


def _slot(seq: Any, events: int) -> Any:
    return _FIRST_SLOT + seq * _SLOTS_A_DAY // events


def _hash_of(seq: int) -> bytes:
    """Return the hash that an event names: one of some three hundred at a time."""
    return _digest(seq // 4000 * 300 + seq * 7919 % 300)


@lru_cache(1_000)
def _digest(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


@contextmanager
def _storage(root: Path) -> Iterator[Store]:
    """Open the directory as a shard does, with a first event of today."""
    committed: list[Batch] = []
    store = Store(
        StorageConfig(),
        root,
        0,
        1,
        on_commit=committed.append,
        on_failure=lambda error: None,
        start_maintenance=False,
    )
    try:
        now = time.time_ns() // 1000
        batch = Batch(nodes=[NodeRow(NODES + 1, bytes(32))], received_at=now)
        store.writer.put(batch)
        until = time.monotonic() + _DEADLINE
        while not committed and time.monotonic() < until:
            time.sleep(0.01)
        yield store
    finally:
        store.close()


def _measure(store: Store, selection: Selection, node: int | None) -> Json:
    """Search several times; return the figures, in milliseconds."""

    def condition(file: LogFile) -> tuple[str, list[Any]]:
        clause, values = selection.where(file.alias)
        return clause + ("" if node is None else f" AND node = {node}"), values

    def query(cursor: duckdb.DuckDBPyConnection) -> int:
        indexes = store.skip_indexes
        files = store.files(0)
        rows = scan_newest(
            cursor,
            files,
            condition,
            LIMIT,
            find_candidates=lambda file: indexes.candidates(cursor, file, selection, node),
        )
        if rows:
            read_contexts(cursor, files, rows, lambda session: DecodeContext(1, CORES))
        return len(rows)

    walls, cpu, count = [], [], 0
    for _ in range(_TIMES):
        wall, spent = time.monotonic(), time.process_time()
        count = asyncio.run(store.query_threads.run(query, _DEADLINE))
        walls.append((time.monotonic() - wall) * 1e3)
        cpu.append((time.process_time() - spent) * 1e3)
    return {
        "events": count,
        "first_ms": walls[0],
        "p50_ms": statistics.median(walls),
        "cpu_ms": statistics.median(cpu),
    }
