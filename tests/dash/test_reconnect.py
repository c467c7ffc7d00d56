"""The dashboard with its real client, and a server that dies, refuses and comes back."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.dash.core.views.test_server import answers, shard
from tests.dash.pilot import running_dash
from tests.running import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


class FakeServer:
    """A server of one page whose status a test sets; it can be stopped and started again."""

    def __init__(self):
        self.port = free_port()
        self.status, self.error = 200, {}
        self.keys = []
        self._server = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        fake = self
        page = answers(shard(0))
        health = {"overall_health": "healthy", "health_score": 1.0}
        routes = {
            "/api/server": page["server"],
            "/api/health/detailed": page["health"],
            "/api/analytics/network-health": health,
        }

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                fake.keys.append(self.headers.get("Authorization"))
                answer = routes[self.path.partition("?")[0]] if fake.status == 200 else fake.error
                body = json.dumps(answer).encode()
                self.send_response(fake.status)
                self.send_header("Content-Length", str(len(body)))
                # A stopped server serves nobody: no connection outlives its answer.
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def refuse(self, status, code, message):
        self.status = status
        self.error = {"error": {"code": code, "message": message}}


@pytest.fixture
def server():
    fake = FakeServer()
    fake.start()
    yield fake
    fake.stop()


async def test_a_server_that_dies_and_comes_back(server):
    async with running_dash(server.url, "server", size=(160, 40)) as dash:
        await dash.shows("Shards  1", "Requests  1")
        server.stop()
        await dash.shows(
            "reconnecting in",
            "connection refused, so nothing listens there",
            "shown: ",
            "Shards  1",
        )
        server.start()
        await dash.press("ctrl+r")
        await dash.until(lambda: "reconnecting" not in dash.screen, "the server")
        assert "shown:" not in dash.screen


async def test_a_server_that_answers_503_and_recovers(server):
    async with running_dash(server.url, "server", size=(160, 40)) as dash:
        await dash.shows("Shards  1")
        server.refuse(503, "no_shard", "no shard answered")
        await dash.shows(
            "trying again in", "the server answers 503: no shard answered", "Shards  1"
        )
        server.status = 200
        await dash.press("ctrl+r")
        await dash.until(lambda: "trying again" not in dash.screen, "the answer")


async def test_a_wrong_key_is_one_sentence_and_is_not_repeated(server):
    server.refuse(401, "unauthorized", "the API key is not valid")
    async with running_dash(server.url, "server", size=(160, 40), key="wrong") as dash:
        await dash.shows(
            "trying again in 30 s",
            "the API key is not valid; put the key into TART_KEY, or into a file",
        )
        # Two of the page and one of the network's health, in any order.
        await dash.until(lambda: len(server.keys) >= 3, "the requests")
        assert server.keys == ["Bearer wrong"] * 3
