"""A server that answers the routes of alerts with given documents."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NODE = "ab12" * 16


def alert(**members: Any) -> dict[str, Any]:
    """An alert of ``/api/alerts``."""
    return {
        "id": "f-1",
        "fingerprint": "f",
        "alert": "NodeSilent",
        "state": "firing",
        "severity": "critical",
        "scope": "member",
        "labels": {"alertname": "NodeSilent", "severity": "critical", "node": NODE},
        "annotations": {},
        "summary": "the node has been silent for 2 min",
        "figure": "node_silent_seconds",
        "unit": "seconds",
        "value": 125.0,
        "above": 60.0,
        "below": None,
        "since": "2026-11-30T05:00:00Z",
        "fired_at": "2026-11-30T05:00:30Z",
        "resolved_at": None,
        "missing_since": None,
        "silenced_by": [],
        "inhibited_by": None,
        "about": {"kind": "node", "id": NODE},
        "page": f"#/nodes/{NODE}",
        "is_builtin": True,
        **members,
    }


def alerts(*listed: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The answer of ``/api/alerts``."""
    return {
        "alerts": list(listed),
        "has_more": False,
        "counts": {
            "firing": len(listed),
            "pending": 0,
            "silenced": 0,
            "inhibited": 0,
            "by_severity": {"critical": len(listed)},
        },
        "problems": [],
        "evaluated_at": "2026-11-30T05:09:48Z",
        "evaluated_since": "2026-11-30T05:00:00Z",
        "interval_seconds": 30.0,
        "shards_answered": 2,
        "shards_total": 2,
        **members,
    }


def rule(**members: Any) -> dict[str, Any]:
    """A rule of ``/api/alerts/rules``."""
    return {
        "alert": "NodeSilent",
        "figure": "node_silent_seconds",
        "unit": "seconds",
        "by": "node",
        "above": 60.0,
        "below": None,
        "window_seconds": 86400.0,
        "against_seconds": None,
        "sql": None,
        "for_seconds": 30.0,
        "keep_firing_for_seconds": 0.0,
        "severity": "critical",
        "labels": {"team": "x"},
        "annotations": {"summary": "{{ $labels.node }} is silent"},
        "channels": ["ops"],
        "on_missing": "keep",
        "is_builtin": True,
        "enabled": True,
        "state": "firing",
        "firing": 1,
        "pending": 0,
        "values": [{"labels": {"node": NODE}, "value": 125.0}, {"labels": {}, "value": None}],
        "last_error": None,
        "evaluation_ms": 1.0,
        "last_fired_at": "2026-11-30T05:00:30Z",
        **members,
    }


def channel(**members: Any) -> dict[str, Any]:
    """A channel of ``/api/alerts/rules``."""
    return {
        "name": "ops",
        "type": "webhook",
        "send_resolved": True,
        "min_severity": "info",
        "queued": 0,
        "delivered": 3,
        "failed": 1,
        "dead": 1,
        "last_error": "status 500",
        "last_delivered_at": None,
        **members,
    }


def silence(**members: Any) -> dict[str, Any]:
    """A silence of ``/api/alerts/silences``."""
    return {
        "id": "5117",
        "matchers": ['node=~"ab.*"'],
        "starts_at": "2026-11-30T05:00:00Z",
        "ends_at": "2026-11-30T07:10:00Z",
        "author": "alice",
        "reason": "new disk",
        "state": "active",
        "source": "api",
        "alerts": 1,
        **members,
    }


class AlertServer:
    """Answers by method and path; what it is asked is in ``requests``."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.requests: list[tuple[str, Any]] = []
        self.url = ""

    def answer(self, route: str, body: Any, status: int = 200) -> None:
        """Answer a route, such as ``GET /api/alerts``, with a document."""
        self.answers[route] = (status, body)


@contextmanager
def alert_server() -> Iterator[AlertServer]:
    """Run such a server."""
    state = AlertServer()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            state.requests.append((f"{self.command} {self.path}", body))
            path = self.path.partition("?")[0]
            error = {"error": "not_found", "message": "there is no such route"}
            status, answer = state.answers.get(f"{self.command} {path}", (404, error))
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = _answer

        def log_message(self, *arguments: object) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
