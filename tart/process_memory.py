"""The memory of this process, as the kernel reports it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ProcessMemory(NamedTuple):
    """Sizes in bytes: the address space, and the part of it in physical memory."""

    virtual: int
    resident: int


def process_memory() -> ProcessMemory:
    """Return the sizes of this process (proc(5), ``/proc/self/statm``)."""
    virtual, resident, *_ = Path("/proc/self/statm").read_text().split()
    return ProcessMemory(int(virtual) * _PAGE_BYTES, int(resident) * _PAGE_BYTES)
