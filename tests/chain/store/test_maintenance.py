"""``tart/chain/store/maintenance.py``: checkpoints and deletion."""

from __future__ import annotations

import os

from tart.chain.store.files import size_of
from tart.chain.store.maintenance import Maintenance
from tart.units import DAY_US
from tests.chain.store.running import (
    NOON,
    Clock,
    line,
    names,
    open_files,
    open_store,
    slots,
    write_two_days,
)


def test_files_are_deleted_when_they_were_last_written_long_ago(tmp_path):
    clock = Clock()
    with open_store(tmp_path / "c", clock) as store:
        for day in range(3):
            clock.now = NOON + day * DAY_US
            store.write(line(range(day * 10, day * 10 + 3)))
        first = tmp_path / "c" / names(tmp_path / "c")[0]
        written = first.stat().st_mtime
        os.utime(first, (written - 91 * 86_400,) * 2)
        assert store.delete_expired(written) == [first]
        assert slots(store) == [10, 11, 12, 20, 21, 22]
        # The newest file stays, however old it is.
        assert len(store.delete_expired(written + 200 * 86_400)) == 1
        assert slots(store) == [20, 21, 22]
        store.write(line(range(30, 32)))
    assert len(names(tmp_path / "c")) == 1


def test_a_file_that_queries_read_is_deleted_later(tmp_path):
    write_two_days(tmp_path / "c", range(10, 12), range(12, 14))
    with open_files(tmp_path / "c", wait_seconds=0.01) as parts:
        maintenance = Maintenance(
            parts.files, parts.index, parts.places, parts.readers, retain_seconds=60.0
        )
        first, second = parts.index.files
        now = first.path.stat().st_mtime + 61
        with parts.readers.hold_shared():
            assert maintenance.delete_expired(now) == []
        assert list(parts.index.files) == [first, second]
        parts.places.add({b"first": (first, 0), b"second": (second, 0)})
        assert maintenance.delete_expired(now) == [first.path]
        assert list(parts.index.files) == [second]
        assert parts.places.find(parts.cursor, b"first", None) is None
        assert parts.places.find(parts.cursor, b"second", None) == (second, 0)
    assert names(tmp_path / "c") == ["2026-12-01.duckdb"]


def test_files_are_deleted_and_checkpointed_by_the_clock(tmp_path):
    write_two_days(tmp_path / "c", range(10, 12), range(12, 14))
    with open_files(tmp_path / "c") as parts:
        first, second = parts.index.files
        wall = first.path.stat().st_mtime
        times = {"wall": wall, "monotonic": 0.0}
        maintenance = Maintenance(
            parts.files,
            parts.index,
            parts.places,
            parts.readers,
            retain_seconds=3000.0,
            wall=lambda: times["wall"],
            monotonic=lambda: times["monotonic"],
        )

        def run(monotonic, wall_step=0.0):
            times["wall"] += monotonic - times["monotonic"] + wall_step
            times["monotonic"] = monotonic
            maintenance.run(parts.cursor)

        parts.cursor.execute(f"INSERT INTO {second.catalog}.statuses VALUES (0, 9, 1)")
        assert size_of(second.wal) > 0
        run(299.0)
        assert size_of(second.wal) > 0
        run(300.0)
        assert size_of(second.wal) == 0
        # Old enough, but the clock made a step a moment ago.
        run(3599.0)
        run(3650.0, wall_step=90.0)
        assert first in parts.index.files
        run(4249.0)
        assert first in parts.index.files
        run(4250.0)
        assert list(parts.index.files) == [second]


def test_a_checkpoint_is_due_by_the_size_of_the_wal(tmp_path):
    executed = []

    def execute(cursor, statement):
        executed.append(statement)
        return cursor.execute(statement)

    for limit, expected in ((1, 1), (1 << 30, 0)):
        executed.clear()
        with open_store(tmp_path / f"c{limit}", execute=execute, checkpoint_bytes=limit) as store:
            store.write(line(range(10, 12)))
            assert sum("CHECKPOINT" in statement for statement in executed) == expected
