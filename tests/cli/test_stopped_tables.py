"""``tart/cli/stopped_tables.py``: the tables of a stopped server are those of the running one."""

from __future__ import annotations

import signal

import duckdb
import nanoarrow as na
import pytest

from tart.cli.stopped_tables import stopped_tables
from tart.errors import StartupError
from tart.query.sql.pushdown import Scan
from tart.query.sql.tables import TABLES
from tart.storage.core.files import AGGREGATES
from tests.cli.test_verify import filled
from tests.running import fake_node, fake_peer_id, running_system


def rows(tables, table, *columns):
    """The rows of a scan, as tuples."""
    found = []
    with duckdb.connect(":memory:") as connection:
        for block in filter(None, tables.rows(Scan(table, columns).as_json())):
            feed = na.ArrayStream.from_readable(block).read_all()
            found += connection.from_arrow(feed).fetchall()
    return found


def test_tables_of_missing_aggregates_say_so(tmp_path):
    filled(tmp_path / "data")
    for path in (tmp_path / "data" / "00").glob(f"{AGGREGATES}*"):
        path.unlink()
    with stopped_tables(tmp_path / "data") as tables:
        assert rows(tables, "events", "event_name") == [("BestBlockChanged",)]
        with pytest.raises(StartupError, match="start the server once"):
            rows(tables, "sessions", "node_id")


@pytest.mark.slow
def test_the_tables_have_what_the_server_had(tmp_path):
    node = fake_node(1)
    with running_system(tmp_path / "data") as system:
        with system.connect() as connection:
            connection.sendall(node.connect())
            for slot in range(3):
                connection.sendall(node.event("BestBlockChanged", 1, slot=slot, hash=bytes(32))[1])
            system.wait_for_events(fake_peer_id(1), 3)
        system.process.send(signal.SIGTERM)
        system.process.ended()
    with stopped_tables(tmp_path / "data") as tables:
        known = (node.peer_id.hex(), 3, 2, False)
        assert rows(tables, "nodes", "node_id", "event_count", "best_slot", "is_connected") == [
            known
        ]
        assert rows(tables, "event_stats_hourly", "event_count") == [(3,)]
        assert rows(tables, "sessions", "event_count") == [(3,)]
        for table in TABLES.values():
            rows(tables, table.name, *table.part_types)
