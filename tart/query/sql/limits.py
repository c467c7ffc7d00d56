"""Limits of SQL statements, and the messages of statements that exceed them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

# Limit of Arrow bytes that a statement which is not split reads of all shards.
MAX_GATHERED_BYTES = 256 << 20


def too_many_bytes(table: str, columns: Sequence[str]) -> str:
    """Return the message for a statement that reads more than ``MAX_GATHERED_BYTES``."""
    shown = ", ".join(columns[:6]) + (", …" if len(columns) > 6 else "")
    return (
        f"the statement reads more than {MAX_GATHERED_BYTES >> 20} MiB of {table} ({shown}); "
        "narrow it: compare the time with constants in WHERE (received_at > now() - INTERVAL 1 "
        "HOUR), name fewer columns, or add a LIMIT. Counts, sums, minima, maxima and averages of "
        "one table have no such limit"
    )
