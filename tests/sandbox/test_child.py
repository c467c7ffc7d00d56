"""``tart/sandbox/child.py``: what the process cannot do, whatever a statement gets it to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tart.sandbox import child

TRY = """
import socket, os, duckdb
from tart.sandbox import child
connection = child._connection(64 << 20)
child._lock(connection)
child._drop_capabilities(64 << 20)
child._limit_processor_time(1)
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


ATTEMPTS = """
refused(lambda: open('/etc/passwd'), OSError)
refused(lambda: socket.socket(), OSError)
refused(lambda: os.pipe(), OSError)
refused(lambda: bytearray(4 << 30), MemoryError)
refused(lambda: connection.execute("SET memory_limit = '1TB'"), duckdb.Error)
refused(lambda: connection.execute('SET enable_external_access = true'), duckdb.Error)
refused(lambda: connection.execute('RESET lock_configuration'), duckdb.Error)
refused(lambda: connection.execute("FROM read_text('/etc/passwd')"), duckdb.Error)
refused(lambda: connection.execute("ATTACH '/tmp/x.duckdb'"), duckdb.Error)
refused(lambda: connection.execute('LOAD httpfs'), duckdb.Error)
""".strip()


def test_the_sandbox_has_no_files_no_network_and_bounded_memory():
    found = attempted(ATTEMPTS)
    attempts, outcomes = ATTEMPTS.splitlines(), found.stdout.splitlines()
    assert len(attempts) == len(outcomes), found
    assert [
        (attempt, outcome)
        for attempt, outcome in zip(attempts, outcomes, strict=True)
        if not outcome.startswith("refused")
    ] == []


def test_the_sandbox_ends_after_its_processor_time():
    assert attempted("while True: pass").returncode == -24  # SIGXCPU


def test_the_sandbox_is_the_first_victim_of_the_oom_killer():
    code = "import time; print(os.getpid(), flush=True); time.sleep(60)"
    command = [sys.executable, "-c", TRY.format(attempt=code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        pid = int(sandbox.stdout.readline())
        assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"
        assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.nice(0) + 10)
        sandbox.kill()


def test_the_sandbox_ends_when_its_pipe_closes():
    command = [sys.executable, "-m", "tart.sandbox.child"]
    found = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=60)
    assert found.returncode != 0
    assert found.stdout == b""


HOSTILE = Path(__file__).with_name("hostile_statements.sql")


def hostile_statements(home):
    """What people try who want a file, the environment or the machine: 1.5 and 2.0, by any road."""
    lines = HOSTILE.read_text().splitlines()
    return [
        line.replace("\\n", "\n").replace("{home}", str(home))
        for line in lines
        if not line.startswith("--")
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    (folder / "secret").write_text("TELL-NOBODY")
    (folder / "secret.csv").write_text("TELL-NOBODY\n1\n")
    return folder


SERVE = """
import io, json, sys
import duckdb
from tart.sandbox import child
from tart.sandbox.statement import StatementRefused
order = {"format": "json", "partials": False, "splits": True, "lossless": False}
order |= {"max_rows": 1000, "max_bytes": 1 << 20}
statements = json.load(sys.stdin)
connection = child._connection(64 << 20)
planner = child.Planner(connection, child.TABLES)
planner.prepare()
child._drop_capabilities(64 << 20)
child._lock(connection)
told = []
for sql in statements:
    try:
        blocks = list(child._run(planner, order | {"sql": sql}, io.BytesIO(), io.BytesIO()))
    except (StatementRefused, duckdb.Error) as error:
        told.append([False, str(error)])
    except Exception as error:
        told.append([True, repr(error)])
    else:
        told.append([True, b"".join(blocks).decode()])
print(json.dumps(told))
"""


def served(home, statements):
    """Whether each was run, and what was said, in one sandbox whose service has secrets."""
    found = subprocess.run(
        [sys.executable, "-c", SERVE],
        input=json.dumps(statements),
        env={**os.environ, "HOME": str(home), "SECRET": "TELL-NOBODY"},
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return json.loads(found.stdout)


def test_no_statement_reads_a_file_the_environment_or_where_the_service_lives(home):
    before = sorted(home.iterdir())
    statements = hostile_statements(home)
    assert len(statements) >= 100
    for sql, (was_run, said) in zip(statements, served(home, statements), strict=True):
        assert not was_run, (sql, said)
        assert said, sql
        assert "TELL-NOBODY" not in said, sql
        # The author's own words may come back; nothing else tells of it.
        assert str(home) in sql or str(home) not in said, (sql, said)
    assert sorted(home.iterdir()) == before


def test_a_harmless_statement_is_run(home):
    statements = [
        "SELECT version()",
        "SELECT '~/secret' AS a",
        "SELECT parse_filename('/a/b.c')",
        "SELECT json_serialize_sql('SELECT 1')",
    ]
    assert all(was_run for was_run, _ in served(home, statements))


def test_duckdb_settings_disclose_no_paths(home, monkeypatch):
    """Whatever road to its settings is found: they name no place."""
    monkeypatch.setenv("HOME", str(home))
    connection = child._connection(64 << 20)
    settings = connection.execute("SELECT name, value FROM duckdb_settings()").fetchall()
    connection.close()
    places = {value for _, value in settings if value and "/" in value}
    assert not [value for value in places if str(home) in value or str(Path.home()) in value]
    assert {value for value in places if value.startswith(("/", "."))} == {"/nonexistent"}
