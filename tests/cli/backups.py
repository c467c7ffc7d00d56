"""What the tests of backups share."""

from __future__ import annotations

import json


def list_backups(directory):
    """Return all backups, the oldest first, with their manifests."""
    found = sorted(each for each in directory.iterdir() if not each.name.startswith("."))
    return [(each, json.loads((each / "backup.json").read_text())) for each in found]
