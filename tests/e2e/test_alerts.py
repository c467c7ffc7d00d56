"""A node that falls silent, as its operator sees it: pending, firing, silenced, resolved, sent.

One server with real processes, a node, a receiver of webhooks; the gateway is killed in between.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psutil
import pytest

from tests.running import PATIENT, System, fake_node, running_system, wait_for

RULES = """
disable = ["*"]
group_wait = "0s"
group_interval = "1s"

[[channel]]
name = "ops"
type = "webhook"
url = "http://127.0.0.1:{port}/hook"

[[rule]]
alert = "NodeQuiet"
figure = "node_silent_seconds"
by = "node"
above = 1
for = "1s"
severity = "critical"
"""

pytestmark = pytest.mark.slow


@contextmanager
def receiver() -> Iterator[tuple[int, list[Any]]]:
    """A receiver of webhooks: its port, and the bodies that it got."""
    bodies: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, bodies
        finally:
            server.shutdown()
            thread.join()


def alert(system: System) -> dict[str, Any]:
    """The only alert; empty while there is none, or nothing answers."""
    try:
        response = system.http.get("/api/alerts")
    except httpx.TransportError:
        return {}
    alerts = response.json()["alerts"] if response.status_code == 200 else []
    return alerts[0] if alerts else {}


def wait_for_state(system: System, *states: str | None) -> dict[str, Any]:
    """The alert once it is in one of the states."""
    wait_for(lambda: alert(system).get("state") in states, f"the alert to be {states}")
    return alert(system)


def kill_gateway(system: System) -> None:
    """End the gateway's process; the supervisor starts another."""
    children = psutil.Process(system.process.pid).children()
    (gateway,) = [child for child in children if "gateway" in " ".join(child.cmdline())]
    os.kill(gateway.pid, signal.SIGKILL)
    gateway.wait()


def test_a_node_that_falls_silent(tmp_path: Any) -> None:
    with receiver() as (port, bodies):
        rules = tmp_path / "alerts.toml"
        rules.write_text(RULES.format(port=port))
        settings = {"TART_ALERTS_FILE": str(rules), "TART_ALERTS_EVALUATION_SECONDS": "0.2"}
        environ = {**PATIENT, **settings, "TART_ALERTS_LAG_SECONDS": "0.1"}
        with running_system(tmp_path / "data", environ=environ) as system, system.connect() as link:
            node = fake_node(1)
            link.sendall(node.connect())
            # It is pending for a second, which may pass between two looks; see its history below.
            pending = wait_for_state(system, "pending", "firing")
            assert pending["alert"] == "NodeQuiet"
            assert pending["labels"]["node"] == node.peer_id.hex()
            firing = wait_for_state(system, "firing")
            assert firing["id"] == pending["id"]
            wait_for(lambda: bodies, "the message")
            assert bodies[0]["alerts"][0]["labels"]["alertname"] == "NodeQuiet"
            assert system.get("/api/summary")["alerts_by_severity"]["critical"] == 1
            silence = {"matchers": ['alertname="NodeQuiet"'], "duration": "1h", "reason": "a test"}
            made = system.http.post("/api/alerts/silences", json=silence).json()
            assert alert(system)["silenced_by"] == [made["id"]]
            assert system.get("/api/alerts")["counts"]["firing"] == 0
            kill_gateway(system)
            again = wait_for_state(system, "firing")
            assert (again["id"], again["silenced_by"]) == (firing["id"], [made["id"]])
            assert system.http.delete(f"/api/alerts/silences/{made['id']}").status_code == 200
            assert alert(system)["silenced_by"] == []
            link.sendall(node.event("SyncStatusChanged", 0, synced=True)[1])
            wait_for_state(system, "resolved", None)
            wait_for(lambda: bodies[-1]["status"] == "resolved", "the message that it has ended")
            changes = system.get("/api/alerts/history")["history"]
            known = [change["to"] for change in changes if change["alert_id"] == firing["id"]]
            assert known == ["resolved", "firing", "pending"]
            # The gateway was killed with a channel that knew: nothing was told twice.
            told = [(body["status"], body["alerts"][0]["startsAt"]) for body in bodies]
            assert len(told) == len(set(told))
