"""Cells that several views have: durations, ids, implementations, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tart.dash.core.format import UNKNOWN, milliseconds, plain, short_id, size
from tart.dash.core.model import Cell, Tone


def missing_cell(text: str = UNKNOWN) -> Cell:
    """Return the cell of a value that does not exist."""
    return Cell(text, None, "dim")


def duration_cell(ms: float | None, tone: Tone = "") -> Cell:
    """Return the cell of a duration in milliseconds, which may be negative."""
    if ms is None:
        return missing_cell()
    return Cell(milliseconds(ms) if ms >= 0 else f"−{milliseconds(-ms)}", ms, tone)


@lru_cache(16_384)
def id_cell(digits: str | None, tone: Tone = "") -> Cell:
    """Return the cell of a node id or hash: its first digits; its value is the whole."""
    return missing_cell() if digits is None else Cell(short_id(digits), digits, tone)


def size_cell(count: int | None) -> Cell:
    """Return the cell of a number of bytes."""
    return missing_cell() if count is None else Cell(size(count), count)


def implementation(name: str | None, version: str | None) -> str:
    """Return what a node runs, in one text."""
    return f"{name or 'unknown'} {version or ''}".strip()


def implementation_cell(node: Mapping[str, Any] | None) -> Cell:
    """Return the cell of what a node runs."""
    if node is None or not (node["implementation_name"] or node["implementation_version"]):
        return missing_cell()
    text = implementation(node["implementation_name"], node["implementation_version"])
    return Cell(plain(text), text)


def words(name: str) -> str:
    """Return a name of the API as words: ``guarantee_built`` is ``guarantee built``."""
    return plain(name).replace("_", " ")
