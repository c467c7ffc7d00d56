"""The dashboard against a server: each view shows the figures of the API."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tart.dash.core.model import row_values
from tart.dash.core.views.table import tabs
from tart.text_width import display_width
from tests.dash.pages import find_figure, find_table
from tests.dash.pilot import running_dash
from tests.running import wait_for

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(params=["1 shard"])
def system(request, truths):
    """A server that knows a whole network's events, shared with the tests of the truth."""
    return truths(request.param).system


async def test_the_network_s_figures_are_those_of_the_api(system):
    nodes = system.get("/api/nodes")["nodes"]
    implementations = system.get("/api/implementations", duration="1h")["implementations"]
    async with running_dash(system.api, "network", size=(160, 50)) as dash:
        page = await dash.until(lambda: dash.page, "the page")
        assert find_figure(page, "Connected").value == sum(it["is_connected"] for it in nodes)
        assert find_figure(page, "States").value == len(nodes)
        assert find_figure(page, "Dropped").value == sum(int(it["dropped_count"]) for it in nodes)
        rows = row_values(find_table(page, "Implementations"))
        assert {row["implementation"]: row["nodes"] for row in rows} == {
            f"{it['name']} {it['version']}": it["nodes"] for it in implementations
        }
        await dash.shows("Implementations", f"{len(implementations)}", "network", "every 0.2 s")


async def test_the_nodes_are_those_of_the_api(system):
    summary = system.get("/api/nodes/summary", duration="5m")
    async with running_dash(system.api, "nodes", size=(160, 50)) as dash:
        page = await dash.until(lambda: dash.page, "the page")
        rows = {row["node_id"]: row for row in row_values(find_table(page, "Nodes"))}
        assert list(rows) != []
        columns = summary["nodes"]
        for index, node_id in enumerate(columns["node_id"]):
            for name in ("state", "best_slot", "finalized_slot", "peers", "address", "undecodable"):
                assert rows[node_id][name] == columns[name][index], name
            assert rows[node_id]["dropped"] == int(columns["dropped"][index])
        assert find_figure(page, "Well").value == summary["levels"]["well"]
        assert find_figure(page, "Best slot").value == summary["network"]["best_slot"]
        await dash.shows(*(node_id[:8] for node_id in rows))


async def test_a_node_is_that_of_the_api(system):
    node_id = system.get("/api/nodes")["nodes"][0]["node_id"]
    node = system.get(f"/api/nodes/{node_id}")
    latencies = system.get(f"/api/nodes/{node_id}/latencies", duration="1h")
    events = system.get(f"/api/nodes/{node_id}/events", limit=20)["events"]
    async with running_dash(system.api, f"node {node_id[:8]}", size=(120, 50)) as dash:
        page = await dash.until(lambda: dash.page, "the page")
        assert find_figure(page, "Events").value == node["event_count"]
        assert find_figure(page, "Dropped").value == int(node["dropped_count"])
        assert find_figure(page, "Undecodable").value == node["undecodable"]
        assert find_figure(page, "Best slot").value == node["best"]["slot"]
        assert find_figure(page, "Finalized").value == node["finalized"]["slot"]
        assert find_figure(page, "Gray Paper").value == node["node_info"]["gp_version"]
        shown = [row.key for row in find_table(page, "Events").rows]
        assert shown == [str(event["id"]) for event in events]
        steps = {row["step"]: row for row in row_values(find_table(page, "Latencies"))}
        assert steps.keys() == {step["step"] for step in latencies["steps"]}
        for step in latencies["steps"]:
            assert steps[step["step"]]["p99_ms"] == step["node"]["p99_ms"]
            assert steps[step["step"]]["network_p50_ms"] == step["network"]["p50_ms"]
        await dash.shows(f"Node {node_id[:8]}…", "Latencies")


async def test_a_node_that_does_not_exist_is_named(system):
    async with running_dash(system.api, "node ffff0000", size=(160, 24)) as dash:
        await dash.shows("the server answers 404", "ffff0000")


async def test_the_server_is_that_of_the_api(system):
    server = system.get("/api/server")
    async with running_dash(system.api, "server", size=(160, 50)) as dash:
        page = await dash.until(lambda: dash.page, "the page")
        assert find_figure(page, "Shards").value == server["shards_up"] == system.shards
        assert find_figure(page, "DuckDB").value == server["duckdb"]
        shards = row_values(find_table(page, "Shards"))
        assert [row["rows"] for row in shards] == [
            it["figures"]["rows"] for it in server["shard_list"]
        ]
        health = system.get("/api/health/detailed")
        rows = row_values(find_table(page, "Health"))
        assert {row["name"]: row["status"] for row in rows} == {
            name: part["status"] for name, part in health["components"].items()
        }
        await dash.shows("Requests", "/api/")


async def test_every_view_is_shown_in_80_columns_and_goes_back(system):
    async with running_dash(system.api) as dash:
        for number, view in enumerate(tabs(), start=1):
            await dash.press(str(number))
            await dash.until(lambda: dash.page, view.name)
            assert "fault" not in dash.screen
            assert all(display_width(line) <= 80 for line in dash.screen.splitlines())
            if dash.app.listing.row is not None and dash.app.listing.row.opens is not None:
                await dash.press("enter")
                await dash.until(lambda: dash.page, f"a row of {view.name}")
                assert "fault" not in dash.screen
                await dash.press("escape")
            assert dash.app.place.view == view.name


async def test_a_filter_and_a_sort_over_real_nodes(system):
    nodes = system.get("/api/nodes")["nodes"]
    async with running_dash(system.api, "nodes") as dash:
        await dash.until(lambda: dash.page, "the page")
        await dash.press("N")
        assert dash.app.listing.row.key == min(node["node_id"] for node in nodes)
        await dash.press("r")
        assert dash.app.listing.row.key == max(node["node_id"] for node in nodes)
        chosen = nodes[0]["node_id"]
        await dash.type(f"/{chosen[:6]}")
        await dash.press("enter")
        assert [dash.app.listing.row.key, dash.app.listing.row_count] == [chosen, 1]


class Terminal:
    """A program in a terminal, which tmux plays.

    Args:
        directory: For tmux's socket.
        command: The command line; its exit code is shown after its end.
        width: Columns.
        height: Lines.
    """

    def __init__(self, directory, command, *, width=80, height=24, environ=()):
        self._socket = directory / "tmux"
        line = f"{shlex.join(map(str, command))}; echo code $?; exec cat"
        size = ("-x", str(width), "-y", str(height))
        variables = [f"-e{name}={value}" for name, value in dict(environ).items()]
        self.tmux("-f", "/dev/null", "new-session", "-d", *size, *variables, line)

    def tmux(self, *arguments):
        command = ["tmux", "-S", self._socket, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def shows(self, *texts):
        wait_for(lambda: all(text in self.screen() for text in texts), f"{texts}")

    def close(self):
        with suppress(subprocess.CalledProcessError):
            self.tmux("kill-server")


@pytest.fixture
def terminal(tmp_path):
    """A function that starts a program in a terminal."""
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux; as root `make test` installs it")
    opened = []

    def start(*arguments, program=("-m", "tart"), **options):
        command = [sys.executable, *program, *arguments]
        opened.append(Terminal(tmp_path, command, **options))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_a_session_in_a_real_terminal(system, terminal):
    shown = terminal("dash", "--url", system.api)
    shown.shows("tart 127.0.0.1", "Best slot", "Alerts", "q quit")
    assert "\x1b[1m" in shown.screen("-e")
    shown.press("?")
    shown.shows("PageDown Ctrl-F", "screen down")
    shown.press("Escape")
    shown.shows("Best slot")
    shown.press(":", "nodes", "Enter")
    shown.shows("No data", "Finalized")
    shown.press("Enter")
    shown.shows("Gray Paper")
    shown.press("Escape")
    shown.shows("No data", "Finalized")
    shown.press("q")
    shown.shows("code 0")
    assert "Best slot" not in shown.screen()
    # The terminal is as before: what is typed is shown again.
    shown.press("hello", "Enter")
    shown.shows("hello")


def test_a_signal_and_no_colours(system, terminal):
    shown = terminal("dash", "--url", system.api, environ={"NO_COLOR": "1"})
    shown.shows("Best slot")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", shown.screen("-e"))
    (process,) = shown.tmux("list-panes", "-F", "#{pane_pid}").split()
    (child,) = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    os.kill(int(child), signal.SIGTERM)
    shown.shows("code 143")


FAULTY = """
import sys
from tart.dash.app import DashApp
DashApp.action_pause = lambda self: 1 / 0
from tart.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_fault_restores_the_terminal_and_is_one_sentence(system, terminal):
    shown = terminal("dash", "--url", system.api, program=("-c", FAULTY), width=120)
    shown.shows("Best slot")
    shown.press("p")
    shown.shows("code 1")
    assert (
        "tart: the dashboard ended by a fault: ZeroDivisionError: division by zero"
        in shown.screen()
    )
    assert "Traceback" not in shown.screen()
    assert "Best slot" not in shown.screen()
