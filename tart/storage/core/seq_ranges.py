"""Reading a directory's files in order of ``seq``, a stretch at a time.

Pure. Files may lie beside one another, with sequences of each between those of the other:
a stretch names every file that has some of its sequences. Where no file has any, whatever
the distance, nothing is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tart.storage.core.files import LogFile


class FileRange(NamedTuple):
    """The first and last sequence of a file that has any, or of a part of it (``ranges``)."""

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
    """Stretches from ``start`` on; each twice as long as the one before, up to ``longest``."""
    at = start
    while left := [each for each in ranges if each.last >= at]:
        at = max(at, min(each.first for each in left))
        end = at + size
        yield SeqRange(at, end, _between(left, at, end))
        at, size = end, _next(size, longest)


def scan_backward(
    ranges: Sequence[FileRange], below: int, size: int, longest: int | None = None
) -> Iterator[SeqRange]:
    """Stretches below a sequence, the highest first, growing likewise."""
    end = below
    while left := [each for each in ranges if each.first < end]:
        end = min(end, max(each.last for each in left) + 1)
        at = end - size
        yield SeqRange(at, end, _between(left, at, end))
        end, size = at, _next(size, longest)


def _between(ranges: Sequence[FileRange], first: int, end: int) -> tuple[LogFile, ...]:
    # A file has several ranges where its numbers leap.
    files = (each.file for each in ranges if each.first < end and each.last >= first)
    return tuple(dict.fromkeys(files))


def _next(size: int, longest: int | None) -> int:
    return size if longest is None else min(2 * size, longest)
