"""Live streams of a whole network: every event once, whoever is cut off meanwhile."""

from __future__ import annotations

import json
import threading
from collections import Counter
from contextlib import suppress
from functools import cache

import httpx
import pytest
from websockets.sync.client import connect

from tart.protocol.events import EVENTS
from tart.query.core.failure_rates import overall
from tart.shard.queries.backfill import RECENT
from tart.simulate.model.in_memory import play_troubled
from tests.e2e.truth import tell
from tests.running import DEADLINE, running_system, wait_for

GROUP = "guaranteeing"
IN_GROUP = {each.number for each in EVENTS.values() if each.group == GROUP}
# So many events are read before the reader hangs up and goes on where it was.
PATIENCE = 150


@cache
def network():
    """Fewer events than count as recent, so that whoever is cut off can have them all."""
    played = play_troubled(20, seed=5)
    assert len(played.emissions) < RECENT
    return played


def key(event):
    inner = next(iter(event["event"].values()))
    return event["node_id"], event["event_type"], event["event_id"], inner["timestamp"]


class Reader(threading.Thread):
    """Reads a stream, hangs up again and again, and goes on."""

    def __init__(self, system, query):
        super().__init__(daemon=True)
        self.url = f"{system.api}/api/events/stream?{query}"
        self.found = []
        self.lagged = []
        self.place = ""
        self.enough = threading.Event()
        self.began = threading.Event()
        self.times = 0

    def run(self):
        while not self.enough.is_set():
            headers = {"last-event-id": self.place} if self.place else {}
            # Nothing came for a second, or the server has stopped.
            with (
                suppress(httpx.TransportError),
                httpx.Client(timeout=1.0, trust_env=False) as client,
                client.stream("GET", self.url, headers=headers) as response,
            ):
                self.times += 1
                self.read(response.iter_lines())

    def read(self, lines):
        fields, count = {}, 0
        for line in lines:
            if line.startswith(":"):
                self.began.set()
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                if fields["event"] == "lagged":
                    self.lagged.append(fields["data"])
                else:
                    self.found.append(json.loads(fields["data"]))
                    self.place, count = fields["id"], count + 1
                fields = {}
            if count >= PATIENCE or self.enough.is_set():
                return


@pytest.fixture(scope="module")
def listened(tmp_path_factory):
    """A tart that was told everything while somebody listened: the system and the reader."""
    data = tmp_path_factory.mktemp("streams") / "data"
    with running_system(data, shards=3) as system:
        reader = Reader(system, f"group={GROUP}")
        reader.start()
        assert reader.began.wait(DEADLINE)
        tell(system, network())
        expected = sum(each["type"] in IN_GROUP for each in network().facts.sent)
        wait_for(lambda: len(reader.found) >= expected, f"{expected} events")
        yield system, reader
        reader.enough.set()
        reader.join(DEADLINE)


def test_a_reader_that_is_cut_off_again_and_again_has_every_event_once(listened):
    _, reader = listened
    assert reader.lagged == []
    assert reader.times > 2
    expected = Counter(
        (each["node"], each["type"], each["event_id"], each["node_us"])
        for each in network().facts.sent
        if each["type"] in IN_GROUP
    )
    assert Counter(map(key, reader.found)) == expected


def test_metrics_over_websocket_are_those_of_the_last_minute(listened):
    system, _ = listened
    counts = network().facts.counts()
    url = system.api.replace("http", "ws") + "/api/ws?subscribe=none"
    with connect(url, proxy=None, open_timeout=100) as client:
        client.send('{"type": "SubscribeMetrics"}')
        kinds = set()
        while "metrics" not in kinds:
            message = json.loads(client.recv(DEADLINE))
            kinds.add(message["type"])
        data = message["data"]
    assert data["failure_rate"] == overall(counts)
    # Nobody is connected any more, so nobody says what the chain has reached.
    assert (data["latest_slot"], data["finalized_slot"]) == (None, None)
    assert data["active_work_packages"] == len(unfinished())


def unfinished():
    """Packages that a guarantor has told of and not brought to an end, by their hash."""
    facts = network().facts
    roots = {}
    for variant in ("WorkPackageSubmission", "WorkPackageBeingShared"):
        for each in facts.events(variant):
            roots[each["node"], each["session"], each["event_id"]] = variant
    hashes, ended = {}, set()
    for each in facts.sent:
        at = each["node"], each["session"], each["root"] and each["root"]["event_id"]
        if at not in roots:
            continue
        if each["event"] in ("WorkPackageReceived", "DuplicateWorkPackage"):
            hashes[at] = each["about"]["package"]
        last = {
            "WorkPackageSubmission": "GuaranteesDistributed",
            "WorkPackageBeingShared": "WorkReportSignatureSent",
        }[roots[at]]
        if each["event"] in (last, "WorkPackageFailed", "DuplicateWorkPackage"):
            ended.add(at)
    return {package for at, package in hashes.items() if at not in ended}
