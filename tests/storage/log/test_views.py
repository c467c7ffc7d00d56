from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.decoding import decode_event
from tart.protocol.events import EVENTS
from tart.protocol.frames import Frames
from tart.query.core.event_names import view_name
from tart.query.sql.pushdown import Condition, Scan
from tart.query.sql.views import VIEWS, column_name, view_value
from tart.shard.decode.batch_decoder import FrameRuns, decode_batch
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.core.files import LogFile
from tart.storage.core.schema import DDL, encode_log, encode_rows
from tart.storage.log import views
from tests.cases import examples
from tests.protocol.strategies import CORES, events, mutated, payload
from tests.shard.plain import session_of

FILE = LogFile(5, 0, Path("none"))
RECEIVED = 1_700_000_000_000_000


class Log:
    """The tables of one file, in memory, with a version 0 and a version 1 connection."""

    def __init__(self):
        self.cursor = duckdb.connect(":memory:", config={"threads": 1})
        self.cursor.execute(f"ATTACH ':memory:' AS {FILE.alias}")
        for statement in DDL:
            self.cursor.execute(statement.format(file=FILE.alias))
        self.versions = {10: 0, 11: 1}
        views.install_functions(
            self.cursor,
            lambda directory, session: (self.versions[session], CORES),
            lambda directory, session: f"name {session}",
            lambda number, directory, session, timestamp, payload: (
                f'[{number}, {directory}, {session}, {timestamp}, "{payload.hex()}"]'
            ),
        )

    def hold(self, *messages, seq=0):
        """Frames ``(version, content)`` as what the log holds, instead of what it held."""
        for table in ("log", "peers", "nodes"):
            self.cursor.execute(f"DELETE FROM {FILE.alias}.{table}")
        sessions = {version: session_of(version, number=10 + version) for version in (0, 1)}
        owners = [sessions[version] for version, _ in messages]
        runs = FrameRuns(owners, [1] * len(owners), [RECEIVED] * len(owners))
        found = decode_batch(
            Frames.of(content for _, content in messages), runs, seq, PeerDictionary({})
        )
        if len(found.log):
            self.insert("log", encode_log(found.log))
        if found.new_peers:
            self.insert("peers", encode_rows("peers", found.new_peers))
        self.insert("nodes", encode_rows("nodes", [(9, b"\xab" * 32)]))
        return [*found.log.rows()]

    def insert(self, table, feed):
        self.cursor.register("feed", feed)
        self.cursor.execute(f"INSERT INTO {FILE.alias}.{table} SELECT * FROM feed")
        self.cursor.unregister("feed")

    windows = views.SCAN_WINDOWS

    def rows(self, view, *columns, **more):
        """The rows of a scan of a view, as dicts."""
        names = columns or tuple(each.name for each in VIEWS[view].columns)
        found = []
        wanted = Scan(view, names, **more)
        for part in views.scan(
            self.cursor, [FILE], wanted, lambda result: result.fetchall(), self.windows
        ):
            found += (dict(zip(names, row, strict=True)) for row in part)
        return sorted(found, key=lambda row: row.get("id", 0))


@pytest.fixture(scope="module")
def log():
    log = Log()
    yield log
    log.cursor.close()


def content(number, body, timestamp=5):
    return timestamp.to_bytes(8, "little") + bytes([number]) + body


def hexed(value):
    """A value of DuckDB's as ``view_value`` writes it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [hexed(each) for each in value]
    if isinstance(value, dict):
        return {name: hexed(each) for name, each in value.items()}
    return value


@st.composite
def messages(draw):
    """A version and a message: as specified, with its list moved about, or mutated."""
    event, version, fields = draw(events())
    octets = payload(event.layout(version), fields)
    if draw(st.booleans()):
        octets = draw(mutated(octets))
    if draw(st.booleans()):
        version = 1 - version
    return version, content(event.number, octets, draw(st.integers(0, 2**64 - 1)))


def expected(log, row):
    event = EVENTS[row.type]
    fields = decode_event(
        row.type, row.payload, version=log.versions[row.session], cores=CORES
    ).fields
    kinds = dict(event.fields.fields)
    return {
        name: view_value(kind, fields[name]) if name in fields else None
        for name, kind in kinds.items()
    }


@given(st.lists(messages(), min_size=1, max_size=8))
@examples(0.25)
def test_every_column_of_a_view_is_what_the_plain_decoder_says(log, sent):
    for row in log.hold(*sent):
        name = view_name(EVENTS[row.type].variant)
        (found,) = [each for each in log.rows(name) if each["id"] >> 8 == row.seq]
        fields = expected(log, row)
        assert {key: hexed(found[column_name(key)]) for key in fields} == fields
        assert found["event_id"] == row.event_id
        assert found["timestamp_us"] == row.timestamp
        assert found["ref"] == row.ref
        assert found["session"] == row.session << 8 | FILE.directory
        assert found["node_id"] == "ab" * 32


@given(st.lists(messages(), min_size=1, max_size=8))
@examples(0.25)
def test_the_view_of_all_events_has_the_payload_byte_for_byte(log, sent):
    rows = log.hold(*sent)
    found = log.rows("events", "id", "type", "payload", "peer")
    assert [(each["id"] >> 8, each["type"], each["payload"]) for each in found] == [
        (row.seq, row.type, row.payload) for row in rows
    ]
    assert [each["peer"] for each in found] == [row.peer for row in rows]


@pytest.mark.parametrize("target", [1, 100])
def test_a_scan_of_many_ranges_has_every_row_once(log, target):
    # Lengths of results are numbers of rows here.
    log.windows = views.ScanWindows(first=4, shortest=2, longest=16, target=target)
    blocks = [(1, content(11, slot.to_bytes(4, "little") + bytes(32))) for slot in range(50)]
    log.hold(*blocks, seq=1000)
    found = log.rows("best_block_changed", "id", "slot")
    assert [row["slot"] for row in found] == list(range(50))
    late = (Condition("slot", ">=", "48"), Condition("received_at", ">", "2000-01-01"))
    found = log.rows("best_block_changed", "slot", conditions=(late,))
    assert sorted(row["slot"] for row in found) == [48, 49]
    future = (Condition("received_at", ">", "2100-01-01"),)
    assert log.rows("best_block_changed", "slot", conditions=(future,)) == []
    newest = {"order": (("slot", True),), "limit": 3}
    found = log.rows("best_block_changed", "slot", **newest)
    assert sorted(row["slot"] for row in found) == [47, 48, 49]


def test_an_impossible_time_is_null_beside_its_number(log):
    log.hold((1, content(13, b"\x01", timestamp=2**64 - 1)))
    (row,) = log.rows("sync_status_changed")
    assert (row["timestamp"], row["timestamp_us"], row["synced"]) == (None, 2**64 - 1, True)
    log.hold((1, content(13, b"\x01", timestamp=0)))
    (row,) = log.rows("sync_status_changed")
    assert row["timestamp"].isoformat() == "2025-01-01T12:00:00"


def test_fields_of_an_event_of_a_newer_release_are_null(log):
    assert views.decode_to_json(11, b"\x01", 1, None) is None
