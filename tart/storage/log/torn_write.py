"""A block that was half written when its process was killed, and how it is made whole.

A checkpoint of DuckDB (1.5.6 and 2.0.0 alike) adds to blocks of metadata in place: what a
file's valid header refers to in such a block stays as it was, byte for byte, and parts that
were free are filled. A process that is killed in the middle of that write leaves some pages of
the new block and some of the old one. All that is read of it is the same in both; only the
checksum, which is of the whole block, is not, and DuckDB refuses the file.

So the checksum is set to what the block has, if then everything in the file can be read. That
is done only to a file whose log is beside it, as a kill leaves it; of one that was closed a
wrong checksum means damage.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tart.errors import DamagedFile
from tart.storage.core.files import LogFile

_CHECKSUM_BYTES = 8
# What DuckDB says of a block; not in which file it is.
WRONG_CHECKSUM = re.compile(
    r"computed checksum (\d+) does not match stored checksum (\d+) in block at location (\d+)"
)


@dataclass(frozen=True)
class TornBlock:
    """A block whose checksum is wrong.

    Attributes:
        location: where in the file it begins, with its checksum.
        computed, stored: what that should be, and what it is.
    """

    path: Path
    location: int
    computed: int
    stored: int

    def mend(self) -> None:
        """Have the checksum be that of what is there."""
        self._replace(self.stored, self.computed)

    def undo(self) -> None:
        """Leave the block as it was found, unless it was written since."""
        self._replace(self.computed, self.stored)

    def _replace(self, before: int, after: int) -> None:
        with self.path.open("r+b") as file:
            file.seek(self.location)
            if file.read(_CHECKSUM_BYTES) == before.to_bytes(_CHECKSUM_BYTES, "little"):
                file.seek(self.location)
                file.write(after.to_bytes(_CHECKSUM_BYTES, "little"))
                file.flush()
                os.fsync(file.fileno())


def torn_block(file: LogFile, error: DamagedFile) -> TornBlock | None:
    """The block because of which a file could not be attached, if a kill explains it."""
    wrong = WRONG_CHECKSUM.search(str(error))
    if wrong is None or not file.has_wal():
        return None
    computed, stored, location = map(int, wrong.groups())
    return TornBlock(file.path, location, computed, stored)
