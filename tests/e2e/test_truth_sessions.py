"""Connections as the API tells them are those the simulated nodes had, to the byte.

Those of a shard that is killed are told from its log; what was sent on them is known here,
because it was waited for until it was stored.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from datetime import datetime

import pytest

from tart.units import JCE_US
from tests.e2e.test_faults import shard_pids
from tests.running import fake_node, running_system, wait_for

pytestmark = pytest.mark.slow

COUNTED = (
    *("protocol_version", "params_layout", "first_event_id", "last_event_id", "event_count"),
    *("bytes", "dropped_count", "undecodable", "shed", "outcome", "reason"),
)


def every(system, path="/api/sessions", **parameters):
    """All connections, page by page."""
    page = system.get(path, limit=7, **parameters)
    found = page["sessions"]
    while page["has_more"]:
        page = system.get(path, limit=7, cursor=page["next_cursor"])
        found += page["sessions"]
    return found


def happened(truth, node):
    """What really became of a node's connections; one on which it said nothing was not told."""
    (introduced,) = truth.facts.of("node", node=node)
    return sorted(
        (
            *(introduced["protocol"], introduced["layout"]),
            *(fact["first_event_id"], fact["last_event_id"], sum(fact["events"].values())),
            *(fact["bytes"], fact["dropped"], 0, 0, "closed", "closed by the node"),
        )
        for fact in truth.facts.of("closed", node=node)
        if fact["events"]
    )


def told(sessions):
    return sorted(tuple(each[name] for name in COUNTED) for each in sessions)


def at(text):
    return datetime.fromisoformat(text)


# --- A whole network -------------------------------------------------------------------


def test_each_node_had_exactly_these_connections(truth):
    reconnected = 0
    for node in truth.facts.of("node"):
        expected = happened(truth, node["node"])
        found = every(truth.system, f"/api/nodes/{node['node']}/sessions")
        assert told(found) == expected
        assert {each["node_id"] for each in found} == {node["node"]}
        reconnected += len(expected) > 1
    assert reconnected


def test_all_connections_are_listed_once_newest_first(truth):
    found = every(truth.system)
    nodes = [node["node"] for node in truth.facts.of("node")]
    assert told(found) == sorted(row for node in nodes for row in happened(truth, node))
    assert len({each["session"] for each in found}) == len(found)
    starts = [each["started_at"] for each in found]
    assert starts == sorted(starts, reverse=True)


def test_ids_go_on_after_what_was_dropped(truth):
    dropped = 0
    for fact in truth.facts.of("closed"):
        last = max((each["event_id"] for each in fact["dropped_messages"]), default=None)
        for each in every(truth.system, f"/api/nodes/{fact['node']}/sessions"):
            if (each["bytes"], each["last_event_id"]) != (fact["bytes"], fact["last_event_id"]):
                continue
            num = {d["event_id"]: d["num"] for d in fact["dropped_messages"]}
            assert each["next_event_id"] == each["last_event_id"] + num.get(
                each["last_event_id"], 1
            )
            dropped += last is not None
    assert dropped


def test_a_connection_lasts_from_its_first_to_its_last_word(truth):
    for each in every(truth.system):
        assert at(each["started_at"]) <= at(each["last_event_at"]) <= at(each["ended_at"])
        assert each["deviations"] == {}


def test_a_moment_has_the_connections_that_were_open_then(truth):
    sessions = every(truth.system)
    for moment in {each["started_at"] for each in sessions}:
        found = every(truth.system, start=moment, end=moment)
        expected = {
            each["session"]
            for each in sessions
            if at(each["started_at"]) <= at(moment) <= at(each["ended_at"])
        }
        assert {each["session"] for each in found} == expected


def test_connections_and_nodes_agree(truth):
    for node in truth.system.get("/api/nodes")["nodes"]:
        sessions = every(truth.system, f"/api/nodes/{node['node_id']}/sessions")
        assert sum(each["event_count"] for each in sessions) == node["event_count"]
        assert sum(each["dropped_count"] for each in sessions) == node["dropped_count"]


# --- Shards that are killed ------------------------------------------------------------


class Caller:
    """A node on one connection, and what it said on it."""

    def __init__(self, system, number, closing):
        self.node = fake_node(number)
        self.line = closing.enter_context(system.connect())
        self.bytes = self.events = self.good = self.dropped = self.last = 0
        self._send(self.node.connect())

    def _send(self, data):
        self.line.sendall(data)
        self.bytes += len(data)

    def say(self):
        """Good, with bytes left over, dropped, not understood, good."""
        now = time.time_ns() // 1000 - JCE_US
        for variant, fields, more in (
            ("BestBlockChanged", {"slot": 1, "hash": bytes(32)}, b""),
            ("SyncStatusChanged", {"synced": True}, b"left over"),
            ("Dropped", {"last_timestamp": now, "num": 4}, b""),
        ):
            self.last, frame = self.node.event(variant, now, **fields)
            content = frame[4:] + more
            self._send(len(content).to_bytes(4, "little") + content)
            self.dropped += fields.get("num", 0)
        self._send((5).to_bytes(4, "little") + b"short")
        self.node.next_event_id += 1
        self.last, frame = self.node.event("SyncStatusChanged", now, synced=False)
        self._send(frame)
        self.events += 5
        self.good += 4

    def row(self, outcome, reason):
        """The connection as the API has to tell it."""
        return (
            *(1, "gp-0.7", 0, self.last, self.events, self.bytes, self.dropped),
            *(self.events // 5, 0, outcome, reason),
        )


def kill(system):
    """All shards at once; the supervisor starts them again."""
    before = shard_pids(system)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    def back():
        response = system.http.get("/api/health/detailed")
        pids = shard_pids(system) if response.status_code == 200 else {}
        return len(pids) == len(before) and not {None, *before.values()} & {*pids.values()}

    wait_for(back, "all shards again")


def broken(system):
    """Findings, but for what grows as time goes by."""
    body = system.get("/api/conformance")
    return {
        node["node_id"]: [
            (each["code"], each["count"], each["first_at"], each["last_at"])
            for each in node["findings"]
        ]
        for node in body["nodes"]
    }


@pytest.mark.parametrize(
    "shards", [pytest.param(1, marks=pytest.mark.soak), 2, pytest.param(5, marks=pytest.mark.soak)]
)
@pytest.mark.parametrize(
    "flush_seconds",
    [
        pytest.param("0.1", id="flushed", marks=pytest.mark.soak),
        # All is told from the log.
        pytest.param("30", id="not flushed"),
    ],
)
def test_what_a_killed_shard_heard_is_told_all_the_same(tmp_path, shards, flush_seconds):
    settings = {
        "TART_SUPERVISOR_BACKOFF_SECONDS": "0.05",
        "TART_AGGREGATES_FLUSH_SECONDS": flush_seconds,
    }
    data = tmp_path / "data"
    with ExitStack() as closing:
        system = closing.enter_context(running_system(data, shards=shards, environ=settings))
        callers = [Caller(system, number, closing) for number in range(1, 7)]
        gone, staying = callers[:2], callers[2:]
        for _ in range(3):
            for each in callers:
                each.say()
            for each in callers:
                system.wait_for_events(each.node.peer_id, each.good)
        for each in gone:
            each.line.close()
        wait_for(lambda: len(open_ones(system)) == len(staying), "two to be gone")
        wait_for(lambda: stored(system), "their ends to be stored")
        before = broken(system)
        assert all({code for code, *_ in each} == EXPECTED for each in before.values())
        kill(system)

        died = [each.row("died", "shard died") for each in staying]
        closed = [each.row("closed", "closed by the node") for each in gone]
        expected = sorted([*died, *closed])
        found = every(system)
        assert told(found) == expected
        for each in found:
            if each["outcome"] == "died":
                assert each["ended_at"] == each["last_event_at"]
        assert broken(system) == before

        # They come again, and the past stays what it was.
        again = [Caller(system, number, closing) for number in range(1, 7)]
        for each, earlier in zip(again, callers, strict=True):
            each.say()
            system.wait_for_events(each.node.peer_id, earlier.good + each.good)
        past = {each["session"]: each for each in found}
        now = {each["session"]: each for each in every(system)}
        assert {key: now[key] for key in past} == past
        assert told(now[key] for key in now.keys() - past.keys()) == sorted(
            each.row("open", None) for each in again
        )


EXPECTED = {"truncated", "trailing_bytes", "events_dropped"}


def open_ones(system):
    return [each for each in every(system) if each["outcome"] == "open"]


def stored(system):
    writer = system.get("/api/health/detailed")["components"]["batch_writer"]
    return not writer["metrics"]["pending_bytes"]
