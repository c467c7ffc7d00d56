"""Names and types that jamtart's terminal dashboard, bench tool and Grafana panels read.

They are taken from paritytech/jamtart, commit b7b26ba9. ``None`` is allowed only where these
consumers accept it.
"""

from __future__ import annotations

import json
from numbers import Real

import pytest
from websockets.sync.client import connect

from tests.running import DEADLINE

LIST, TEXT, NUMBER, INTEGER, FLAG, OBJECT = list, str, Real, int, bool, dict
# Null while the system has not run for as long as the rate is of.
YOUNG = (Real, type(None))

# Route, path in the answer, type: what panels and the dashboard read. ``*`` is any element.
READ = [
    ("/api/stats", "total_blocks_authored", INTEGER),
    ("/api/health/detailed", "components.*.message", TEXT),
    ("/api/health/detailed", "components.*.status", TEXT),
    ("/api/health/detailed", "uptime_seconds", INTEGER),
    ("/api/nodes", "nodes.*.node_id", TEXT),
    ("/api/nodes", "nodes.*.implementation_name", TEXT),
    ("/api/nodes", "nodes.*.event_count", INTEGER),
    ("/api/nodes", "nodes.*.is_connected", FLAG),
    ("/api/nodes", "nodes.*.node_info.params", OBJECT),
    ("/api/events?limit=50", "events.*.event_type", INTEGER),
    ("/api/events?limit=50", "events.*.node_id", TEXT),
    ("/api/events?limit=50", "events.*.timestamp", TEXT),
    ("/api/events?limit=50", "events.*.data", OBJECT),
    ("/api/events?limit=50", "has_more", FLAG),
    ("/api/nodes/ID/events?limit=50", "events.*.event_id", INTEGER),
    ("/api/nodes/ID/status", "chain_status.best_slot", INTEGER),
    ("/api/nodes/ID/status", "event_breakdown.*.count", INTEGER),
    ("/api/nodes/ID/timeline", "category_counts.*.category", TEXT),
    ("/api/nodes/ID/timeline", "category_counts.*.count", INTEGER),
    ("/api/metrics/live", "active_nodes", INTEGER),
    ("/api/metrics/live", "last_10s.events_per_second", YOUNG),
    ("/api/metrics/live", "last_10s.blocks_per_second", YOUNG),
    ("/api/metrics/live", "last_1m.events", INTEGER),
    ("/api/da/stats", "aggregate.total_shards", INTEGER),
    ("/api/da/stats", "aggregate.total_shard_size_bytes", INTEGER),
    ("/api/da/stats", "aggregate.average_shards_per_node", NUMBER),
    ("/api/da/stats", "by_node.*.node_id", TEXT),
    ("/api/da/stats", "by_node.*.num_shards", INTEGER),
    ("/api/da/stats", "by_node.*.shard_size_bytes", INTEGER),
    ("/api/da/stats", "by_node.*.preimage_size_bytes", INTEGER),
    ("/api/validators/cores", "ticket_activity.*.node_id", TEXT),
    ("/api/validators/cores", "ticket_activity.*.epoch", TEXT),
    ("/api/validators/cores", "ticket_activity.*.ticket_count", INTEGER),
    ("/api/validators/cores", "ticket_activity.*.last_generated", TEXT),
    ("/api/network/topology", "network_stats.active_nodes", INTEGER),
    ("/api/metrics/execution", "refinement.total_refined", INTEGER),
    ("/api/metrics/execution", "authorization.total_gas_used", INTEGER),
    ("/api/metrics/execution", "recent.*.gas_used", TEXT),
    ("/api/da/stats/enhanced", "availability_rate", NUMBER),
    ("/api/nodes/ID/peers", "total_peers", INTEGER),
    ("/api/nodes/ID/status/enhanced", "cores_active", LIST),
]


def values_at(body, path):
    """Return the values at a path; ``*`` is each element of a list or member of an object."""
    values = [body]
    for name in path.split("."):
        if name == "*":
            values = [
                each
                for value in values
                for each in (value.values() if isinstance(value, dict) else value)
            ]
        else:
            values = [value[name] for value in values]
    return values


@pytest.mark.parametrize(("route", "path", "kind"), READ)
def test_members_that_jamtart_clients_read_have_their_types(truth, route, path, kind):
    node = truth.facts.of("node")[0]["node"]
    values = values_at(truth.system.get(route.replace("ID", node)), path)
    assert values
    for value in values:
        assert isinstance(value, kind), (path, value)
        assert kind is FLAG or not isinstance(value, bool)


@pytest.mark.parametrize("name", ["stats", "services", "cores"])
def test_chain_routes_are_unavailable_without_rpc(truth, name):
    response = truth.system.http.get(f"/api/jam/{name}")
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "not_configured"


def test_an_unknown_node_is_404_and_a_bad_id_400(truth):
    for rest in ("", "/peers", "/timeline", "/status/enhanced"):
        assert truth.system.http.get(f"/api/nodes/{'0' * 64}{rest}").status_code == 404
        assert truth.system.http.get(f"/api/nodes/zz{rest}").status_code == 400


def test_the_websocket_greets_and_answers_within_a_few_messages(truth):
    url = truth.system.api.replace("http", "ws") + "/api/ws"
    with connect(url, proxy=None, max_size=None) as client:

        def receive(kind, within=5):
            for _ in range(within):
                message = json.loads(client.recv(DEADLINE))
                if message["type"] == kind:
                    return message["data"]
            raise AssertionError(f"no {kind} within {within} messages")

        first = json.loads(client.recv(DEADLINE))
        assert first["type"] == "connected"
        assert isinstance(first["data"]["message"], str)
        assert first["data"]["recent_events"] <= 200
        receive("stats", 1)
        for message, kind in (
            ({"type": "Ping"}, "pong"),
            ({"type": "Subscribe", "filter": {"type": "All"}}, "subscribed"),
            ({"type": "GetRecentEvents", "limit": 5}, "recent_events"),
        ):
            client.send(json.dumps(message))
            answer = receive(kind)
        assert len(answer["events"]) == 5
        assert {"id", "node_id", "event_type", "event", "timestamp"} <= answer["events"][0].keys()
        client.send('{"type": "SubscribeMetrics"}')
        metrics = receive("metrics")
        assert isinstance(metrics["events_per_second"], YOUNG)
        assert isinstance(metrics["active_nodes"], int)
        assert set(metrics["throughput"]) == {"events_10s", "blocks_10s", "finalized_10s"}
        stats = receive("stats")
        assert {"database", "broadcaster", "connections", "websocket"} <= stats.keys()
