"""Torn blocks: half written when the process was killed, and their repair.

A checkpoint of DuckDB (1.5.6 and 2.0.0 alike) adds to blocks of metadata in place: the parts of
such a block that the file's valid header refers to stay as they were, byte for byte, and parts
that were free are filled. A process that is killed in the middle of that write leaves some pages
of the new block and some of the old one. All parts that DuckDB reads are the same in both; only
the checksum, which is of the whole block, is not, and DuckDB refuses the file.

So the checksum is set to that of the block's content, if then everything in the file can be read.
That is done only to a file with a WAL beside it, as a kill leaves it; in a file that was closed
a wrong checksum means damage.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tart.errors import DamagedFile
from tart.storage.core.files import LogFile
from tart.storage.log.block_checksums import CHECKSUM_BYTES

# DuckDB's message names the block, but not the file.
WRONG_CHECKSUM = re.compile(
    r"computed checksum (\d+) does not match stored checksum (\d+) in block at location (\d+)"
)


@dataclass(frozen=True)
class TornBlock:
    """A block whose checksum is wrong.

    Attributes:
        path: The file.
        offset: Where in the file the block begins, with its checksum.
        computed: The checksum of the block's content.
        stored: The checksum in the file.
    """

    path: Path
    offset: int
    computed: int
    stored: int

    def repair_checksum(self) -> None:
        """Replace the checksum by that of the block's content."""
        self._replace(self.stored, self.computed)

    def restore(self) -> None:
        """Put the stored checksum back, unless the block was written since."""
        self._replace(self.computed, self.stored)

    def _replace(self, before: int, after: int) -> None:
        with self.path.open("r+b") as file:
            file.seek(self.offset)
            if file.read(CHECKSUM_BYTES) == before.to_bytes(CHECKSUM_BYTES, "little"):
                file.seek(self.offset)
                file.write(after.to_bytes(CHECKSUM_BYTES, "little"))
                file.flush()
                os.fsync(file.fileno())


def find_torn_block(file: LogFile, error: DamagedFile) -> TornBlock | None:
    """Return the block because of which a file could not be attached, if a kill explains it.

    Without a WAL beside the file no kill does. The callers in ``database`` try this only for
    files with a WAL; the check stays here, because repairing a closed file would hide damage.
    """
    match = WRONG_CHECKSUM.search(str(error))
    if match is None or not file.has_wal():
        return None
    computed, stored, offset = map(int, match.groups())
    return TornBlock(file.path, offset, computed, stored)
