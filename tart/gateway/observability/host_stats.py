"""Memory and disk of the host, from the kernel."""

from __future__ import annotations

import shutil
from pathlib import Path


def memory() -> tuple[int, int]:
    """Return the host's available and total memory in bytes."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    sizes = {
        name: int(rest.split()[0]) << 10
        for name, _, rest in (line.partition(":") for line in lines)
    }
    return sizes["MemAvailable"], sizes["MemTotal"]


def disk(path: Path) -> tuple[int, int]:
    """Return free and total bytes of the disk that holds, or will hold, a directory."""
    usage = shutil.disk_usage(path if path.exists() else Path("/"))
    return usage.free, usage.total
