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
def test_the_sandbox_has_no_files_no_network_and_bounded_memory(code):
    found = attempted(code)
    assert found.stdout.startswith("refused"), found


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


# What people try who want a file, the environment or the machine: 1.5 and 2.0, by any road.
ATTACKS = [
    *(
        f"SELECT current_setting('{name}')"
        for name in (
            *("home_directory", "secret_directory", "extension_directory", "temp_directory"),
            *("extension_directories", "file_search_path", "log_query_path", "allowed_paths"),
        )
    ),
    "SELECT CURRENT_SETTING('home_directory')",
    "SELECT \"current_setting\"('home_directory')",
    "SELECT main.current_setting('home_directory')",
    "SELECT system.main.current_setting('home_directory')",
    "SELECT list_transform(['home_directory'], lambda x: current_setting(x))",
    "SELECT 1 WHERE current_setting('home_directory') = ''",
    "SELECT 1 ORDER BY current_setting('home_directory')",
    "WITH a AS (SELECT current_setting('home_directory') AS x) FROM a",
    "SELECT getenv('SECRET')",
    "SELECT getenv('HOME')",
    "SELECT getvariable('HOME')",
    "SELECT json_serialize_plan('FROM read_text(''{home}/secret'')')",
    "FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{home}/secret'')'))",
    "FROM query('FROM read_text(''{home}/secret'')')",
    "FROM query_table('{home}/secret')",
    "FROM '{home}/secret'",
    "FROM '~/secret'",
    'FROM "{home}/secret.csv"',
    'FROM main."{home}/secret.csv"',
    'FROM file."{home}/secret.csv"',
    "SELECT (FROM '{home}/secret')",
    "DESCRIBE FROM '{home}/secret'",
    "SUMMARIZE '{home}/secret'",
    "SUMMARIZE FROM '{home}/secret'",
    "PIVOT '{home}/secret' ON x",
    "FROM VALUES (1) t(a) JOIN '{home}/secret' ON true",
    *(
        f"FROM {function}('{path}')"
        for path in ("{home}/secret", "~/secret", "/proc/self/environ", "/proc/self/cmdline")
        for function in ("read_text", "read_blob", "read_csv", "read_json", "glob")
    ),
    "FROM read_csv_auto('{home}/secret')",
    "FROM sniff_csv('{home}/secret')",
    "FROM read_ndjson_objects('{home}/secret')",
    "FROM parquet_scan('{home}/secret')",
    "FROM read_duckdb('{home}/secret')",
    "FROM sqlite_scan('{home}/secret', 'keys')",
    "FROM arrow_scan(1, 2, 3)",
    "FROM python_map_function()",
    "FROM pandas_scan(1)",
    "FROM order",
    "FROM os",
    "FROM sys",
    "FROM duckdb_settings()",
    "FROM duckdb_secrets()",
    "FROM duckdb_databases()",
    "FROM duckdb_extensions()",
    "FROM duckdb_logs()",
    "FROM duckdb_variables()",
    "FROM pragma_database_list",
    "FROM pragma_database_list()",
    "FROM which_secret('{home}/secret', 's3')",
    "FROM pg_catalog.pg_settings",
    "FROM information_schema.schemata",
    "FROM feed",
    "FROM checkpoint()",
    "FROM force_checkpoint()",
    "FROM repeat_row(1, num_rows = 1), read_text('{home}/secret')",
    "FROM enable_logging('QueryLog', storage = 'file', storage_path = '{home}/log')",
    "SELECT write_log('x')",
    "SELECT parse_filename('{home}/secret', (FROM read_text('{home}/secret')))",
    "SELECT * FROM range((SELECT size FROM read_text('{home}/secret')))",
    "SELECT * FROM range(1) LIMIT (SELECT size FROM read_text('{home}/secret'))",
    "SELECT * FROM unnest((SELECT list(content) FROM read_text('{home}/secret')))",
    "SELECT a FROM range(1) t(a) UNION ALL FROM (SELECT size FROM read_text('{home}/secret'))",
    "SELECT CASE WHEN true THEN (SELECT content FROM read_text('{home}/secret')) END",
    "SELECT 1 WHERE EXISTS (FROM read_text('{home}/secret'))",
    "SELECT max(1) OVER (ORDER BY (SELECT size FROM read_text('{home}/secret')))",
    "SELECT [x FOR x IN (SELECT list(content) FROM read_text('{home}/secret'))]",
    "SELECT * REPLACE ((SELECT content FROM read_text('{home}/secret')) AS a) FROM range(1) t(a)",
    "FROM range(1) t(a) QUALIFY (SELECT size FROM read_text('{home}/secret')) > 0",
    "FROM range(1) TABLESAMPLE 1 ROWS, LATERAL (FROM read_text('{home}/secret'))",
    "VALUES ((SELECT content FROM read_text('{home}/secret')))",
    "WITH a AS MATERIALIZED (FROM read_text('{home}/secret')) SELECT 1",
    "WITH a AS (COPY (SELECT 1) TO '{home}/out' RETURNING *) FROM a",
    "WITH RECURSIVE a AS (SELECT 1 UNION ALL FROM read_text('{home}/secret')) FROM a",
    "COPY (SELECT 1) TO '{home}/out'",
    "COPY (SELECT 1) TO '/dev/stdout'",
    "EXPORT DATABASE '{home}/out'",
    "IMPORT DATABASE '{home}'",
    "ATTACH '{home}/secret' AS a",
    "ATTACH ':memory:' AS a",
    "INSTALL httpfs",
    "LOAD '{home}/secret'",
    "PRAGMA database_list",
    "SET home_directory = '{home}'",
    "SET VARIABLE a = 1",
    "RESET enable_external_access",
    "CREATE SECRET (TYPE s3)",
    "CREATE TABLE a AS FROM read_text('{home}/secret')",
    "CREATE MACRO a() AS (SELECT 1)",
    "EXPLAIN FROM read_text('{home}/secret')",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE a AS FROM read_text('{home}/secret')",
    "CALL pragma_version()",
    "USE system",
    "SHOW ALL TABLES FROM '{home}/secret'",
    "SELECT 1; FROM read_text('{home}/secret')",
    "SELECT 1 /* ; */ ; -- '\nFROM read_text('{home}/secret')",
    "SELECT '~/secret'::VARCHAR FROM glob('~/*')",
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
    statements = [sql.replace("{home}", str(home)) for sql in ATTACKS]
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
