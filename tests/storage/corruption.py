"""Directories with everything that can be damaged, and the ways to damage it.

A directory has yesterday's and today's file, two segments each, with random hashes that fill
some blocks; ``killed`` is the same with a log beside each segment of today, as a kill leaves it.
"""

from __future__ import annotations

import os
import random
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache

import duckdb

from tart.storage.core.files import QUARANTINED
from tests.shard.running import best, fake_node, run

# Enough that the block with the first hashes is followed by another vector of rows.
ROUND = 6_000
BLOCK_BYTES = 128 << 10
HEADER_BYTES = 3 * 4096


def make(root, directory=0, count=1, *, today=True):
    """Fill a directory with yesterday's file and, if wanted, today's."""
    if not (root / f"{directory:02d}").exists():
        run(_talk, root, directory, count, storage={"checkpoint_seconds": 1000.0})
        _make_yesterday(root / f"{directory:02d}")
    if today:
        run(_talk, root, directory, count, storage={"checkpoint_seconds": 1000.0})


def make_killed(root, elsewhere):
    """The same, and a log beside today's segments; ``elsewhere`` is filled already."""

    async def scenario(shard):
        async def sent(rounds):
            await _say(shard, rounds)
            shard.ingest.flush_aggregates()

        await sent(1)
        with closing(shard.store.cursor()) as cursor:
            # Both segments get a WAL: no checkpoint runs.
            shard.store.writer.segments.rotate(shard.store.writer.segments.current)
            await sent(1)
            cursor.execute("SELECT 1")
        shutil.copytree(elsewhere, root, dirs_exist_ok=True)

    run(scenario, elsewhere, storage={"checkpoint_seconds": 1000.0})


async def _talk(shard):
    await _say(shard, 2, rotate=True)
    shard.ingest.flush_aggregates()


async def _say(shard, rounds, *, rotate=False):
    segments = shard.store.writer.segments
    for number in range(rounds):
        session = shard.session(*_round(number))
        shard.ingest.close_session(session, "it is over")
        await shard.settled()
        if rotate:
            # Each segment gets a round, whatever a checkpoint would take meanwhile.
            segments.rotate(segments.current)


@cache
def _round(number):
    """The first message of a node and what it says in a round; always the same."""
    node = fake_node(1 + number)
    draw = random.Random(number)
    said = b"".join(best(node, slot, draw.randbytes(32)) for slot in range(ROUND))
    return node.connect(), said


def _make_yesterday(folder):
    """Give today's files yesterday's name."""
    today = datetime.now(UTC).date()
    for path in folder.glob(f"{today}*"):
        name = path.name.replace(str(today), str(today - timedelta(days=1)))
        path.rename(path.with_name(name))


def files(root, directory=0):
    """The files of events, oldest first, each segment after the other."""
    found = (root / f"{directory:02d}").glob("20*.duckdb")
    return sorted(found, key=lambda path: (path.name[:10], path.name.count(".1.")))


def seqs(path):
    """What is in a file and its log."""
    with closing(duckdb.connect()) as connection:
        connection.execute(f"ATTACH '{path}' AS file (READ_ONLY)")
        rows = connection.execute(
            "SELECT seq FROM file.log UNION ALL SELECT seq FROM file.undecodable"
        )
        return {seq for (seq,) in rows.fetchall()}


def count(path):
    """How many events a file has."""
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        return connection.execute("SELECT count(*) FROM log").fetchall()[0][0]


def block_of(path, column, table="log", nth=0):
    """The number of a block that a column lies in, ``%``: any."""
    # Of a copy: a shard of this process may have the file.
    copy = shutil.copy(path, path.with_name("copy"))
    with closing(duckdb.connect(copy, read_only=True)) as connection:
        rows = connection.execute(
            "SELECT block_id FROM pragma_storage_info(?) "
            "WHERE column_name LIKE ? AND block_id >= 0 GROUP BY ALL "
            # Those of full blocks first: what starts read lies in others.
            "ORDER BY max(block_offset + segment_id > 0), block_id",
            [table, column],
        ).fetchall()
    path.with_name("copy").unlink()
    return rows[min(nth, len(rows) - 1)][0]


def zero(path, at, size=4096):
    """Have a page of the disk be lost."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes(min(size, max(0, path.stat().st_size - at))))


def zero_block(path, column, table="log", nth=0):
    """A page in the middle of a block of a column, or what of it is not zero yet."""
    at = HEADER_BYTES + block_of(path, column, table, nth) * BLOCK_BYTES
    zero(path, at, 4096)


def header(path):
    """The head of a file."""
    zero(path, 0, HEADER_BYTES)


def cut(path, share=0.5):
    os.truncate(path, int(path.stat().st_size * share))


def wal(path):
    return path.with_name(f"{path.name}.wal")


def swap(one, other):
    """Two files have each other's names."""
    third = one.with_name("third")
    one.rename(third)
    other.rename(one)
    third.rename(other)


def aside(root):
    """What was put in quarantine."""
    return sorted(path.name for path in root.rglob(f"*{QUARANTINED}*"))


def amplify(path, rows):
    """Have the newest file's events come again and again, each time under new numbers."""
    with closing(duckdb.connect(str(path))) as connection:
        ((first, last, count),) = connection.execute(
            "SELECT min(seq), max(seq), count(*) FROM log"
        ).fetchall()
        shifted = f"log.* REPLACE (seq + {last + 1 - first} * time AS seq)"
        connection.execute(
            f"INSERT INTO log SELECT {shifted} FROM log "
            f"JOIN range(1, {rows // count}) AS times(time) ON true ORDER BY seq"
        )
