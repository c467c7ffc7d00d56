"""A running server as its machine's operator sees it: in ps and top, in its files, by signals."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import stat
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tart.cli.main import main
from tests.running import DEADLINE, running_system, wait_for
from tests.supervisor.process import ROOT

pytestmark = pytest.mark.slow

CONFIG = """
data_dir = "data"
shards = 1
telemetry.bind = "127.0.0.1:0"
api.bind = "127.0.0.1:0"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with two shards whose SQL sandboxes are ready, and its data directory."""
    data = tmp_path_factory.mktemp("operation") / "data"
    with running_system(data, preloaded=False) as system:
        system.data = data
        yield system


def processes(pid):
    """(title, short name) of a process and of its descendants."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        # Threads and processes may end while their files are read.
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in (task / "children").read_text().split():
                found += processes(child)
    with suppress(FileNotFoundError, ProcessLookupError):
        title = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0")
        found.append((title, Path(f"/proc/{pid}/comm").read_text().strip()))
    return found


def test_every_process_has_a_name_of_its_own(server):
    assert server.http.post("/api/sql", json={"map": "SELECT 1 AS one"}).status_code == 200
    supervisor = re.compile(r"tart: supervisor \(serve --telemetry-bind 127\.0\.0\.1:0 .*")
    expected = {
        ("tart: shard 0", "tart-shard-0"),
        ("tart: shard 1", "tart-shard-1"),
        ("tart: gateway", "tart-gateway"),
        ("tart: sandbox (waits for a statement)", "tart-sandbox"),
    }

    def named():
        titles = processes(server.process.pid)
        first = [each for each in titles if supervisor.fullmatch(each[0])]
        return first if set(titles) - set(first) == expected else None

    assert [name for _, name in wait_for(named, "titles")] == ["tart-supervisor"]


def test_a_running_statement_is_named_so(server):
    slow = {"map": "SELECT count(*) AS n FROM range(100000000) a, range(100000) b"}
    title = ("tart: sandbox (runs a statement)", "tart-sandbox")
    body = json.dumps(slow).encode()
    head = (
        f"POST /api/sql HTTP/1.1\r\nHost: {server.api[7:]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    host, port = server.api[7:].split(":")
    # It runs for as long as its client stays.
    with socket.create_connection((host, int(port))) as client:
        client.sendall(head.encode() + body)
        wait_for(lambda: title in processes(server.process.pid), "the title of a statement")


def test_the_keys_and_what_sqlite_writes_beside_them_are_private(server, tmp_path, capsys):
    def private(directory):
        files = sorted(directory.glob("control.sqlite*"))
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        return [file.name for file in files]

    beside = ["control.sqlite", "control.sqlite-shm", "control.sqlite-wal"]
    assert private(server.data) == beside
    assert main(["keys", "list", "--data-dir", str(server.data)]) == 0
    assert main(["backup", "--data-dir", str(server.data), str(tmp_path)]) == 0
    (backup,) = tmp_path.iterdir()
    assert private(backup) == ["control.sqlite"]
    assert private(server.data) == beside


def test_the_server_report_has_the_log_settings_of_the_last_reload(server):
    (server.data.parent / "config.toml").write_text("[log]\nlevel = 'error'\n")
    server.process.send(signal.SIGHUP)
    expected = {"name": "log.level", "value": "error", "is_default": False}

    def reported():
        return [expected.items() <= row.items() for row in server.get("/api/server")["settings"]]

    wait_for(lambda: any(reported()), "the new level")
    # The line that says so is written although the new level would hide it.
    said = 'SIGHUP: settings reloaded; applied log.level: \\"info\\" → \\"error\\"'
    assert said in server.process.errors()


def test_ctrl_c_on_a_terminal_stops_the_server_and_a_second_one_changes_nothing(tmp_path):
    (tmp_path / "config.toml").write_text(CONFIG)
    environ = {key: value for key, value in os.environ.items() if key[:5] != "TART_"}
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        command = [sys.executable, "-m", "tart", "serve"]
        os.execve(command[0], command, environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"})
    text = ""
    keys = {"tart ready": b"\x03", "stopping: SIGINT": b"\x03"}
    # The end of a terminal without a process is an error when it is read.
    with suppress(OSError):
        while select.select([terminal], [], [], DEADLINE)[0]:
            text += os.read(terminal, 4096).decode()
            for cue in [cue for cue in keys if cue in text]:
                os.write(terminal, keys.pop(cue))
    os.kill(pid, 0 if "exit code" in text else signal.SIGKILL)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, text
    assert "stopping: SIGINT; press Ctrl-C again after 5 s to stop at once" in text
    assert not keys
    for noise in ("Traceback", "WARNING", "ERROR", "Sanic", "x1b"):
        assert noise not in text, text
