"""The record of the newest backup, a file of the data directory.

``tart backup`` writes it after each complete backup, so that the server can tell how old that is.
A backup does not contain it: what is restored has no backup yet.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from tart.file_owner import inherit_owner

BACKUP_RECORD = "last_backup.json"


def write_backup_record(root: Path, begun_us: int, place: Path) -> None:
    """Record a complete backup.

    Args:
        root: The data directory.
        begun_us: When it began, Unix microseconds.
        place: Its directory.

    Raises:
        OSError: The file cannot be written.
    """
    path = root / BACKUP_RECORD
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({"begun_us": begun_us, "path": str(place)}) + "\n")
    inherit_owner(draft)
    os.replace(draft, path)


def read_backup_record(root: Path) -> int | None:
    """Return when the newest backup began, Unix microseconds; ``None`` if none is recorded."""
    try:
        return int(json.loads((root / BACKUP_RECORD).read_text())["begun_us"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
