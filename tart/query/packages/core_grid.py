"""The grid of cores and slots: how far the work-packages of each came.

Pure. A package has the slot of its guarantee; without one, that in which its first event arrived,
by the wall clock. A network that counts its slots from another time is recognised by its
guarantees: if they are more than a day from the wall clock, the others are moved as far.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tart.protocol.node_information import SLOT_SECONDS
from tart.query.answers import cores as answers
from tart.query.answers.packages import Stage
from tart.query.core.wall_clock import TOLERANCE_SLOTS
from tart.query.core.windows import Window
from tart.query.shard_queries.package_outcomes import LOST, NO_CORE, OUTCOMES, PackageColumns
from tart.units import JCE_US, MINUTE_US, SECOND_US

Array = npt.NDArray[Any]

MAX_SLOTS = 600
# Symbols of a cell: nothing, the ends without success, the stages in order.
NOTHING = "."
SYMBOLS = NOTHING + "fd" + "0123456789"
LEGEND: tuple[Stage, ...] = OUTCOMES
assert len(SYMBOLS) == len(LEGEND) + 1
# A guarantee is built at most this long after its package's first event (``aggregate.references``).
_BUILT_WITHIN_US = 10 * MINUTE_US
# Slots by which guarantees of a network at the wall clock are later than their packages.
_USUAL_SLOTS = 10


def grid_window(window: Window, slots: int, slot_seconds: int | None) -> Window:
    """Return the part of a window in which packages of its last slots may have begun."""
    assert window.end_us is not None
    start = window.end_us - slots * _period_us(slot_seconds) - _BUILT_WITHIN_US
    return Window(max(window.start_us or 0, start), window.end_us)


def core_grid(
    packages: PackageColumns,
    window: Window,
    slots: int,
    core_count: int | None,
    slot_seconds: int | None,
) -> answers.CoreGrid:
    """Return the answer of ``/api/cores/grid``.

    Args:
        packages: The packages that began in ``grid_window``.
        window: The requested window.
        slots: Limit of columns.
        core_count: Number of cores; ``None`` if it is not known, to list those with packages.
        slot_seconds: Length of a slot; ``None`` if it is not known.
    """
    assert window.start_us is not None
    assert window.end_us is not None
    period = _period_us(slot_seconds)
    placed, shift, newest = _slots_of(packages, period)
    last = max(_wall_slot(window.end_us, period) - shift, newest)
    first = max(_wall_slot(window.start_us, period) - shift, last - slots + 1, 0)
    width = max(0, last - first + 1)
    known = packages.core != NO_CORE
    inside = known & (placed >= first) & (placed <= last)
    cores = np.unique(packages.core[inside]) if core_count is None else np.arange(core_count)
    inside &= np.isin(packages.core, cores)
    rows = np.searchsorted(cores, packages.core[inside])
    columns = placed[inside] - first
    outcomes = packages.outcome[inside].astype(np.int64)
    cells = np.zeros((len(cores), width), np.uint8)
    np.maximum.at(cells, (rows, columns), outcomes + 1)
    symbols = np.frombuffer(SYMBOLS.encode(), np.uint8)[cells]
    by_core = _count(rows, outcomes, len(cores), packages)
    return {
        "legend": [
            {"symbol": symbol, "stage": stage, "is_loss": stage in LOST}
            for symbol, stage in zip(SYMBOLS[1:], LEGEND, strict=True)
        ],
        "first_slot": first if width else None,
        "last_slot": last if width else None,
        "slot_seconds": period // SECOND_US,
        "cores": [
            {
                "core_index": int(core),
                "cells": bytes(line).decode(),
                "packages": sum(counts),
                "outcomes": counts,
            }
            for core, line, counts in zip(cores, symbols, by_core, strict=True)
        ],
        "slots": _count(columns, outcomes, width, packages),
        "outcomes": {
            stage: sum(counts[number] for counts in by_core) for number, stage in enumerate(LEGEND)
        },
        "outside": packages.estimate(int(known.sum() - inside.sum())),
        "exact": packages.exact,
    }


def package_slot(guarantee_slot: int | None, first_at: int, slot_seconds: int | None) -> int:
    """Return the slot of one package, of a network that counts slots by the wall clock.

    Args:
        guarantee_slot: ``None`` without a guarantee.
        first_at: Its first event, Unix microseconds.
        slot_seconds: Length of a slot; ``None`` if it is not known.
    """
    if guarantee_slot is not None:
        return guarantee_slot
    return _wall_slot(first_at, _period_us(slot_seconds))


def _period_us(slot_seconds: int | None) -> int:
    return (slot_seconds or SLOT_SECONDS) * SECOND_US


def _wall_slot(unix_us: int, period: int) -> int:
    return max(0, unix_us - JCE_US) // period


def _slots_of(packages: PackageColumns, period: int) -> tuple[Array, int, int]:
    """Return the slot of each package, and what is known of the network's slots.

    Returns:
        The slots; how far the network's slots are behind the wall clock's; and, of a network that
        counts from another time or is ahead, the newest slot with a guarantee, else 0.
    """
    wall = np.maximum(packages.first_at - JCE_US, 0) // period
    guaranteed = packages.slot >= 0
    behind = wall[guaranteed] - packages.slot[guaranteed]
    shift = int(np.median(behind)) if len(behind) else 0
    # Single nodes may name any slot.
    near = packages.slot[guaranteed][np.abs(behind - shift) <= MAX_SLOTS]
    newest = int(near.max(initial=0))
    if abs(shift) <= TOLERANCE_SLOTS:
        # A guarantee has the slot of its package's first event, or one of the next.
        ahead = shift < -_USUAL_SLOTS
        return np.where(guaranteed, packages.slot, wall), 0, newest if ahead else 0
    return np.where(guaranteed, packages.slot, wall - shift), shift, newest


def _count(keys: Array, outcomes: Array, length: int, packages: PackageColumns) -> list[list[int]]:
    """Return the number of packages of each key by outcome, in the order of ``LEGEND``."""
    width = len(LEGEND)
    counts = np.bincount(keys.astype(np.int64) * width + outcomes, minlength=length * width)
    rows: list[list[int]] = counts.reshape(length, width).tolist()
    if packages.exact:
        return rows
    return [[packages.estimate(count) for count in row] for row in rows]
