"""Rows of a rule's SQL statement as a measurement. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from tart.alerting.engine.model import Measurement
from tart.alerting.rules.model import LabelSet

# Further rows are an error: a rule with more alerts is a mistake.
MAX_ROWS = 1_000
VALUE = "value"
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_RESERVED = frozenset({"alertname", "severity"})
_MAX_LABEL_CHARACTERS = 256


class WrongRows(ValueError):
    """The rows are not those of a rule; the text says why, for the rule's author."""


def measure_rows(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, is_complete: bool
) -> Measurement:
    """Return the measurement of a statement.

    Each row is a label set: the column ``value`` is its value, and the other columns are labels. A
    label without a value is left out, as Prometheus does. Without that column a count that its
    author forgot to name would be a label, and each new count another alert.

    Args:
        columns: The names of the columns.
        rows: The rows.
        is_complete: Whether all shards answered; rows of some shards only are not those of the
            network.

    Raises:
        WrongRows: A name is not that of a label, there is no column ``value``, a value is not a
            number, or two rows have the same labels.
    """
    for name in columns:
        if name != VALUE and not _LABEL.fullmatch(name):
            raise WrongRows(f"{name!r} is not the name of a label: use AS with letters and _")
        if name in _RESERVED:
            raise WrongRows(f"the label {name} is the rule's own: name the column otherwise")
    if VALUE not in columns:
        raise WrongRows("there is no column value: write 'count(*) AS value', or '1 AS value'")
    if not is_complete:
        return Measurement({}, is_complete=False)
    values: dict[LabelSet, float | None] = {}
    for row in rows:
        cells = dict(zip(columns, row, strict=True))
        number = _number(cells.pop(VALUE))
        labels = tuple(
            sorted((name, _text(cell)) for name, cell in cells.items() if cell is not None)
        )
        if labels in values:
            shown = ", ".join(f"{name}={text}" for name, text in labels) or "none"
            raise WrongRows(f"several rows have the same labels: {shown}; group by them")
        values[labels] = number
    return Measurement(values)


def _number(cell: Any) -> float | None:
    if cell is None:
        return None
    try:
        number = float(cell)
    except (TypeError, ValueError):
        raise WrongRows(f"the column value has {str(cell)[:40]!r}, which is not a number") from None
    return number if math.isfinite(number) else None


def _text(cell: Any) -> str:
    text = str(cell).lower() if isinstance(cell, bool) else str(cell)
    return text[:_MAX_LABEL_CHARACTERS]
