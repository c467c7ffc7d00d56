"""``tart/shard/queries/storage.py``: sizes of files, rows of tables, the oldest event."""

from __future__ import annotations

from tart.query.shard_queries.events import EventLogStart
from tart.units import DAY_US
from tests.shard.queries.test_handlers import asked, block, stored
from tests.storage.running import NOON, batch, event, write


def test_bytes_and_rows_of_all_directories_are_added_up(tmp_path):
    stored(tmp_path, *(block(seq) for seq in range(5)))
    found = asked(tmp_path, "storage")
    assert found["rows"]["log"] == 5
    assert found["rows"]["counts"] >= 0
    assert not {"meta", "state"} & found["rows"].keys()
    sizes = {"log": 0, "aggregates": 0}
    for path in tmp_path.rglob("*.duckdb"):
        kind = "aggregates" if path.name.startswith("aggregates") else "log"
        sizes[kind] += path.stat().st_size
    # The server may have written since.
    assert found["bytes"].keys() == sizes.keys()
    assert found["bytes"]["log"] > 0


def test_the_event_log_starts_with_the_oldest_event_of_any_directory(tmp_path):
    times = [NOON, NOON + DAY_US, NOON + 2 * DAY_US]
    write(tmp_path, *(batch(event(seq, at=at), at=at) for seq, at in enumerate(times)))
    assert len(list(tmp_path.glob("00/2*.duckdb"))) == 3
    assert asked(tmp_path, "event_log_start") == [NOON]
    write(tmp_path, batch(event(0, at=NOON - 5)), shard=1, count=2)
    assert asked(tmp_path, "event_log_start") == [NOON, NOON - 5]
    assert EventLogStart().merge([(0, [NOON, NOON - 5]), (1, [])]) == NOON - 5
    assert EventLogStart().merge([(0, [])]) is None


def test_without_events_the_event_log_has_no_start(tmp_path):
    assert asked(tmp_path, "event_log_start") == []
