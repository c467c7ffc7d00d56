"""The protocol between a process and its sandbox: blocks of bytes, each with its length.

A series is blocks ended by an empty one. Each side first writes one JSON block: the caller the
job, the sandbox its plan (``planning.Plan``). Then the caller writes the partial results as a
series, if the job has some or the plan has a statement for the shards, and one series per scan
(an Arrow IPC stream in each block). The sandbox writes a JSON block, success or error, and one
series, the result.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from typing import IO, Any

_LENGTH = struct.Struct("<Q")


def write(file: IO[bytes], block: bytes) -> None:
    """Write one block."""
    file.write(_LENGTH.pack(len(block)))
    file.write(block)
    file.flush()


def write_json(file: IO[bytes], document: Any) -> None:
    """Write one block of JSON."""
    write(file, json.dumps(document).encode())


def write_series(file: IO[bytes], blocks: Iterable[bytes]) -> None:
    """Write blocks and the end of the series, which is an empty block.

    Empty blocks of the series, such as those of a part without rows, are left out.
    """
    for block in filter(None, blocks):
        write(file, block)
    write(file, b"")


def read(file: IO[bytes], limit: int | None = None) -> bytes:
    """Read the next block.

    Raises:
        EOFError: The other side closed the pipe.
        ValueError: The block is longer than ``limit``.
    """
    (length,) = _LENGTH.unpack(_read_exactly(file, _LENGTH.size))
    if limit is not None and length > limit:
        raise ValueError(f"block of {length} bytes exceeds the limit of {limit}")
    return _read_exactly(file, length)


def read_json(file: IO[bytes], limit: int | None = None) -> Any:
    """Read the next block as JSON."""
    return json.loads(read(file, limit))


def read_series(file: IO[bytes], limit: int | None = None) -> Iterator[bytes]:
    """Read blocks until the end of the series, at most ``limit`` bytes altogether."""
    while block := read(file, limit):
        if limit is not None:
            limit -= len(block)
        yield block


def _read_exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if data is None or len(data) < size:
        raise EOFError("the other side closed the pipe")
    return data
