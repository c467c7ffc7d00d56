"""The line that a long command redraws: what it does, how much is done, how fast, how long yet.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from tart.amounts import bytes_text, duration_text

BYTES = "bytes"
_GAP = "  "
# An operation that would take longer has stalled.
_LONGEST_SECONDS = 30 * 86_400


@dataclass(frozen=True)
class Advance:
    """The part of an operation that is done.

    Attributes:
        done: The amount that is done, in units of the operation.
        total: The whole amount; ``None`` if it is unknown.
        rate: Units per second of the last seconds; ``None`` if it is unknown.
        seconds: Time since the start.
    """

    done: float
    total: float | None
    rate: float | None
    seconds: float


def progress_line(what: str, unit: str, advance: Advance, width: int) -> str:
    """Return the line, shorter than the terminal: what does not fit is left out.

    Args:
        what: The operation, such as ``backup``.
        unit: Plural of what is counted; bytes get a unit of their own; empty: nothing is counted,
            and the line shows the time.
        advance: How far the operation is.
        width: Columns of the terminal; its last one stays free, so that no terminal wraps.
    """
    line = what
    for part in _parts(unit, advance):
        longer = f"{line}{_GAP}{part}"
        if len(longer) >= width:
            break
        line = longer
    return line[: max(0, width - 1)]


def _parts(unit: str, advance: Advance) -> list[str]:
    """Return the parts behind the operation, the most important first."""
    elapsed = duration_text(advance.seconds)
    if not unit or (not advance.done and advance.total is None):
        return [elapsed]
    parts = _counts(unit, advance)
    if advance.rate is not None:
        parts.append(f"{_amount(unit, advance.rate)}/s")
    remaining = _remaining(advance)
    parts.append(elapsed if remaining is None else f"{duration_text(remaining)} left")
    return parts


def _counts(unit: str, advance: Advance) -> list[str]:
    named = "" if unit == BYTES else f" {unit}"
    done = _amount(unit, advance.done)
    if advance.total is None:
        return [f"{done}{named}"]
    whole = _amount(unit, advance.total)
    # Never 100 % before the end: what remains may take long.
    percent = int(100 * min(advance.done / advance.total, 1)) if advance.total else 100
    return [f"{percent} %", f"{done} of {whole}{named}"]


def _remaining(advance: Advance) -> float | None:
    """Return the seconds that remain at the present rate; ``None`` if they are unknown."""
    if advance.total is None or not advance.rate:
        return None
    seconds = max(0.0, advance.total - advance.done) / advance.rate
    return seconds if seconds < _LONGEST_SECONDS else None


def _amount(unit: str, number: float) -> str:
    if unit == BYTES:
        return bytes_text(number)
    return f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"
