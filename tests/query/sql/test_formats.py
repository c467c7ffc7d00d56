"""``tart/query/sql/formats.py``: the format that a client prefers, and the end of a cut result."""

from __future__ import annotations

import csv
import json

import pytest

from tart.errors import BadQuery
from tart.query.sql.formats import SQL_FORMATS, accepted_format, cut_off

FORMS = tuple(SQL_FORMATS)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "json"),
        ("image/png", "json"),
        ("text/csv, */*;q=0.1", "csv"),
        ("*/*, text/csv", "csv"),
        ("text/csv;q=0.5, application/x-ndjson;q=0.9", "ndjson"),
        ("text/csv;q=0", "json"),
        ("text/csv;q=x, text/markdown", "markdown"),
        ("TEXT/Markdown; charset=utf-8", "markdown"),
        ("application/vnd.apache.arrow.stream", "arrow"),
        ("application/x-parquet", "parquet"),
    ],
)
def test_accept_selects_the_format(accept, form):
    assert accepted_format(accept, FORMS, "/api/sql") == form


def test_accept_with_formats_of_other_routes_alone_is_refused():
    with pytest.raises(BadQuery, match="/api/x does not have parquet") as refused:
        accepted_format("application/vnd.apache.parquet", ("ndjson", "csv"), "/api/x")
    assert "ndjson, csv" in str(refused.value)
    accept = "application/vnd.apache.parquet, text/csv;q=0.1"
    assert accepted_format(accept, ("ndjson", "csv"), "/api/x") == "csv"


def test_a_result_that_lacks_rows_does_not_end_like_a_complete_one():
    reason = 'shard 1, "b", of 2 did not answer'
    assert cut_off(b"data" + b"\0" * 8, "arrow", reason) == b"data"
    assert cut_off(b"dataPAR1", "parquet", reason) == b"data"
    last = cut_off(b'{"n":1}\n', "ndjson", reason).splitlines()[-1]
    assert json.loads(last) == {"error": {"code": "incomplete", "message": reason}}
    rows = list(csv.reader(cut_off(b"n\r\n1\r\n", "csv", reason).decode().splitlines()))
    assert rows == [["n"], ["1"], [f"# incomplete: {reason}"]]
    assert cut_off(b"| n |\n", "markdown", reason).decode() == f"| n |\n\nincomplete: {reason}\n"
