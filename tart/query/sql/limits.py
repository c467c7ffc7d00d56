"""Limits of a SQL statement and of its result, their description, and messages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

# Of the statement's text.
MAX_SQL_BYTES = 64 << 10
# Of the result; JSON is for programs that hold it whole.
MAX_ROWS = 1_000_000
MAX_JSON_ROWS = 100_000
MAX_BYTES = 64 << 20
# DuckDB's memory limit in a sandbox; the kernel ends a process that takes half a gibibyte more.
MEMORY_BYTES = 512 << 20
# Limit of Arrow bytes that a statement which is not split reads of all shards.
MAX_GATHERED_BYTES = 256 << 20


def describe_limits() -> tuple[tuple[str, str], ...]:
    """Return the limits by name, with their units."""
    return (
        ("Text of a statement", f"{MAX_SQL_BYTES >> 10} KiB"),
        ("Rows of a result", f"{MAX_ROWS:,}; {MAX_JSON_ROWS:,} in json"),
        ("Size of a result", f"{MAX_BYTES >> 20} MiB"),
        ("Rows that a statement reads that is not split", f"{MAX_GATHERED_BYTES >> 20} MiB"),
        ("Memory of a statement", f"{MEMORY_BYTES >> 20} MiB"),
        ("Time of a statement", "`api.sql_seconds`"),
    )


def too_many_bytes(table: str, columns: Sequence[str]) -> str:
    """Return the message for a statement that reads more than ``MAX_GATHERED_BYTES``."""
    shown = ", ".join(columns[:6]) + (", …" if len(columns) > 6 else "")
    return (
        f"the statement reads more than {MAX_GATHERED_BYTES >> 20} MiB of {table} ({shown}); "
        "narrow it: compare the time with constants in WHERE (received_at > now() - INTERVAL 1 "
        "HOUR), name fewer columns, or add a LIMIT. Counts, sums, minima, maxima and averages of "
        "one table have no such limit"
    )
