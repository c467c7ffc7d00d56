"""locust against a running tart: nodes, dashboards and streams without a failure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import running_system, wait_for

ROOT = Path(__file__).parents[2]
LOCUSTFILE = ROOT / "loadtest" / "locustfile.py"
SHAPES = sorted(each for each in (ROOT / "loadtest" / "shapes").glob("[!_]*.py"))


def locust(system, *arguments, environ):
    """Run it without its page; its table of requests."""
    command = [sys.executable, "-m", "locust", "--headless", "--json", "--only-summary"]
    command += ["--host", system.api, "--exit-code-on-error", "1", "--stop-timeout", "10"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env={**environ, "TART_LOAD_TELEMETRY": "{}:{}".format(*system.telemetry)},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {(each["method"], each["name"]): each for each in json.loads(done.stdout)}


@pytest.mark.slow
def test_a_small_load_of_every_kind_has_no_failure(tmp_path):
    with running_system(tmp_path / "data") as system:
        load = ("-f", str(LOCUSTFILE), "--users", "40", "--spawn-rate", "20", "--run-time", "6s")
        environ = {**os.environ, "TART_LOAD_EVENTS": "50"}
        found = locust(system, *load, environ=environ)
        assert {kind for kind, _ in found} == {"TCP", "GET", "WS"}
        assert all(each["num_failures"] == 0 for each in found.values())
        assert found["WS", "read"]["total_content_length"] > 0
        events = 50 * found["TCP", "events"]["num_requests"]
        assert events > 0

        def stored():
            return sum(node["event_count"] for node in system.get("/api/nodes")["nodes"])

        wait_for(lambda: stored() == events, f"{events} events")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda path: path.stem)
def test_a_shape_is_one_that_locust_takes(shape):
    listed = subprocess.run(
        [sys.executable, "-m", "locust", "-f", f"{LOCUSTFILE},{shape}", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert listed.returncode == 0, listed.stderr
    assert {"Node", "Dashboard", "Stream"} <= set((listed.stdout + listed.stderr).split())
