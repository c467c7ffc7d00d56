"""Groups of equal keys in a batch: how often each key occurs, and when first and last.

Pure. Most events of a batch are about few subjects (an anchor, an erasure root), so they are
grouped with arrays and Python runs once for each subject. Keys are bytes of one width, such as
hashes, as the rows of an array.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from tart.aggregate.core.event_columns import Array
from tart.protocol.frames import Frames
from tart.protocol.interning import Interned, intern


class Occurrences(NamedTuple):
    """Distinct keys, each with the number of its events and the times of the first and last."""

    keys: list[bytes]
    counts: list[int]
    first: list[int]
    last: list[int]


def gather(frames: Frames, positions: Array, width: int) -> Array:
    """Return the bytes of a buffer at some positions, one row for each."""
    windows = np.lib.stride_tricks.sliding_window_view(frames.octets, width)
    rows: Array = windows[positions]
    return rows


def group(rows: Array) -> Interned:
    """Return the groups of equal rows; their width is a multiple of 4, at most 64."""
    count, width = rows.shape
    return intern(rows.tobytes(), np.arange(count) * width, width)


def split(values: Array, numbers: Array, groups: int) -> list[list[Any]]:
    """Return the values of each group, in order."""
    in_order = values[np.argsort(numbers, kind="stable")].tolist()
    ends = np.cumsum(np.bincount(numbers, minlength=groups)).tolist()
    return [in_order[start:end] for start, end in pairwise([0, *ends])]


def to_bytes(rows: Array) -> list[bytes]:
    """Return each row as bytes."""
    data, width = rows.tobytes(), rows.shape[1]
    return [data[start : start + width] for start in range(0, len(data), width)]


def count_times(numbers: Array, groups: int, times: Array) -> tuple[Array, Array, Array]:
    """Return for each group the number of its elements, and their first and last time."""
    first = np.full(groups, np.iinfo(np.int64).max)
    last = np.full(groups, np.iinfo(np.int64).min)
    np.minimum.at(first, numbers, times)
    np.maximum.at(last, numbers, times)
    return np.bincount(numbers, minlength=groups), first, last


def occurrences(rows: Array, times: Array) -> Occurrences:
    """Return the distinct rows, with the number of events and their first and last time."""
    numbers, firsts = group(rows)
    counts = (each.tolist() for each in count_times(numbers, len(firsts), times))
    return Occurrences(to_bytes(rows[firsts]), *counts)
