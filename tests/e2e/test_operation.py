"""A running server as its machine's operator sees it: in ps and top, in its files, by signals."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tart.cli.main import main
from tests.running import running_system, wait_for
from tests.supervisor.process import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with two shards whose SQL sandboxes are ready, and its data directory."""
    data = tmp_path_factory.mktemp("operation") / "data"
    with running_system(data) as system:
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
    with suppress(Exception):
        server.http.post("/api/sql", json=slow, timeout=0.5)
    wait_for(
        lambda: (
            ("tart: sandbox (runs a statement)", "tart-sandbox") in processes(server.process.pid)
        ),
        "the title of a statement",
    )


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


JOURNALD = "/lib/systemd/systemd-journald"
# systemd's own journal, in a mount namespace with a /run of its own; as the unit has it, what has
# no priority is an error.
IN_THE_JOURNAL = f"""
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
{JOURNALD} 2>/dev/null & journald=$!
trap 'kill $journald' EXIT
until [ -S /run/systemd/journal/stdout ]; do sleep 0.05; done
systemd-cat -t tart -p err sh -c '
    export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)
    exec "$0" -m tart serve --config config.toml' "$1" & server=$!
until journalctl -t tart | grep -q "tart ready"; do sleep 0.1; done
echo "[storag]" >>config.toml
kill -HUP $server
until journalctl -t tart | grep -q "not reloaded"; do sleep 0.1; done
kill $server
wait $server
"$1" -m tart serve --config config.toml 2>&1 | systemd-cat -t tart -p err
until journalctl -t tart -p err | grep -q "tart: "; do sleep 0.1; done
journalctl -t tart -o json --output-fields=MESSAGE,PRIORITY,_COMM
"""
CONFIG = """
data_dir = "data"
shards = 1
telemetry.bind = "127.0.0.1:0"
api.bind = "127.0.0.1:0"
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path(JOURNALD).exists() or not shutil.which("unshare"),
    reason="needs root and systemd's journal",
)
def test_the_journal_has_priorities_processes_and_one_time_of_each_line(tmp_path):
    (tmp_path / "config.toml").write_text(CONFIG)
    ran = subprocess.run(
        ["unshare", "--mount", "timeout", "90", "sh", "-c", IN_THE_JOURNAL, "sh", sys.executable],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    entries = [json.loads(line) for line in ran.stdout.splitlines()]
    texts = [entry["MESSAGE"] for entry in entries]
    priorities = {entry["MESSAGE"]: entry["PRIORITY"] for entry in entries}
    refused = "config.toml:6: unknown section [storag]; did you mean [storage]?"
    again = f"ERROR   supervisor: SIGHUP: not reloaded, the current settings stay: {refused}"
    assert {text for text in texts if priorities[text] != "6"} == {again, f"tart: {refused}"}
    assert {priorities[again], priorities[f"tart: {refused}"]} == {"3"}
    assert [text for text in texts if text.startswith("tart ready")]
    assert not [text for text in texts if re.search(r"^[<{]|\d\d:\d\d:\d\d", text)]
    names = {entry["_COMM"] for entry in entries if " started, pid " not in entry["MESSAGE"]}
    assert {"tart-supervisor", "tart-shard-0", "tart-gateway"} <= names
