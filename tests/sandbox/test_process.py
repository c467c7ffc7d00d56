"""``tart/sandbox/process.py``: statements come back with a result or with words, in time."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
from contextlib import suppress
from dataclasses import replace

import duckdb
import nanoarrow as na
import pytest
from nanoarrow.ipc import StreamWriter

from tart.errors import QueryTimeout, SqlRefused
from tart.sandbox import process
from tart.sandbox.process import MAX_SQL_BYTES, MEMORY_BYTES, SqlJob
from tart.sandbox.template import Template

# Of statements that end by themselves; a busy machine takes a hundred times what they need.
SECONDS = 100.0
# As in a server, the process of each statement is forked; a start from nothing takes 0.3 s.
TEMPLATE = Template(MEMORY_BYTES)


@pytest.fixture(scope="module", autouse=True)
def _template_ends():
    yield
    TEMPLATE.close()


def run(job, rows, partials=(), **more):
    """The result of a statement."""
    return process.run(job, rows, partials, **{"template": TEMPLATE} | more)


def arrow(sql):
    """A result of DuckDB's as an Arrow stream."""
    out = io.BytesIO()
    with duckdb.connect(":memory:") as connection, StreamWriter.from_writable(out) as writer:
        writer.write_stream(na.c_array_stream(connection.sql(sql)))
    return out.getvalue()


def nothing(scan):
    return ()


def result(sql, rows=nothing, partials=None, **settings):
    order = SqlJob(
        sql,
        **{"format": "json", "seconds": SECONDS, "partials": partials is not None} | settings,
    )
    return json.loads(run(order, rows, partials or ()))


def test_a_result_has_columns_rows_and_their_number():
    assert result("SELECT 1::BIGINT AS a, 'x' AS b UNION ALL SELECT 2, NULL ORDER BY a") == {
        "columns": [{"name": "a", "type": "BIGINT"}, {"name": "b", "type": "VARCHAR"}],
        "rows": [[1, "x"], [2, None]],
        "row_count": 2,
    }


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '; -- x' AS one;\n-- c\n",
        "SELECT '; -- x' AS one; -- c",
        "SELECT '; -- x' AS one; /* c; */ ;",
        "SELECT '; -- x' AS one",
    ],
)
def test_comments_may_follow_the_statement(sql):
    assert result(sql)["rows"] == [["; -- x"]]


def test_bytes_of_another_sandbox_are_compared_with_their_text():
    partials = [arrow("SELECT unhex('01ab') AS hash")]
    sql = "SELECT count(*) FROM partials WHERE hash = '0x01ab'"
    assert result(sql, partials=partials)["rows"] == [[1]]


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("'\\xAB'::BLOB", "0xab"),
        ("['\\xAB'::BLOB]", ["0xab"]),
        ("{'a': '\\xAB'::BLOB, 'b': [1]}", {"a": "0xab", "b": [1]}),
        ("TIMESTAMP '2026-11-21 12:00:00'", "2026-11-21T12:00:00.000000Z"),
        ("TIMESTAMPTZ '2026-11-21 12:00:00+01'", "2026-11-21T11:00:00.000000Z"),
        ("[TIMESTAMP '2026-11-21 12:00:00']", ["2026-11-21T12:00:00.000000Z"]),
        ("[TIMESTAMPTZ '2026-11-21 12:00:00+00']", "['2026-11-21 12:00:00+00']"),
        ("18446744073709551615::UBIGINT", 2**64 - 1),
        ("170141183460469231731687303715884105727::HUGEINT", str(2**127 - 1)),
        ("5::HUGEINT", 5),
        ("340282366920938463463374607431768211455::UHUGEINT", str(2**128 - 1)),
        ("[340282366920938463463374607431768211455::UHUGEINT, 1]", [str(2**128 - 1), 1]),
        ("1.5", 1.5),
        ("0.1::DECIMAL(38, 37)", 0.1),
        ("9007199254740993::DECIMAL(38, 0)", 2**53 + 1),
        ("18446744073709551616::DECIMAL(38, 0)", str(2**64)),
        ("9007199254740993.5::DECIMAL(38, 1)", "9007199254740993.5"),
        ("'nan'::DOUBLE", "NaN"),
        ("['inf'::DOUBLE, '-inf'::FLOAT, NULL]", ["Infinity", "-Infinity", None]),
        ("true", True),
        ("INTERVAL 1 DAY", "1 day"),
        ("MAP {'a': 1}", {"a": 1}),
        ("DATE '2026-11-21'", "2026-11-21"),
        ("chr(0)", "\0"),
    ],
)
def test_every_duckdb_type_has_a_json_form(expression, shown):
    assert result(f"SELECT {expression} AS value")["rows"] == [[shown]]


def test_results_come_as_csv():
    order = SqlJob("SELECT 1 AS a, 'x,\"y' AS b, [1, 2] AS c", "csv", seconds=SECONDS)
    assert run(order, nothing) == b'a,b,c\r\n1,"x,""y","[1,2]"\r\n'


def test_csv_text_is_not_a_formula_unless_enabled():
    sql = "SELECT '=1+1' AS \"@a\", -1 AS b, '-1' AS c, ['=1'] AS d"
    order = SqlJob(sql, "csv", seconds=SECONDS)
    assert run(order, nothing) == b'\'@a,b,c,d\r\n\'=1+1,-1,-1,"[""=1""]"\r\n'
    kept = run(replace(order, formulas=True), nothing)
    assert kept == b'@a,b,c,d\r\n=1+1,-1,-1,"[""=1""]"\r\n'


def test_results_come_as_arrow():
    data = run(SqlJob("SELECT range AS a FROM range(5000)", seconds=SECONDS), nothing)
    table = na.ArrayStream.from_readable(data).read_all()
    assert [each["a"] for each in table.to_pylist()] == list(range(5000))
    empty = run(SqlJob("SELECT 1 AS a WHERE false", seconds=SECONDS), nothing)
    assert na.ArrayStream.from_readable(empty).read_all().to_pylist() == []


EXTREMES = [0, 1, 2**53 + 1, 2**63 + 1, 2**64 - 1, 2**64, 2**127 - 1, 2**128 - 1]


def column(values, kind):
    return " UNION ALL ".join(f"SELECT {value}::{kind} AS n" for value in values)


@pytest.mark.parametrize("kind", ["HUGEINT", "UHUGEINT"])
@pytest.mark.parametrize("form", ["json", "csv", "arrow"])
def test_integers_are_the_same_through_shards_and_gateway(kind, form):
    """The map's result is handed to the reduce as Arrow, on which DuckDB loses such types."""
    values = [each for each in EXTREMES if kind == "UHUGEINT" or each < 10**38]
    mapped = SqlJob(column(values, kind), lossless=True, seconds=SECONDS)
    partials = [run(mapped, nothing), run(mapped, nothing)]
    order = SqlJob("SELECT n FROM partials", form, partials=True, seconds=SECONDS)
    found = run(order, nothing, partials)
    if form == "json":
        answer = json.loads(found)
        assert answer["columns"] == [{"name": "n", "type": kind}]
        shown = [n for (n,) in answer["rows"]]
        assert all(isinstance(n, int) == (int(n) < 2**64) for n in shown)
    elif form == "csv":
        shown = found.decode().split()[1:]
    else:
        shown = [each["n"] for each in na.ArrayStream.from_readable(found).read_all().to_pylist()]
    assert [int(n) for n in shown] == values * 2


def test_a_sum_over_shards_is_exact_without_a_reduce_and_with_one():
    mapped = SqlJob("SELECT sum(range + 9007199254740993)::HUGEINT AS n FROM range(1)")
    partials = [run(SqlJob(mapped.sql, lossless=True, seconds=SECONDS), nothing) for _ in range(3)]
    assert result("SELECT * FROM partials", partials=partials)["rows"] == [[2**53 + 1]] * 3
    total = result("SELECT sum(n) AS n FROM partials", partials=partials)
    assert total["rows"] == [[3 * (2**53 + 1)]]


def test_arrow_refuses_an_integer_that_does_not_fit_instead_of_changing_it():
    with pytest.raises(SqlRefused, match="more than the 38 digits"):
        run(SqlJob(f"SELECT {2**127 - 1}::HUGEINT AS n", "arrow", seconds=SECONDS), nothing)


@pytest.mark.parametrize("template", [TEMPLATE, None], ids=["forked", "from nothing"])
def test_a_view_has_the_supplied_rows(template):
    asked = []

    def rows(scan):
        asked.append(scan)
        yield arrow("SELECT 7::UINTEGER AS slot, '\\x01'::BLOB AS hash")
        yield arrow("SELECT 8::UINTEGER AS slot, '\\x02'::BLOB AS hash")

    def result(sql, rows):
        job = SqlJob(sql, "json", seconds=SECONDS)
        return json.loads(run(job, rows, template=template))

    recent = "received_at > now() - INTERVAL 1 DAY"
    sql = f"SELECT slot, hex(hash) FROM best_block_changed WHERE {recent}"
    with pytest.raises(SqlRefused):  # it wants received_at as well
        result(sql, rows)
    sql = "SELECT slot, hex(hash) FROM best_block_changed WHERE slot >= 1 + 7"
    assert result(sql, rows)["rows"] == [[8, "02"]]
    assert asked[0]["conditions"][0][0][:2] == ["received_at", ">"]
    assert asked[1] == {
        "view": "best_block_changed",
        "columns": ["slot", "hash"],
        "conditions": [[["slot", ">=", "8"]]],
        "order": [],
        "limit": None,
        "enough": None,
    }


@pytest.mark.parametrize("value", ["1.5", "-1", "'x'", "1e99", "NULL"])
def test_a_constant_that_changes_as_the_columns_type_is_not_pushed_down(value):
    asked = []

    def rows(scan):
        asked.append(scan)
        yield arrow("SELECT 1::UINTEGER AS slot")

    try:
        found = result(f"SELECT slot FROM authoring WHERE slot < {value}", rows)["rows"]
    except SqlRefused:
        found = []  # a text that is no number
    assert found == ([[1]] if value in ("1.5", "1e99") else [])
    assert asked[0]["conditions"] == []


def test_reduce_reads_the_results_of_all_maps():
    partials = [arrow("SELECT 1::BIGINT AS n"), arrow("SELECT 2::BIGINT AS n")]
    assert result("SELECT sum(n)::BIGINT AS n FROM partials", partials=partials)["rows"] == [[3]]
    with pytest.raises(SqlRefused, match="no table"):
        result("SELECT * FROM events", partials=partials)


def test_all_views_are_in_the_catalogue():
    rows = result(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_name = 'work_report_built' ORDER BY ordinal_position"
    )["rows"]
    assert rows[0] == ["id", "BIGINT"]
    assert rows[-1][0] == "outline"
    described = result("DESCRIBE work_report_built")["rows"]
    assert [row[:2] for row in described] == rows


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "ATTACH 'x.duckdb'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'control.sqlite'",
        "WITH \"/etc/passwd.csv\" AS (SELECT 1) SELECT (SELECT 2) FROM '/etc/hosts.csv'",
        "SELECT * FROM (WITH \"/etc/passwd\" AS (SELECT 1) SELECT 1), '/etc/passwd'",
        "SELECT getenv('HOME')",
        "SELECT nosuch FROM authoring",
        "SELECT 'x'::INTEGER",
        "SELECT error('mine')",
        "SELEC",
        "SELECT current_setting('nosuch')",
        "x" * (MAX_SQL_BYTES + 1),
        # What DuckDB's own limit of memory does not see, and what it does.
        "SELECT len(range(1000000000))",
        "SELECT len(repeat('x', 1000000000) || repeat('y', 1000000000))",
        "SELECT len(list(a)) FROM range(2000000000) t(a)",
        "SELECT len(string_agg(md5(a::VARCHAR))) FROM range(1000000000) t(a)",
        "SELECT count(DISTINCT a) FROM range(2000000000) t(a)",
        "SELECT range FROM range(100000000)",
    ],
)
def test_a_hostile_statement_ends_with_a_message(sql):
    with pytest.raises((SqlRefused, QueryTimeout)) as refused:
        result(sql, seconds=10.0)
    assert str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE x(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM x) SELECT count(*) FROM x",
        "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c "
        "WHERE a.range * b.range + c.range = -1",
        "SELECT sum(hash(a)) FROM range(1000000000000) t(a)",
    ],
)
def test_an_endless_statement_is_ended(sql):
    with pytest.raises(QueryTimeout, match="within 1 s"):
        result(sql, seconds=1.0)


@pytest.mark.parametrize(
    "sql",
    [
        "(" * 30_000 + "SELECT 1" + ")" * 30_000,
        "SELECT " + "(" * 30_000 + "1" + ")" * 30_000,
        "SELECT " + "-(" * 15_000 + "1" + ")" * 15_000,
        "SELECT " + "+".join(["1"] * 30_000),
        "SELECT 1 " + "UNION ALL SELECT 1 " * 3_000,
        "SELECT * FROM " + "(SELECT * FROM " * 2_000 + "range(1)" + ")" * 2_000,
    ],
)
def test_deep_nesting_affects_only_its_statement(sql):
    """Whether DuckDB can do it is its own affair."""
    with suppress(SqlRefused, QueryTimeout):
        assert result(sql, seconds=10.0)["row_count"]


def test_rows_beyond_the_memory_limit_are_refused():
    def rows(scan):
        while True:
            yield block

    block = arrow("SELECT range AS id, repeat('x', 2000) AS node_id FROM range(5000)")
    with pytest.raises(SqlRefused, match="memory"):
        result("SELECT max(id), max(node_id) FROM events", rows)


def test_an_abandoned_statement_is_ended():
    endless = "SELECT sum(hash(a)) FROM range(1000000000000) t(a)"
    asked = iter([False, False, True])
    with pytest.raises(QueryTimeout):
        run(SqlJob(endless, seconds=SECONDS), nothing, abandoned=lambda: next(asked, True))


def test_an_error_while_supplying_rows_ends_the_process():
    def rows(scan):
        yield arrow("SELECT 1::BIGINT AS id")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        result("SELECT id FROM events", rows)


def test_a_result_beyond_its_limits_is_refused():
    assert result("FROM range(10)", max_rows=10)["row_count"] == 10
    for form in ("json", "csv", "arrow"):
        with pytest.raises(SqlRefused, match="10 rows"):
            run(SqlJob("FROM range(11)", form, seconds=SECONDS, max_rows=10), nothing)
        order = SqlJob(
            "SELECT repeat('x', 1000) FROM range(100)", form, seconds=SECONDS, max_bytes=50_000
        )
        with pytest.raises(SqlRefused, match="bytes"):
            run(order, nothing)


@pytest.mark.parametrize("forks", [True, False])
def test_a_statement_whose_process_is_killed_is_told_so(monkeypatch, forks):
    """Not that it took too long: the kernel kills a process where memory is short."""
    make = process._process

    def killed(*arguments):
        made = make(*arguments)
        os.kill(made.pid, signal.SIGKILL)
        return made

    monkeypatch.setattr(process, "_process", killed)
    template = Template(MEMORY_BYTES) if forks else None
    try:
        if template is not None:
            template.start()
        with pytest.raises(process.SandboxKilled, match="was killed"):
            run(SqlJob("SELECT 1", seconds=SECONDS), nothing, template=template)
    finally:
        if template is not None:
            template.close()


@pytest.mark.parametrize("forks", [True, False])
def test_a_statement_whose_deadline_cannot_be_watched_leaves_no_process(monkeypatch, forks):
    made = []

    def refuse(watch):
        made.append(watch._target.__self__.process)
        raise RuntimeError("can't start new thread")

    template = Template(MEMORY_BYTES) if forks else None
    try:
        if template is not None:
            template.start()
        with monkeypatch.context() as changed:
            changed.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RuntimeError, match="new thread"):
                run(SqlJob("SELECT 1", seconds=SECONDS), nothing, template=template)
    finally:
        if template is not None:
            template.close()
    (sandbox,) = made
    assert sandbox.returncode is not None
    assert sandbox.stdin.closed
    assert sandbox.stdout.closed


def test_a_statement_has_its_result_where_there_can_be_no_template(monkeypatch, caplog):
    template = Template(MEMORY_BYTES)

    def refuse():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(template, "fork", refuse)
    job = SqlJob("SELECT 1 AS one", "csv", seconds=SECONDS)
    assert run(job, nothing, template=template) == b"one\r\n1\r\n"
    assert "without a template" in caplog.text
