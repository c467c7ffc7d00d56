"""Statements that try to get out of the sandbox: none reads or writes what is not its own.

Statements are put together at random of ways to read files, settings, the environment and
other databases, of ways to wrap that, and of ways to write it differently. What must not come
out is known: a text in files of all kinds, and in the environment. What comes out otherwise,
and whether the statement is refused, is not looked at here.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import duckdb
import pytest

from tart.errors import QueryTimeout, SqlRefused
from tart.sandbox.process import MEMORY_BYTES, SqlJob, run
from tart.sandbox.template import Template
from tests.fuzz.budget import TIMEOUT, rounds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(TIMEOUT)]
SECRET = "nobody-may-read-this"
CORPUS = Path(__file__).parent / "corpus" / "statements.sql"
# {dir} is where the files are.
READS = (
    *("read_text('{dir}/a.txt')", "read_csv('{dir}/a.csv')", "read_blob('{dir}/*')"),
    *("read_csv_auto(['{dir}/a.csv'])", "read_json('{dir}/a.json')", "glob('{dir}/**')"),
    *("'{dir}/a.csv'", '"{dir}/a.csv"', "'{dir}/a.duckdb'", "'file:{dir}/a.csv'"),
    *(
        "parquet_scan('{dir}/a.parquet')",
        "sniff_csv('{dir}/a.csv')",
        "sqlite_scan('{dir}/a.db', 't')",
    ),
    *(
        "query('FROM read_text(''{dir}/a.txt'')')",
        "query_table('{dir}/a.csv')",
        "a.t",
        "a00.counts",
    ),
    *(
        "f00_1.log",
        "duckdb_settings()",
        "duckdb_secrets()",
        "pragma_database_list()",
        "sqlite_master",
    ),
    *("pg_catalog.pg_settings", "system.main.duckdb_databases", "information_schema.schemata"),
    *("read_text('/proc/self/environ')", "read_text('/proc/' || 1 || '/environ')", "partials"),
    *("read_blob(getvariable('x'))", "read_text((SELECT '{dir}/a.txt'))", "read_text(chr(47))"),
    *("json_execute_serialized_sql(json_serialize_sql('FROM \"{dir}/a.csv\"'))", "range(2)"),
)
SCALARS = (
    *("getenv('TART_SECRET')", "current_setting('{dir}')", "current_setting('temp_directory')"),
    *("(SELECT max(content) FROM read_text('{dir}/a.txt'))", "current_schemas(true)", "1"),
    *("content", "getvariable('x')", "current_query()", "list_transform([1], y -> getenv('HOME'))"),
)
WRAPS = (
    *("SELECT * FROM {read}", "FROM {read}", "SELECT {scalar}", "SELECT {scalar} FROM {read}"),
    *("SELECT (SELECT count(*) FROM {read}), {scalar}", "SELECT * FROM (FROM {read}) AS a"),
    *("WITH x AS (FROM {read}) SELECT * FROM x", "SELECT 1 UNION ALL SELECT {scalar} FROM {read}"),
    *(
        "WITH x AS MATERIALIZED (SELECT {scalar}) FROM x, {read}",
        "SUMMARIZE {read}",
        "DESCRIBE {read}",
    ),
    *("SELECT * FROM range(1) r, LATERAL (SELECT * FROM {read}) l", "TABLE {read}"),
    *("SELECT * FROM {read} a POSITIONAL JOIN {read} b", "PIVOT {read} ON content USING count(*)"),
    *(
        "WITH RECURSIVE x(a) AS (SELECT 1 UNION SELECT a FROM x, {read}) FROM x",
        "EXPLAIN FROM {read}",
    ),
    *("SELECT 1 ORDER BY (SELECT 1 FROM {read})", "SELECT 1 LIMIT (SELECT count(*) FROM {read})"),
    *("COPY (SELECT {scalar}) TO '{dir}/out.csv'", "COPY (FROM {read}) TO '/dev/stdout'"),
    *("CREATE TABLE t AS FROM {read}", "CREATE MACRO m() AS TABLE FROM {read}; FROM m()"),
    *("ATTACH '{dir}/a.duckdb' AS a; FROM a.t", "ATTACH ':memory:' AS b; FROM {read}"),
    *("SET enable_external_access = true; FROM {read}", "PREPARE p AS FROM {read}; EXECUTE p"),
    *("INSTALL sqlite; LOAD sqlite; FROM {read}", "EXPORT DATABASE '{dir}/out'", "CALL {read}"),
    *("SET VARIABLE x = '{dir}/a.txt'; FROM {read}", "PRAGMA enable_profiling; FROM {read}"),
    *("IMPORT DATABASE '{dir}'", "SELECT * FROM {read} TABLESAMPLE 1 ROWS", "VALUES ({scalar})"),
)


def spelled(sql: str, random: Random) -> str:
    """The same, or nearly, in other letters."""
    for _ in range(random.randrange(3)):
        at = random.randrange(len(sql) + 1)
        match random.randrange(6):
            case 0:
                sql = sql.swapcase() if "{" not in sql and "/" not in sql else sql
            case 1:
                sql = sql.replace(" ", random.choice(("\n", "\t", "/**/", " -- x\n", "\u00a0")))
            case 2:
                sql = (
                    sql[:at]
                    + random.choice(("'", '"', ";", "(", ")", "\\", "\0", "--", "/*"))
                    + sql[at:]
                )
            case 3:
                sql += random.choice((";", "; SELECT 1", ";;", " -- ", ")", " LIMIT 1"))
            case 4:
                sql = f"SELECT * FROM ({sql})"
            case _:
                sql = sql.replace("'", random.choice(("e'", "'", "$$")), 1)
    return sql


def statement(random: Random, directory: Path) -> str:
    """One that wants something which is not its own."""
    wrapped = random.choice(WRAPS)
    while "{read}" in wrapped or "{scalar}" in wrapped:
        wrapped = wrapped.replace("{read}", random.choice(READS), 1)
        wrapped = wrapped.replace("{scalar}", random.choice(SCALARS), 1)
    return spelled(wrapped.replace("{dir}", str(directory)), random)


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    """Files of several kinds that have the text in them."""
    monkeypatch.setenv("TART_SECRET", SECRET)
    for name in ("a.txt", "a.csv"):
        tmp_path.joinpath(name).write_text(f"content\n{SECRET}\n")
    tmp_path.joinpath("a.json").write_text(f'{{"content": "{SECRET}"}}\n')
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT '{SECRET}' AS content")
        connection.execute(f"COPY t TO '{tmp_path}/a.parquet'")
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE t (content TEXT)")
        connection.execute("INSERT INTO t VALUES (?)", [SECRET])
        connection.commit()
    return tmp_path


def look(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.fixture
def template(secrets):
    """What sandboxes are forked from, started where the secrets are."""
    made = Template(MEMORY_BYTES)
    yield made
    made.close()


def try_to_escape(sql: str, directory: Path, template: Template | None = None) -> None:
    """Run it; nothing of the files and the environment comes out, in words neither."""
    before = look(directory)
    try:
        said = run(SqlJob(sql, "csv", seconds=20.0), lambda scan: (), template=template)
    except (SqlRefused, QueryTimeout) as refused:
        said = str(refused).encode()
    assert SECRET.encode() not in said, sql
    assert look(directory) == before, sql


def test_the_secret_is_readable_outside_the_sandbox(secrets):
    """So the other tests can fail."""
    with duckdb.connect() as connection:
        for read in ("read_text('{dir}/a.txt')", "read_csv('{dir}/a.csv')", "'{dir}/a.json'"):
            of = read.replace("{dir}", str(secrets))
            rows = connection.execute(f"SELECT COLUMNS('content')::VARCHAR FROM {of}").fetchall()
            assert SECRET in str(rows)


@pytest.mark.fuzz
def test_no_statement_gets_out_of_the_sandbox(secrets, template):
    for seed in rounds():
        random = Random(seed)
        for _ in range(8):
            try_to_escape(statement(random, secrets), secrets, template)


def statements() -> list[str]:
    lines = CORPUS.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("--")]


def test_corpus_statements_stay_in_the_sandbox(secrets, template):
    for sql in statements():
        try_to_escape(sql.replace("{dir}", str(secrets)), secrets, template)


def test_a_sandbox_that_is_not_forked_keeps_the_secret(secrets):
    try_to_escape(f"SELECT content FROM '{secrets}/a.csv'", secrets)
