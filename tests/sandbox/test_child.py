"""``tart/sandbox/child.py``: what the process cannot do, whatever a statement gets it to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TRY = """
import socket, os, duckdb
from tart.sandbox import child
connection = child._connection(64 << 20)
child._give_up(64 << 20, 1)
def refused(attempt, *errors):
    try:
        attempt()
    except errors as error:
        print("refused", type(error).__name__)
    else:
        print("done")
{attempt}
"""


def attempted(code):
    """What comes of it inside a sandbox that has given up what it could do harm with."""
    command = [sys.executable, "-c", TRY.format(attempt=code)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "code",
    [
        "refused(lambda: open('/etc/passwd'), OSError)",
        "refused(lambda: socket.socket(), OSError)",
        "refused(lambda: os.pipe(), OSError)",
        "refused(lambda: bytearray(4 << 30), MemoryError)",
        "refused(lambda: connection.execute('SET memory_limit = \\'1TB\\''), duckdb.Error)",
        "refused(lambda: connection.execute('SET enable_external_access = true'), duckdb.Error)",
        "refused(lambda: connection.execute('RESET lock_configuration'), duckdb.Error)",
        "refused(lambda: connection.execute(\"FROM read_text('/etc/passwd')\"), duckdb.Error)",
        "refused(lambda: connection.execute(\"ATTACH '/tmp/x.duckdb'\"), duckdb.Error)",
        "refused(lambda: connection.execute('LOAD httpfs'), duckdb.Error)",
    ],
)
def test_it_has_no_files_no_network_and_little_memory(code):
    found = attempted(code)
    assert found.stdout.startswith("refused"), found


def test_it_is_ended_when_it_has_used_its_time():
    assert attempted("while True: pass").returncode == -24  # SIGXCPU


def test_it_is_the_first_to_go_when_memory_is_short():
    code = "import time; print(os.getpid(), flush=True); time.sleep(60)"
    command = [sys.executable, "-c", TRY.format(attempt=code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        pid = int(sandbox.stdout.readline())
        assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"
        assert os.getpriority(os.PRIO_PROCESS, pid) == 10
        sandbox.kill()


def test_it_ends_when_nobody_speaks_to_it():
    command = [sys.executable, "-m", "tart.sandbox.child"]
    found = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=60)
    assert found.returncode != 0
    assert found.stdout == b""
