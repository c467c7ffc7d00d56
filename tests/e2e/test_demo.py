"""The demo as a newcomer runs it: one command, then curl."""

from __future__ import annotations

import os
import signal
import sys

import httpx
import pytest

from tests.running import wait_for
from tests.supervisor.process import Process

pytestmark = pytest.mark.slow


def test_the_demo_shows_a_rising_chain_and_stops_on_ctrl_c(tmp_path):
    free_ports = {
        "TART_TELEMETRY_BIND": "127.0.0.1:0",
        "TART_API_BIND": "127.0.0.1:0",
        "TART_DATA_DIR": str(tmp_path / "data"),
    }
    with Process("tart", "demo", environ=free_ports, cwd=tmp_path) as demo:
        api = demo.line(r".*(http://\S+)/api/stats")[1]
        assert demo.line(r"open (http://\S+)/")[1] == api
        with httpx.Client(base_url=api, trust_env=False, timeout=30) as http:
            wait_for(lambda: connected(http) == 6, "six nodes")
            first = wait_for(lambda: http.get("/api/stats").json()["best_block"], "a block")
            wait_for(lambda: http.get("/api/stats").json()["best_block"] > first, "a second block")
            nodes = {each["node_id"] for each in http.get("/api/nodes").json()["nodes"]}
            assert nodes == {
                each["node_id"] for each in http.get("/api/events?limit=1000").json()["events"]
            }
        # A terminal's Ctrl-C goes to the whole group, and who is impatient presses it twice.
        for _ in range(2):
            os.killpg(demo.pid, signal.SIGINT)
        assert demo.ended() == 0
        # Nothing went wrong, so the log said nothing between the lines for people.
        assert demo.errors() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_demo_in_the_background_stops_while_it_starts_and_leaves_nothing_behind(tmp_path, number):
    """A script's ``tart demo &`` has SIGINT ignored, and a signal reaches this process alone."""
    environ = {
        "TART_TELEMETRY_BIND": "127.0.0.1:0",
        "TART_API_BIND": "127.0.0.1:0",
        "TART_DATA_DIR": str(tmp_path / "data"),
    }
    ignored = 'trap "" INT; exec "$0" -m tart demo'
    shell = ["sh", "-c", ignored]
    with Process(sys.executable, environ=environ, cwd=tmp_path, program=shell) as demo:
        demo.line("starting tart …")
        demo.send(number)
        # All that have its output open.
        assert demo.ended() == 0
        assert demo.errors() == ""


def connected(http):
    return http.get("/api/network").json()["network"]["connected_nodes"]
