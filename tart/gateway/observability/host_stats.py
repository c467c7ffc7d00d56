"""The state of the machine and of the server's processes, from the kernel.

What the kernel does not tell, in a container or on an unusual machine, is ``None`` and costs
nothing else.
"""

from __future__ import annotations

import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil

from tart.gateway.observability.host_usage import HostSample, ProcessSample
from tart.gateway.observability.memory_budget import memory_budget

# The titles of the server's processes begin so; see ``tart.process_title``.
_TITLE = "tart: "
_LOOPBACK = "lo"
# The most processes of a sample: shards, gateway, supervisor and running statements.
MAX_PROCESSES = 320
# Limits up to this are no budget: a sandbox of SQL, which has it and three descriptors, is to open
# no file at all. (It is not known by its name, which it does not have from its first moment.)
NO_FILES = 3

Read = TypeVar("Read")


def memory() -> tuple[int, int]:
    """Return the host's available and total memory in bytes."""
    state = psutil.virtual_memory()
    return state.available, state.total


def disk(path: Path) -> tuple[int, int]:
    """Return free and total bytes of the disk that holds, or will hold, a directory."""
    usage = shutil.disk_usage(path if path.exists() else Path("/"))
    return usage.free, usage.total


def read_host() -> HostSample:
    """Return a sample of the machine; takes some milliseconds."""
    available, total = memory()
    return HostSample(
        time_us=time.time_ns() // 1000,
        seconds=time.monotonic(),
        cpus=psutil.cpu_count() or 1,
        cpu_seconds=dict(psutil.cpu_times()._asdict()),
        load=os.getloadavg(),
        memory_total=total,
        memory_available=available,
        swap_used=_known(lambda: psutil.swap_memory().used) or 0,
        disk_bytes=_known(_disk_bytes),
        network_bytes=_known(_network_bytes),
        descriptors=_known(_machine_descriptors),
        memory_budget=memory_budget(),
        processes=tuple(_processes()),
    )


def _known(read: Callable[[], Read]) -> Read | None:
    try:
        return read()
    except (OSError, RuntimeError, ValueError, NotImplementedError):
        return None


def _disk_bytes() -> tuple[int, int] | None:
    counters = psutil.disk_io_counters()
    return None if counters is None else (counters.read_bytes, counters.write_bytes)


def _network_bytes() -> tuple[int, int]:
    devices = psutil.net_io_counters(pernic=True)
    chosen = [counters for name, counters in devices.items() if name != _LOOPBACK]
    return sum(each.bytes_recv for each in chosen), sum(each.bytes_sent for each in chosen)


def _machine_descriptors() -> tuple[int, int]:
    opened, unused, most = map(int, Path("/proc/sys/fs/file-nr").read_text().split())
    return opened - unused, most


def _processes() -> Iterator[ProcessSample]:
    """Yield the server's processes: the supervisor, its children and theirs."""
    own = psutil.Process()
    parent = own.parent()
    family = [own]
    if parent is not None and _title(parent):
        with suppress(psutil.Error):
            family = [parent, *parent.children(recursive=True)]
    for process in family[:MAX_PROCESSES]:
        # A child without a title is starting, or a program that a channel of alerts runs.
        name = _title(process) or ("gateway" if process == own else "")
        # A process may end meanwhile, as those of SQL statements do.
        with suppress(psutil.Error):
            if name:
                yield _process(process, name)


def _title(process: psutil.Process) -> str:
    """Return the title without its state; empty if it is not a process of a server."""
    with suppress(psutil.Error):
        title = " ".join(process.cmdline())
        if title.startswith(_TITLE):
            return title.removeprefix(_TITLE).partition(" (")[0].strip()
    return ""


def _process(process: psutil.Process, name: str) -> ProcessSample:
    with process.oneshot():
        times = process.cpu_times()
        return ProcessSample(
            name=name,
            pid=process.pid,
            cpu_seconds=times.user + times.system,
            resident_bytes=process.memory_info().rss,
            threads=process.num_threads(),
            descriptors=_allowed(process.num_fds),
            descriptor_limit=_allowed(lambda: _descriptor_limit(process)),
        )


def _descriptor_limit(process: psutil.Process) -> int | None:
    soft, _ = process.rlimit(psutil.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY or soft <= NO_FILES else int(soft)


def _allowed(read: Callable[[], Read]) -> Read | None:
    try:
        return read()
    except (psutil.AccessDenied, OSError):
        return None
