"""``tart/query/sql/result_limits.py``: limits with their units."""

from __future__ import annotations

from tart.query.sql.result_limits import describe_limits


def test_limits_are_described_with_their_units():
    limits = dict(describe_limits())
    assert limits["Text of a statement"] == "64 KiB"
    assert limits["Rows of a result"] == "1,000,000; 100,000 in json"
    assert limits["Size of a result"] == "64 MiB"
