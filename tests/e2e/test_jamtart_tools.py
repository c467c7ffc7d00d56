"""Names and types that jamtart's terminal dashboard, bench tool and Grafana panels read.

They are taken from paritytech/jamtart, commit b7b26ba9; what they read of the routes is in
``tests/jamtart/selectors.tsv``.
"""

from __future__ import annotations

import json
from numbers import Real

import pytest
from websockets.sync.client import connect

from tests.running import DEADLINE

# Null while the system has not run for as long as the rate is of.
YOUNG = (Real, type(None))


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
    with connect(url, proxy=None, max_size=None, open_timeout=100) as client:

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
