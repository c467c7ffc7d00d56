"""Names in a data directory while a backup is restored into it; see ``tart.cli.restore``."""

from __future__ import annotations

import os
from pathlib import Path

# Files that are being copied. Without a restore that runs they are worth nothing.
DRAFT = ".restore-unfinished"
# All files of the backup, which have only to be moved to their places.
COMPLETE = ".restore-complete"


def is_interrupted(data_dir: Path) -> bool:
    """Return whether a restore has to be finished before a server may use the directory."""
    return os.path.isdir(data_dir / COMPLETE)  # False where the user may not look
