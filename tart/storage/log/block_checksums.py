"""The checksums of DuckDB's blocks on the disk.

A file is three headers of 4 KiB and then blocks of one size, each with the checksum of its
content in front (DuckDB, ``src/common/checksum.cpp``; 1.5 and 2.0 alike).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

HEADER_BYTES = 3 * 4096
CHECKSUM_BYTES = 8
_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_START = 5381


def block_checksum(content: bytes) -> int:
    """Return the checksum of a block's content, whose length is a multiple of eight."""
    return int(np.bitwise_xor.reduce(np.frombuffer(content, "<u8") * _FACTOR)) ^ _START


def block_offset(block: int, block_bytes: int) -> int:
    """Return the offset in the file at which a block begins, with its checksum."""
    return HEADER_BYTES + block * block_bytes


def find_damaged_blocks(path: Path, blocks: Iterable[int], block_bytes: int) -> set[int]:
    """Return those of the blocks whose checksum is wrong, or that lie beyond the file's end.

    Raises:
        OSError: The file cannot be read.
    """
    damaged = set()
    with path.open("rb") as file:
        for block in sorted(set(blocks)):
            file.seek(block_offset(block, block_bytes))
            data = file.read(block_bytes)
            stored = int.from_bytes(data[:CHECKSUM_BYTES], "little")
            if len(data) < block_bytes or block_checksum(data[CHECKSUM_BYTES:]) != stored:
                damaged.add(block)
    return damaged
