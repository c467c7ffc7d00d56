"""``tart/storage/core/seq_ranges.py``: every sequence is looked at once, in order."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tart.storage.core.files import LogFile
from tart.storage.core.seq_ranges import FileRange, scan_backward, scan_forward

BOUNDS = st.integers(0, 500)
SIZES = st.integers(1, 64)


@st.composite
def ranges(draw):
    found = []
    for number in range(draw(st.integers(0, 5))):
        first, last = sorted((draw(BOUNDS), draw(BOUNDS)))
        found.append(FileRange(LogFile(0, number, Path("x")), first, last))
    return found


def seen(ranges_of_scan):
    """(file, sequence) that are looked at, in order."""
    return [(file, at) for each in ranges_of_scan for at in range(*each[:2]) for file in each.files]


def wanted(files, keep):
    return {
        (each.file, at) for each in files for at in range(each.first, each.last + 1) if keep(at)
    }


@given(ranges(), BOUNDS, SIZES)
def test_a_forward_scan_covers_all_sequences_from_the_start_on(files, start, size):
    found = seen(scan_forward(files, start, size, 256))
    assert len(found) == len(set(found))
    assert set(found) >= wanted(files, lambda at: at >= start)
    assert all(at >= start for _, at in found)
    assert all(one[1] <= other[1] for one, other in pairwise(found))


@given(ranges(), BOUNDS, SIZES)
def test_a_backward_scan_covers_all_sequences_below_highest_first(files, below, size):
    ranges_of_scan = list(scan_backward(files, below, size, 256))
    found = seen(ranges_of_scan)
    assert len(found) == len(set(found))
    assert set(found) >= wanted(files, lambda at: at < below)
    assert all(at < below for _, at in found)
    assert all(one.first >= other.end for one, other in pairwise(ranges_of_scan))


def test_a_scan_skips_a_gap_between_files():
    far = 1 << 32
    files = [
        FileRange(LogFile(0, 0, Path("a")), 0, 9),
        FileRange(LogFile(0, 1, Path("b")), far, far + 9),
    ]
    assert [each.first for each in scan_forward(files, 0, 10)] == [0, far]
    assert [each.end for each in scan_backward(files, far + 10, 10)] == [far + 10, 10]


def test_ranges_of_a_scan_grow_up_to_the_longest():
    files = [FileRange(LogFile(0, 0, Path("a")), 0, 100)]
    lengths = [each.end - each.first for each in scan_forward(files, 0, 8, 32)]
    assert lengths == [8, 16, 32, 32, 32]
    assert [each.end - each.first for each in scan_forward(files, 0, 60)] == [60, 60]
