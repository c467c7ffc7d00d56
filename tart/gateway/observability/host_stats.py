"""What the kernel says of this process and its machine."""

from __future__ import annotations

import shutil
from pathlib import Path


def memory() -> tuple[int, int]:
    """Bytes available and in all, of the machine."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    found = {
        name: int(rest.split()[0]) << 10
        for name, _, rest in (line.partition(":") for line in lines)
    }
    return found["MemAvailable"], found["MemTotal"]


def disk(path: Path) -> tuple[int, int]:
    """Bytes free and in all, of the disk a directory is on, or will be on."""
    usage = shutil.disk_usage(path if path.exists() else Path("/"))
    return usage.free, usage.total
