"""Faults of tart in all that is derived from events, one after the other, under real nodes.

Whatever fails, what twenty nodes say is stored, unaltered and in order; it is told what is
missing; and what is missing is made up from the log.
"""

from __future__ import annotations

import json
import re
import signal
from collections import Counter

import pytest

from tests.fuzz.model import assert_same
from tests.fuzz.sending import Node
from tests.fuzz.stored import counts_of_nodes, messages_of_nodes
from tests.running import running_system, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NODES, SHARDS = 20, 2
STAGES = (
    *(
        "decode",
        "statistics",
        "status",
        "findings",
        "conformance",
        "counts",
        "clocks",
        "references",
    ),
    *("events", "counters", "latencies", "pipelines", "aggregates", "live", "flush", "latest"),
    *("sessions", "notification"),
)
SETTINGS = {"TART_AGGREGATES_FLUSH_SECONDS": "0.3", "TART_STORAGE_FLUSH_SECONDS": "0.02"}


def of_shards(system, name, label):
    """The sum over all shards of a figure of ``/metrics``, by a label."""
    found: Counter = Counter()
    for line in system.http.get("/metrics").text.splitlines():
        if line.startswith(name) and (match := re.search(rf'{label}="(\w+)".*\}} (\S+)$', line)):
            found[match[1]] += int(float(match[2]))
    return found


def heard(system, nodes):
    """Whether all that nodes said has come, and is committed."""
    received = of_shards(system, "tart_events_received_total", "shard").total()
    return received >= sum(len(node.messages) for node in nodes) and system.committed()


def logged(system):
    """The lines of the log."""
    lines = system.process.errors().splitlines()
    return [json.loads(line) for line in lines if line[:1] == "{"]


def shards_of(system):
    components = system.get("/api/health/detailed")["components"].values()
    return [each for each in components if each["name"].startswith("shard_")]


def test_faults_neither_lose_nor_alter_nor_reorder_events(tmp_path):
    faults, data = tmp_path / "faults", tmp_path / "data"
    faults.touch()
    environ = SETTINGS | {"FAULTS": str(faults)}
    with running_system(data, shards=SHARDS, environ=environ, module="tests.fuzz.faulty") as system:
        nodes = [Node(system, number) for number in range(1, NODES + 1)]
        passing = []
        with system.http.stream("GET", "/api/events/stream"):
            for stage in STAGES:
                faults.write_text(stage)

                def failed(stage=stage):
                    """Say more until it fails; with a node that comes and goes."""
                    for node in nodes:
                        node.say(9)
                    passing.append(Node(system, NODES + 1))
                    passing[-1].say()
                    passing[-1].leave()
                    return of_shards(system, "tart_derived_failures_total", "stage")[stage]

                wait_for(failed, f"{stage} to fail")
                assert any(
                    each["status"] == "Degraded" and stage in each["message"]
                    for each in shards_of(system)
                ), stage
        faults.write_text("")
        for node in nodes:
            node.say()
        wait_for(lambda: heard(system, nodes + passing), "everything to be committed")
        told = of_shards(system, "tart_derived_failures_total", "stage")
        assert told.keys() == set(STAGES)
        for node in nodes:
            node.leave()
        wait_for(lambda: not any(n["is_connected"] for n in system.get("/api/nodes")["nodes"]))
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
        # The first failure of a stage, the second, the fourth, in each shard.
        errors = [line for line in logged(system) if line["level"] == "error"]
        assert 0 < len(errors) <= SHARDS * len(STAGES) * 12
    stored = messages_of_nodes(data, SHARDS)
    for node in nodes:
        (connection,) = stored[node.peer_id]
        assert_same([message for _, message, _ in connection], node.messages)
        assert [event_id for event_id, _, _ in connection] == list(range(len(node.messages)))
    passed = [[message for _, message, _ in each] for each in stored[passing[0].peer_id]]
    assert passed == [node.messages for node in passing]
    understood = Counter(
        (peer_id, message[8])
        for peer_id, connections in stored.items()
        for connection in connections
        for _, message, good in connection
        if good
    )
    for file in data.glob("??/aggregates.duckdb*"):
        file.unlink()
    assert counts_of_nodes(data, SHARDS) == understood
