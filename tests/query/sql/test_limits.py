"""``tart/query/sql/limits.py``: limits with their units, messages with the way out."""

from __future__ import annotations

from tart.query.sql.limits import MAX_GATHERED_BYTES, describe_limits, too_many_bytes


def test_a_statement_that_reads_too_much_learns_what_to_narrow():
    message = too_many_bytes("events", [f"c{number}" for number in range(9)])
    assert f"more than {MAX_GATHERED_BYTES >> 20} MiB of events (c0, " in message
    assert "c6" not in message
    assert "received_at > now()" in message


def test_limits_are_described_with_their_units():
    limits = dict(describe_limits())
    assert limits["Text of a statement"] == "64 KiB"
    assert limits["Rows of a result"] == "1,000,000; 100,000 in json"
    assert limits["Size of a result"] == "64 MiB"
