"""``tart/sandbox/parquet.py``: results as Parquet files."""

from __future__ import annotations

import duckdb
import pytest

from tart.errors import SqlRefused
from tart.sandbox.process import SqlJob, run


def parquet(sql, tmp_path):
    path = tmp_path / "result.parquet"
    path.write_bytes(run(SqlJob(sql, "parquet", seconds=100.0), lambda scan: ()))
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        relation = connection.sql(f"FROM '{path}'")
        types = list(map(str, relation.types))
        # DuckDB needs pytz for values with a time zone.
        shown = [
            f"{name}::TIMESTAMP" if "ZONE" in kind else name
            for name, kind in zip(relation.columns, types, strict=True)
        ]
        return types, relation.project(", ".join(shown)).fetchall()


def test_parquet_has_the_values_and_native_types(tmp_path):
    sql = (
        "SELECT 18446744073709551615::UBIGINT AS a, sum(x) AS b, '\\xAB'::BLOB AS c, "
        "TIMESTAMPTZ '2026-11-21 12:00:00+01' AS d, [1, 2] AS e, {'x': 1::HUGEINT} AS f, "
        "NULL AS g, 7 AS g FROM (VALUES (9223372036854775807), (9223372036854775807)) AS t(x)"
    )
    types, rows = parquet(sql, tmp_path)
    assert types[:3] == ["UBIGINT", "DECIMAL(38,0)", "BLOB"]
    assert types[3] == "TIMESTAMP WITH TIME ZONE"
    assert types[5] == "STRUCT(x DECIMAL(38,0))"
    assert rows[0][:3] == (2**64 - 1, 2**64 - 2, b"\xab")
    assert rows[0][3].isoformat().startswith("2026-11-21T11:00:00")
    assert rows[0][4:] == ([1, 2], {"x": 1}, None, 7)


def test_parquet_without_rows_has_its_columns(tmp_path):
    assert parquet("SELECT 1 AS a WHERE false", tmp_path) == (["INTEGER"], [])


def test_a_failed_statement_says_why_in_parquet_too(tmp_path):
    with pytest.raises(SqlRefused, match="nosuch"):
        parquet("SELECT nosuch", tmp_path)
