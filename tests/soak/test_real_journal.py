"""A real systemd-journald, with a /run of its own, gets the log of a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_operation import CONFIG
from tests.supervisor.process import ROOT

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


@pytest.mark.soak
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
