"""Limits as an operator sees them: what nodes may do, what happens beyond, where it shows."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.running import fake_node, running_system, wait_for

pytestmark = pytest.mark.slow


def blocks(node, count):
    events = [node.event("BestBlockChanged", 9, slot=at, hash=bytes(32)) for at in range(count)]
    return b"".join(frame for _, frame in events)


def scraped(system, name, **labels):
    """A sample of ``/metrics``."""
    for family in text_string_to_metric_families(system.http.get("/metrics").text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


def test_a_node_over_its_rate_is_read_slower_and_all_it_sent_is_there(tmp_path):
    node, calm = fake_node(1), fake_node(2)
    limits = {"TART_TELEMETRY_EVENTS_PER_SECOND": "2000", "TART_TELEMETRY_BURST_EVENTS": "500"}
    with (
        running_system(tmp_path / "data", shards=1, environ=limits) as system,
        system.connect() as connection,
        system.connect() as other,
    ):
        connection.sendall(node.connect() + blocks(node, 3000))
        other.sendall(calm.connect() + blocks(calm, 100))
        events = system.wait_for_events(node.peer_id, 3000)
        assert [event["event_id"] for event in events] == list(range(3000))
        assert len(system.wait_for_events(calm.peer_id, 100)) == 100
        shown = wait_for(
            lambda: found if (found := system.node(node.peer_id))["paused_seconds"] else None
        )
        assert shown["pauses"]["rate"] >= 1
        assert shown["shed"] == {}
        listed = {each["node_id"]: each for each in system.get("/api/nodes")["nodes"]}
        assert listed[calm.peer_id.hex()]["pauses"].get("rate", 0) == 0
        pauses = scraped(system, "tart_ingest_pauses_total", shard="0", reason="rate")
        assert pauses == system.node(node.peer_id)["pauses"]["rate"]
        assert scraped(system, "telemetry_events_dropped") == 0


def test_shedding_is_a_setting_and_says_how_much(tmp_path):
    node = fake_node(1)
    limits = {
        "TART_TELEMETRY_SHED": "true",
        "TART_TELEMETRY_EVENTS_PER_SECOND": "1",
        "TART_TELEMETRY_BURST_EVENTS": "10",
    }
    with (
        running_system(tmp_path / "data", shards=1, environ=limits) as system,
        system.connect() as connection,
    ):
        connection.sendall(node.connect() + blocks(node, 300))

        def all_accounted_for():
            shown = system.node(node.peer_id)
            if not shown or shown["event_count"] + shown["shed"].get("rate", 0) < 300:
                return None
            return shown

        shown = wait_for(all_accounted_for)
        shed = shown["shed"]["rate"]
        assert shown["event_count"] + shed == 300
        assert shown["connections"][0]["next_event_id"] == 300
        events = system.wait_for_events(node.peer_id, 10)
        assert [event["event_id"] for event in events[:10]] == list(range(10))
        assert scraped(system, "tart_events_shed_total", reason="rate") == shed
        assert scraped(system, "telemetry_events_rate_limited") == shed
        assert scraped(system, "telemetry_events_dropped") == shed
        assert scraped(system, "telemetry_events_received") == 300


def test_silent_and_too_many_connections_are_closed_and_counted(tmp_path):
    node = fake_node(1)
    limits = {
        "TART_TELEMETRY_HANDSHAKE_SECONDS": "0.5",
        "TART_TELEMETRY_MAX_CONNECTIONS_PER_ADDRESS": "2",
    }
    with (
        running_system(tmp_path / "data", shards=1, environ=limits) as system,
        system.connect() as good,
    ):
        good.sendall(node.connect())
        wait_for(lambda: system.node(node.peer_id))
        with system.connect() as silent, system.connect() as surplus:
            assert surplus.recv(1) == b""
            assert silent.recv(1) == b""
        good.sendall(blocks(node, 1))
        system.wait_for_events(node.peer_id, 1)
        rejected = "tart_connections_rejected_total"
        assert scraped(system, rejected, shard="0", reason="too_many_from_address") == 1
        assert scraped(system, "telemetry_connections_rejected") == 1
        assert scraped(system, "tart_connections_closed_total", reason="handshake") == 1
        assert scraped(system, "tart_connections_closed_total", reason="idle") == 0
