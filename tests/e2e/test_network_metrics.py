"""Metrics of a tart whose processes die: no counter falls but with the gateway."""

from __future__ import annotations

import os
import re
import signal

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.running import fake_node, fake_peer_id, running_system, wait_for

pytestmark = pytest.mark.slow

EVENT = "tart_network_events_total"


def counted(system):
    """The number of best blocks reported, and of shards that answer; ``None`` while it is down."""
    try:
        response = system.http.get("/metrics/network")
    except httpx.TransportError:
        return None
    found = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            if sample.labels.get("event", "BestBlockChanged") == "BestBlockChanged":
                found[sample.name, sample.labels.get("state")] = sample.value
    return found[EVENT, None], found["tart_network_shards", "answered"]


def received(system):
    """The total of ``/metrics`` that jamtart's documentation names."""
    page = system.http.get("/metrics").text
    return int(float(re.search(r"^telemetry_events_received (\S+)$", page, re.MULTILINE)[1]))


def kill(system, name):
    """Kill a process of the server, and wait until another has its place."""
    pids = re.findall(rf'"{name} started, pid (\d+)"', system.process.errors())
    os.kill(int(pids[-1]), signal.SIGKILL)
    again = rf'"{name} accepts connections"'
    wait_for(lambda: len(re.findall(again, system.process.errors())) > len(pids), f"{name} again")


def test_counters_survive_a_shard_and_begin_at_0_with_a_gateway(tmp_path):
    def send(number, slot):
        node = fake_node(number)
        with system.connect() as connection:
            connection.sendall(node.connect())
            connection.sendall(node.event("BestBlockChanged", 1, slot=slot, hash=bytes(32))[1])
            system.wait_for_events(fake_peer_id(number), 1)

    with running_system(tmp_path / "data", shards=1) as system:
        for number in (1, 2, 3):
            send(number, number)
        assert (*counted(system), received(system)) == (3, 1, 3)
        # The machine is sampled by the gateway, which knows its relatives by their titles.
        host = wait_for(lambda: system.get("/api/server")["host"]["processes"], "the first sample")
        assert {each["name"] for each in host} >= {"supervisor", "gateway", "shard 0"}
        assert all(each["resident_bytes"] > 1 << 20 for each in host)
        assert 'tart_process_open_fds{process="shard 0"}' in system.http.get("/metrics").text

        kill(system, "shard 0")
        wait_for(lambda: counted(system) == (3, 1), "the counts of before")
        send(4, 4)
        assert (*counted(system), received(system)) == (4, 1, 4)

        kill(system, "gateway")
        # What the shard had counted before is not counted again: to Prometheus it would be new.
        wait_for(lambda: counted(system) == (0, 1), "counts from 0 on")
        assert received(system) == 0
        send(5, 5)
        assert (*counted(system), received(system)) == (1, 1, 1)
