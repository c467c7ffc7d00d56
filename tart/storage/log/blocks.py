"""DuckDB's blocks on the disk: which of them are not what was written.

A file is three headers of 4 KiB and then blocks of one size, each with the checksum of the
rest of it in front (DuckDB, ``src/common/checksum.cpp``; 1.5 and 2.0 alike).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

HEADER_BYTES = 3 * 4096
CHECKSUM_BYTES = 8
_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_START = 5381


def checksum(content: bytes) -> int:
    """What stands before a block with this content; its length is a multiple of eight."""
    return int(np.bitwise_xor.reduce(np.frombuffer(content, "<u8") * _FACTOR)) ^ _START


def location(block: int, block_bytes: int) -> int:
    """Where in the file a block begins."""
    return HEADER_BYTES + block * block_bytes


def wrong_blocks(path: Path, blocks: Iterable[int], block_bytes: int) -> set[int]:
    """Those of the blocks whose checksum is wrong, or that the file is too short for.

    Raises:
        OSError: the file cannot be read.
    """
    found = set()
    with path.open("rb") as file:
        for block in sorted(set(blocks)):
            file.seek(location(block, block_bytes))
            data = file.read(block_bytes)
            stored = int.from_bytes(data[:CHECKSUM_BYTES], "little")
            if len(data) < block_bytes or checksum(data[CHECKSUM_BYTES:]) != stored:
                found.add(block)
    return found
