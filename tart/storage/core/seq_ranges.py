"""Scans of a directory's segments in order of ``seq``, a range at a time. Pure.

Segments may overlap, with sequences of each between those of the other: a range names every
file that has some of its sequences. Gaps that no file fills are skipped, whatever their length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tart.storage.core.files import LogFile


class FileRange(NamedTuple):
    """The first and last sequence of a file, or of a part of it (``log.file_ranges``)."""

    file: LogFile
    first: int
    last: int


class SeqRange(NamedTuple):
    """Sequences from ``first`` to before ``end``, and the files that have some of them."""

    first: int
    end: int
    files: tuple[LogFile, ...]


def scan_forward(
    ranges: Sequence[FileRange], start: int, size: int, longest: int | None = None
) -> Iterator[SeqRange]:
    """Yield ranges from ``start`` on; each twice as long as the one before, up to ``longest``."""
    first = start
    while remaining := [each for each in ranges if each.last >= first]:
        first = max(first, min(each.first for each in remaining))
        end = first + size
        yield SeqRange(first, end, _files_between(remaining, first, end))
        first, size = end, _next_size(size, longest)


def scan_backward(
    ranges: Sequence[FileRange], below: int, size: int, longest: int | None = None
) -> Iterator[SeqRange]:
    """Yield ranges below a sequence, the highest first, growing as in ``scan_forward``."""
    end = below
    while remaining := [each for each in ranges if each.first < end]:
        end = min(end, max(each.last for each in remaining) + 1)
        first = end - size
        yield SeqRange(first, end, _files_between(remaining, first, end))
        end, size = first, _next_size(size, longest)


def _files_between(ranges: Sequence[FileRange], first: int, end: int) -> tuple[LogFile, ...]:
    # A file has several ranges where its numbers leap.
    files = (each.file for each in ranges if each.first < end and each.last >= first)
    return tuple(dict.fromkeys(files))


def _next_size(size: int, longest: int | None) -> int:
    return size if longest is None else min(2 * size, longest)
