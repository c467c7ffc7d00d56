"""``tart status``: what a person reads, and the exit code that a script does."""

from __future__ import annotations

import json
import os
import re
import signal

import pytest

from tart import __version__
from tart.access.keys import new_key
from tart.access.roles import Role
from tart.cli.http_client import RequestRefused
from tart.cli.main import main
from tart.cli.render.documents import StatusDocument
from tart.cli.status import EXIT_CODES, node_totals, render, watch
from tart.control_store import open_store
from tart.style import Style
from tests.cli.terminal import screen, start_on, terminal
from tests.running import fake_node, fake_peer_id, free_port, running_system, wait_for
from tests.supervisor.process import Process


def part(status="Healthy", message="well", **metrics):
    return {"status": status, "message": message, "metrics": metrics}


def health(status="Healthy", **parts):
    return {
        "status": status,
        "version": "1.2.3",
        "uptime_seconds": 11_520,
        "components": {
            "database": part(message="2 of 2 shards answer", shards_answered=2),
            "batch_writer": part(message="reading"),
            "memory": part(rss_bytes=300 << 20),
            "system_resources": part(disk_free_bytes=34 << 30),
            "shard_00": part(bytes_on_disk=1 << 30),
            "shard_01": part(bytes_on_disk=1 << 29),
            **parts,
        },
    }


NODES = [
    {"is_connected": True, "event_count": 1_000_000, "dropped_count": "5"},
    {"is_connected": False, "event_count": 234_567, "dropped_count": 0},
]
LIVE = {"latest_slot": 12, "finalized_slot": None, "last_10s": {"events_per_second": 860.4}}


def test_the_status_screen_of_a_healthy_server():
    assert render("http://h:1", health(), node_totals(NODES), LIVE) == (
        "tart 1.2.3 at http://h:1: Healthy, up 3 h 12 min\n"
        "\n"
        "  shards   2 of 2 shards answer\n"
        "  nodes    1 connected, 2 known\n"
        "  blocks   best slot 12, finalized unknown\n"
        "  events   860 a second, 1,234,567 in all, 5 dropped by nodes\n"
        "  storage  1.5 GiB in files, 34.0 GiB free on the disk; reading\n"
        "  memory   300.0 MiB used by all processes"
    )


def test_problems_are_listed_at_the_end_of_the_status():
    ill = health("Degraded", batch_writer=part("Degraded", "reading pauses: disk"))
    lines = render("u", ill, None, None).splitlines()
    assert lines[0].endswith(": Degraded, up 3 h 12 min")
    assert lines[-2:] == ["", "  ! batch_writer: Degraded, reading pauses: disk"]
    assert not any("nodes" in line for line in lines)


def check_document(system, document):
    """The document has what the API answers."""
    assert document.keys() == StatusDocument.__annotations__.keys()
    assert (document["url"], document["error"]) == (system.api, None)
    assert document["health"].keys() == system.get("/api/health/detailed").keys()
    assert document["live"].keys() == system.get("/api/metrics/live").keys()
    assert document["nodes"] == node_totals(system.get("/api/nodes")["nodes"])


def check_watch_in_place(system):
    """A terminal shows one block, the newest; Ctrl-C ends it with the code of the last status."""
    with terminal(columns=60, rows=24) as shown:
        watching = start_on(shown, "status", "--url", system.api, "--watch", "0.1")
        shown.wait_for(r"(?s)(used by all processes.*){3}")
        os.write(shown.master, b"\x03")
        assert watching.wait() == 0
        lines = [line for line in screen(shown.read()) if line]
    assert sum("shards" in line for line in lines) == 1
    assert lines[0].endswith("every 0.1 s")
    assert max(map(len, lines)) <= 60


def check_watch_in_a_pipe(system):
    """A pipe gets one block after another, or one document a line, without escape sequences."""
    flags = ("status", "--url", system.api, "--watch", "0.1")
    with Process("tart", *flags) as watching:
        for _ in range(2):
            watching.line(r"\S+Z, every 0.1 s")
            watching.line(r"  shards   2 of 2 shards answer")
        watching.send(signal.SIGINT)
        assert watching.ended() == 0
        assert watching.errors() == ""
    with Process("tart", *flags, "--json") as watching:
        for _ in range(2):
            check_document(system, json.loads(watching.line(r"\{.*\}")[0]))


@pytest.mark.slow
def test_a_watched_server_may_go_away_and_come_back(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Process("tart", "status", "--url", url, "--watch", "0.1", "--json") as watching:

        def next_document():
            return json.loads(watching.line(r"\{.*\}")[0])

        away = next_document()
        assert "nothing listens" in away["error"]
        assert [away[name] for name in ("health", "nodes", "live")] == [None, None, None]
        with running_system(tmp_path / "data", shards=1, api=f"127.0.0.1:{port}"):
            while next_document()["error"] is not None:
                pass
        while next_document()["error"] is None:
            pass
        watching.send(signal.SIGINT)
        assert watching.ended() == 1


def test_the_seconds_of_a_watch_are_a_number_above_zero(capsys):
    for seconds in ("0", "-1", "nan", "inf"):
        assert main(["status", "--watch", seconds]) == 2
        assert "is not at least 0.1 seconds" in capsys.readouterr().err


@pytest.mark.slow
def test_status_of_a_running_and_of_a_stopped_server(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    node = fake_node(1)
    with running_system(tmp_path / "data") as system:
        with system.connect() as connection:
            connection.sendall(node.connect() + node.event("SyncStatusChanged", 1, synced=True)[1])
            system.wait_for_events(fake_peer_id(1), 1)
            assert main(["status", "--url", system.api]) == 0
            assert "  nodes    1 connected, 1 known\n" in capsys.readouterr().out
            assert main(["status", "--url", system.api, "--json"]) == 0
            check_document(system, json.loads(capsys.readouterr().out))
            check_watch_in_place(system)
            check_watch_in_a_pipe(system)
        # A health check has no key, and needs none.
        with open_store(tmp_path / "data" / "control.sqlite") as store:
            store.add(new_key("viewer", Role.VIEWER, 1)[0])
        wait_for(lambda: main(["status", "--url", system.api]) == 1, "the key is in force")
        capsys.readouterr()
        assert main(["status", "--alive", "--url", system.api]) == 0
        assert capsys.readouterr().out == f"tart {__version__} at {system.api} answers\n"
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
        assert main(["status", "--url", system.api]) == 1
        assert "no tart answers there" in capsys.readouterr().err


def test_each_status_has_its_exit_code():
    assert EXIT_CODES == {"Healthy": 0, "Degraded": 3, "Unhealthy": 4}


def test_states_have_colours_where_they_are_on():
    ill = health()
    ill["status"] = ill["components"]["database"]["status"] = "Degraded"
    coloured = render("u", ill, None, None, Style(enabled=True))
    assert coloured.count("\x1b[33mDegraded\x1b[0m") == 2
    assert "\x1b[32mHealthy\x1b[0m" in render("u", health(), None, None, Style(enabled=True))
    assert re.sub(r"\x1b\[\d+m", "", coloured) == render("u", ill, None, None)


class RefusingServer:
    """A server that answers every request with a status."""

    url = "http://h:1"

    def __init__(self, http_status):
        self._http_status = http_status

    def get(self, path, **options):
        raise RequestRefused(self._http_status, "refused")


def test_a_watch_waits_for_a_busy_server_and_not_for_a_key(capsys):
    with pytest.raises(RequestRefused):
        watch(RefusingServer(401), 0.1, as_json=False)
    code = watch(InterruptedServer(503), 0.1, as_json=True)
    assert code == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["error"] for line in lines] == ["refused", "refused"]


class InterruptedServer(RefusingServer):
    """A server at whose third request Ctrl-C is pressed."""

    requests = 0

    def get(self, path, **options):
        self.requests += 1
        if self.requests == 3:
            raise KeyboardInterrupt
        super().get(path, **options)
