"""Every example in print answers as printed, in one server with a simulated network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.printed.conftest import Network

EXAMPLES = json.loads((Path(__file__).parent / "examples.json").read_text())
KINDS: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "number": (int, float),
    "boolean": bool,
    "hex": str,
    "any": object,
}


def check(holder: Any, members: dict[str, str]) -> None:
    """Assert that an object has the printed members in their printed types."""
    for path, kind in members.items():
        value = holder
        for name in path.split("."):
            assert name in value, (path, holder)
            value = value[name]
        # Null if the clocks differ by more than the way takes.
        if path.endswith("latency_ms") and value is None:
            continue
        assert isinstance(value, KINDS[kind]), (path, value)
        assert kind != "hex" or value.startswith("0x"), (path, value)


@pytest.mark.parametrize("example", EXAMPLES["requests"], ids=lambda each: each["path"])
def test_a_printed_request_answers_as_printed(network: Network, example: dict[str, Any]) -> None:
    response = network.system.http.get(network.fill(example["path"]))
    assert response.status_code == 200, response.text
    body = response.json()
    if "list" not in example:
        check(body, example["members"])
        return
    rows = body[example["list"]]
    assert rows, "a test that compares nothing"
    for row in rows:
        check(row, example["members"])
    if "node_id=" in example["path"] or "/nodes/" in example["path"]:
        assert {row["node_id"] for row in rows} == {network.values["NODE"]}


@pytest.mark.parametrize("path", EXAMPLES["unavailable"])
def test_a_route_that_needs_a_node_s_rpc_says_so(network: Network, path: str) -> None:
    response = network.system.http.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (503, "not_configured")


def receive(socket: ClientConnection, kind: str) -> Any:
    """Return the data of the next message of a type."""
    while (message := json.loads(socket.recv(timeout=60)))["type"] != kind:
        assert message["type"] != "error", message
    assert message["timestamp"].endswith("Z")
    return message["data"]


@pytest.mark.parametrize("path", EXAMPLES["websockets"])
def test_a_printed_websocket_speaks_as_printed(network: Network, path: str) -> None:
    url = network.system.api.replace("http", "ws") + path
    with connect(url, proxy=None, open_timeout=100) as socket:
        check(receive(socket, "connected"), EXAMPLES["greeting"])
        check(receive(socket, "stats"), EXAMPLES["stats"])
        check(receive(socket, "event"), EXAMPLES["event"])
        for exchange in EXAMPLES["messages"]:
            socket.send(network.fill(json.dumps(exchange["send"])))
            check(receive(socket, exchange["type"]), exchange.get("members", {}))


def test_an_event_stream_without_an_upgrade_is_one_of_server_sent_events(network: Network) -> None:
    with network.system.http.stream("GET", "/api/events/stream") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in response.iter_lines() if line.startswith("data: "))
        check(json.loads(next(lines)[6:]), EXAMPLES["event"])


def test_a_websocket_may_name_its_first_filter_in_its_url(network: Network) -> None:
    url = network.system.api.replace("http", "ws")
    with connect(
        f"{url}/api/events/stream?event_types=Status", proxy=None, open_timeout=100
    ) as socket:
        assert receive(socket, "event")["event_type"] == 10
    with connect(f"{url}/api/ws?subscribe=none", proxy=None, open_timeout=100) as socket:
        socket.send(json.dumps({"type": "Unsubscribe"}))
        assert receive(socket, "unsubscribed")["message"].startswith("No events until")
        socket.send(json.dumps({"type": "Ping"}))
        assert receive(socket, "pong")["events_received"] == 0
        socket.send(json.dumps({"type": "subscribe"}))
        refused = json.loads(socket.recv(timeout=60))
        assert "did you mean Subscribe?" in refused["data"]["message"]


def test_every_printed_metric_exists(network: Network) -> None:
    text = network.system.http.get("/metrics").text
    names = {re.split(r"[ {]", line)[0] for line in text.splitlines() if line[:1] != "#"}
    assert [name for name in EXAMPLES["metrics"] if name not in names] == []


def test_what_is_typed_wrong_is_answered_with_what_is_right(network: Network) -> None:
    answers = {
        "/api/event?limit=5": "did you mean /api/events?",
        "/api/events?node=abcd": "did you mean node_id?",
        "/api/events?event_types=Autored": "did you mean Authored?",
        "/api/docs?x=1": "/api/docs has no x",
        "/metrics?duration=1h": "/metrics has no duration",
        "/api/events/stream?event=42": "did you mean",
    }
    for path, hint in answers.items():
        response: httpx.Response = network.system.http.get(path)
        assert response.status_code in (400, 404)
        assert hint in response.json()["error"]["message"], response.text
