"""The demo as a newcomer runs it: one command, then curl."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.running import wait_for
from tests.supervisor.process import ROOT, Process

pytestmark = pytest.mark.slow


@contextmanager
def running_demo(scratch, program=None):
    """A demo on a free port that makes its temporary directory in ``scratch``."""
    environ = {"TMPDIR": str(scratch), "TART_TELEMETRY_BIND": "127.0.0.1:0"}
    flags = ("--port", "0", "--nodes", "3")
    with Process("tart", "demo", *flags, environ=environ, cwd=scratch, program=program) as demo:
        port = demo.line(r"Open http://127.0.0.1:(\d+)/ in a browser.*")[1]
        demo.line("Ctrl-C stops everything.")
        yield demo, port


@pytest.fixture
def scratch():
    """A directory with a short name: Unix sockets are in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


def children(pid):
    """The processes of a process: server and network in the order of their start."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def descendants(pid):
    found = children(pid)
    return found + [each for child in found for each in descendants(child)]


def argument_of(pid, flag):
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return words[words.index(flag) + 1]


def setting_of(pid, name):
    variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(each.partition("=")[::2] for each in variables)[name]


def best_slot(address):
    """The slot of the best block, as the RPC at an address tells it."""
    with connect(f"ws://{address}", proxy=None) as client:
        client.send('{"jsonrpc":"2.0","id":1,"method":"bestBlock","params":[]}')
        return json.loads(client.recv())["result"]["slot"]


def is_alive(pid):
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_demo_shows_a_rising_chain_and_stops_on_ctrl_c(tmp_path):
    free_ports = {
        "TART_TELEMETRY_BIND": "127.0.0.1:0",
        "TART_API_BIND": "127.0.0.1:0",
        "TART_DATA_DIR": str(tmp_path / "data"),
    }
    with Process("tart", "demo", environ=free_ports, cwd=tmp_path) as demo:
        api = demo.line(r"Open (http://\S+)/ in a browser.*")[1]
        assert demo.line(r".*(http://\S+)/api/stats")[1] == api
        assert demo.line(r"The events are in (\S+)\.")[1] == str(tmp_path / "data")
        with httpx.Client(base_url=api, trust_env=False, timeout=30) as http:
            wait_for(lambda: connected(http) == 6, "six nodes")
            first = wait_for(lambda: http.get("/api/stats").json()["best_block"], "a block")
            wait_for(lambda: http.get("/api/stats").json()["best_block"] > first, "a second block")
            nodes = {each["node_id"] for each in http.get("/api/nodes").json()["nodes"]}
            assert nodes == {
                each["node_id"] for each in http.get("/api/events?limit=1000").json()["events"]
            }
        server, network = children(demo.pid)
        addresses = argument_of(network, "--rpc").split(",")
        assert setting_of(server, "TART_RPC_URLS") == ",".join(f"ws://{a}" for a in addresses)
        assert [best_slot(each) > 0 for each in addresses] == [True, True]
        # A terminal's Ctrl-C goes to the whole group, and who is impatient presses it twice.
        for _ in range(2):
            os.killpg(demo.pid, signal.SIGINT)
        assert demo.ended() == 0
        # Nothing went wrong, so the log said nothing between the lines for people; but on a slow
        # machine the simulated network may listen only after the server gave it up for a while.
        repeated = "tart: stopping; press Ctrl-C again after 5 s to stop at once"
        late = rf".* WARNING chain: no connection to the RPC of ws://({'|'.join(addresses)}): .*"
        lines = [each for each in demo.errors().splitlines() if not re.fullmatch(late, each)]
        assert lines in ([], [repeated])


def test_a_demo_whose_terminal_closes_while_it_starts_leaves_nothing_behind(tmp_path):
    environ = {
        "TART_TELEMETRY_BIND": "127.0.0.1:0",
        "TART_API_BIND": "127.0.0.1:0",
        "TART_DATA_DIR": str(tmp_path / "data"),
    }
    with Process("tart", "demo", environ=environ, cwd=tmp_path) as demo:
        demo.line("starting tart …")
        demo.send(signal.SIGHUP)
        # All that have its output open.
        assert demo.ended() == 0
        assert demo.errors() == ""


def connected(http):
    return http.get("/api/network").json()["network"]["connected_nodes"]


def test_a_demo_in_the_background_of_a_script_ends_with_its_network(scratch):
    # What a shell without job control starts with "&" ignores SIGINT.
    ignoring = ["sh", "-c", 'trap \'\' INT; exec "$0" -m "$@"', sys.executable]
    with running_demo(scratch, program=ignoring) as (demo, port):
        processes = descendants(demo.pid)
        (directory,) = scratch.glob("tart-demo-*")
        assert (directory / "00").is_dir()
        second = subprocess.run(
            [sys.executable, "-m", "tart", "demo", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (second.returncode, second.stdout) == (1, "")
        assert f"tart: port {port}: in use" in second.stderr
        assert "choose another one with --port" in second.stderr
        os.kill(demo.pid, signal.SIGINT)
        assert demo.ended() == 0
        assert demo.errors() == ""
        assert not list(scratch.iterdir())
        assert not any(map(is_alive, processes))


@pytest.mark.parametrize(
    ("number", "name"),
    [pytest.param(0, "server", marks=pytest.mark.soak), (1, "simulated network")],
)
def test_a_demo_ends_with_each_of_its_processes(scratch, number, name):
    with running_demo(scratch) as (demo, _):
        processes = descendants(demo.pid)
        os.kill(int(children(demo.pid)[number]), signal.SIGKILL)
        assert demo.ended() == 1
        assert f"tart: the {name} was ended by SIGKILL; the demo was stopped" in demo.errors()
        assert not list(scratch.iterdir())
        assert not any(map(is_alive, processes))


@pytest.mark.soak
def test_a_demo_that_is_killed_leaves_no_process(scratch):
    with running_demo(scratch) as (demo, _):
        processes = descendants(demo.pid)
        os.kill(demo.pid, signal.SIGKILL)
        wait_for(lambda: not any(map(is_alive, processes)), "the end of all processes")
