"""``tart/sandbox/results.py``: results in each format have the values that DuckDB has."""

from __future__ import annotations

import csv
import io
import json

import duckdb
import nanoarrow as na
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.sandbox.results import (
    WRITERS,
    NotInArrow,
    ResultLimits,
    ResultTooLarge,
    arrow_type,
    unique_names,
    write_result,
)

LIMITS = ResultLimits(1000, 1 << 20)
EXACT = [0, -1, 2**53 + 1, 2**63, 2**64 - 1, 2**64, 10**38 - 1, -(10**38) + 1]


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect(":memory:") as connected:
        connected.execute("SET TimeZone = 'UTC'")
        yield connected


def written(connection, sql, form, limits=LIMITS):
    return b"".join(write_result(connection.sql(sql), form, limits))


def test_integers_have_all_their_digits_in_each_format(connection):
    sql = " UNION ALL ".join(f"SELECT {value}::HUGEINT AS n" for value in EXACT)
    assert [int(row[0]) for row in json.loads(written(connection, sql, "json"))["rows"]] == EXACT
    lines = written(connection, sql, "ndjson").splitlines()
    assert [int(json.loads(line)["n"]) for line in lines] == EXACT
    rows = list(csv.reader(io.StringIO(written(connection, sql, "csv").decode())))
    assert [int(row[0]) for row in rows[1:]] == EXACT
    cells = written(connection, sql, "markdown").decode().splitlines()[2:]
    assert [int(cell.strip("| ")) for cell in cells] == EXACT
    stream = na.ArrayStream.from_readable(written(connection, sql, "arrow"))
    # nanoarrow itself reads negative decimals as positive ones.
    connection.register("result", stream.read_all())
    assert [int(row[0]) for row in connection.sql("FROM result").fetchall()] == EXACT


@pytest.mark.parametrize("value", [10**38, 2**127 - 1])
@pytest.mark.parametrize("shape", ["{}", "[{}]", "{{'a': {}}}"])
def test_an_integer_that_arrow_does_not_have_is_an_error_and_not_rounded(connection, value, shape):
    with pytest.raises(NotInArrow, match="38 digits"):
        written(connection, f"SELECT {shape.format(f'{value}::HUGEINT')} AS n", "arrow")
    with pytest.raises(duckdb.ConversionException, match="INT32"):
        written(connection, "SELECT 'x'::INTEGER FROM range(1)", "arrow")


@pytest.mark.parametrize(
    ("kind", "standard"),
    [
        ("BIGINT", "BIGINT"),
        ("HUGEINT", "DECIMAL(38, 0)"),
        ("HUGEINT[]", "DECIMAL(38, 0)[]"),
        ('STRUCT(x UHUGEINT, "HUGEINT" BIT)', 'STRUCT(x VARCHAR, "HUGEINT" VARCHAR)'),
        ("MAP(VARCHAR, BIGNUM)", "MAP(VARCHAR, VARCHAR)"),
        ("ENUM('HUGEINT', 'it''s BIT')", "ENUM('HUGEINT', 'it''s BIT')"),
        ("TIME WITH TIME ZONE", "VARCHAR"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
        ("UNION(a INTEGER)", "VARCHAR"),
    ],
)
def test_types_become_such_that_arrow_readers_have(kind, standard):
    assert arrow_type(kind) == standard


def test_columns_with_one_name_keep_their_own_values(connection):
    sql = 'SELECT 1 AS a, 2 AS a, 3 AS "A"'
    assert json.loads(written(connection, sql, "json"))["rows"] == [[1, 2, 3]]
    assert written(connection, sql, "csv") == b"a,a,A\r\n1,2,3\r\n"
    assert json.loads(written(connection, sql, "ndjson")) == {"a": 1, "a_1": 2, "A_2": 3}
    stream = na.ArrayStream.from_readable(written(connection, sql, "arrow"))
    assert stream.read_all().to_pylist() == [{"a": 1, "a_1": 2, "A_2": 3}]


@given(st.lists(st.sampled_from(["a", "A", "a_1", "a_2", "b", ""])))
def test_unique_names_are_unique_whatever_the_case(names):
    unique = unique_names(names)
    assert len({name.lower() for name in unique}) == len(names)
    assert all(new.startswith(old) for new, old in zip(unique, names, strict=True))


def test_a_json_column_is_json_where_the_format_has_it(connection):
    sql = "SELECT '{\"a\": [18446744073709551616, 1.5, null]}'::JSON AS data, NULL::JSON AS b"
    value = {"a": [str(2**64), 1.5, None]}
    assert json.loads(written(connection, sql, "json"))["rows"] == [[value, None]]
    assert json.loads(written(connection, sql, "ndjson")) == {"data": value, "b": None}
    rows = list(csv.reader(io.StringIO(written(connection, sql, "csv").decode())))
    assert json.loads(rows[1][0]) == value


def test_truth_values_are_those_of_sql(connection):
    sql = "SELECT true AS a, false AS b, NULL AS c, '' AS d"
    assert written(connection, sql, "csv") == b"a,b,c,d\r\ntrue,false,,\r\n"
    assert written(connection, sql, "markdown").decode() == (
        "| a | b | c | d |\n| --- | --- | --- | --- |\n| true | false | NULL |  |\n"
    )


@pytest.mark.parametrize("form", WRITERS)
def test_a_result_without_rows_has_its_columns(connection, form):
    data = written(connection, "SELECT 1 AS one WHERE false", form)
    assert (form == "ndjson" and data == b"") or b"one" in data


@pytest.mark.parametrize("form", WRITERS)
def test_a_result_beyond_a_limit_is_an_error(connection, form):
    sql = "SELECT repeat('x', 100) AS x FROM range(100)"
    with pytest.raises(ResultTooLarge, match="99 rows"):
        written(connection, sql, form, ResultLimits(99, 1 << 20))
    with pytest.raises(ResultTooLarge, match="5000 bytes"):
        written(connection, sql, form, ResultLimits(100, 5000))
