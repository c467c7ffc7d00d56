"""Measurements: resources of processes, ``/metrics``, and a description of the machine.

CPU is user and system time from ``/proc/<pid>/stat``, including ended children that their
parent has collected. Memory is the proportional set size, which counts shared pages once over
all processes, beside the plain resident sizes, which count them in each process.
"""

from __future__ import annotations

import os
import platform
import subprocess
import threading
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from loadtest.dialogue import ROOT, Json

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MEMORY_SECONDS = 1.0
_PROC = Path("/proc")

RECEIVED = "tart_events_received_total"
COMMITTED = "tart_events_committed_total"
CONNECTIONS = "tart_open_connections"
LATENCY = "tart_commit_seconds"
PAUSES = "tart_ingest_pauses_total"
CHECKPOINTS = "tart_checkpoints_total"
CHECKPOINT_SECONDS = "tart_checkpoint_seconds_total"


# --- Processes ----------------------------------------------------------------------------


def children(parent: int) -> list[int]:
    """Return the living children of a process."""
    return _children().get(parent, [])


def family(root: int) -> list[int]:
    """Return a process and its living descendants."""
    known = _children()
    members = [root]
    for pid in members:
        members += known.get(pid, [])
    return members


def _children() -> dict[int, list[int]]:
    """Return the living children of each process."""
    known: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            known.setdefault(int(fields[1]), []).append(int(entry.name))
    return known


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU seconds of processes so far, including their ended children."""
    ticks = 0
    for pid in pids:
        if fields := _stat(pid):
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICK


def thread_seconds(pids: Iterable[int]) -> float:
    """Return the CPU seconds of the living threads of processes, by the scheduler's clock.

    Finer than ``cpu_seconds``, which counts ticks of ten milliseconds.
    """
    nanoseconds = 0
    for pid in pids:
        for thread in (_PROC / str(pid) / "task").iterdir():
            with suppress(OSError):
                nanoseconds += int((thread / "schedstat").read_text().split()[0])
    return nanoseconds / 1e9


def _stat(pid: int) -> list[str]:
    """Return ``/proc/<pid>/stat`` after the name; empty if the process has ended."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


@dataclass(frozen=True)
class Memory:
    """Memory of processes in bytes; ``pss`` is ``None`` if it cannot be read."""

    rss: int
    pss: int | None


def memory(pids: Iterable[int]) -> Memory:
    """Return the memory in use now."""
    rss, pss, known = 0, 0, True
    for pid in pids:
        try:
            rss += int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
            rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
        except FileNotFoundError:
            continue
        except OSError:
            known = False
            continue
        pss += next(
            int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")
        )
    return Memory(rss, pss if known else None)


class MemoryWatch:
    """Samples the peak memory of a process and its descendants; a context manager."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.peak_rss = 0
        self.peak_pss: int | None = 0

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            now = memory(family(self._root))
            self.peak_rss = max(self.peak_rss, now.rss)
            if now.pss is None or self.peak_pss is None:
                self.peak_pss = None
            else:
                self.peak_pss = max(self.peak_pss, now.pss)
            if self._stop.wait(_MEMORY_SECONDS):
                return


@dataclass(frozen=True)
class Use:
    """CPU seconds used up to a time.

    Attributes:
        time: Monotonic time of the measurement.
        seconds: CPU of some processes.
        machine: CPU of the whole machine.
    """

    time: float
    seconds: float
    machine: float


def use(root: int) -> Use:
    """Return the CPU of a process and its descendants, and of the whole machine."""
    fields = [int(each) for each in (_PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    busy = sum(fields) - fields[3] - fields[4]
    return Use(time.monotonic(), cpu_seconds(family(root)), busy / _TICK)


# --- /metrics -----------------------------------------------------------------------------

Buckets = dict[float, float]


@dataclass
class Scrape:
    """The metrics of one scrape, summed over shards.

    Attributes:
        samples: Counters and gauges by name.
        latency: Time from read to committed; cumulative counts by upper bound in seconds.
    """

    samples: dict[str, float] = field(default_factory=dict)
    latency: Buckets = field(default_factory=dict)

    @property
    def received(self) -> float:
        """Events read."""
        return self.samples.get(RECEIVED, 0.0)

    @property
    def committed(self) -> float:
        """Events committed."""
        return self.samples.get(COMMITTED, 0.0)

    @property
    def connections(self) -> float:
        """Connections open."""
        return self.samples.get(CONNECTIONS, 0.0)


def read_metrics(text: str, names: Collection[str] | None = None) -> Scrape:
    """Parse Prometheus' text format.

    Args:
        text: The answer to a scrape.
        names: Samples that are needed; ``None``: all. Of a whole scrape parsing takes longer
            than the server's part.
    """
    scrape = Scrape()
    if names is not None:
        lines, first = text.splitlines(keepends=True), tuple(names)
        text = "".join(line for line in lines if line.startswith(first))
    for metric in text_string_to_metric_families(text):
        for sample in metric.samples:
            if sample.name == f"{LATENCY}_bucket":
                bound = float(sample.labels["le"])
                scrape.latency[bound] = scrape.latency.get(bound, 0.0) + sample.value
            else:
                known = scrape.samples.get(sample.name, 0.0)
                scrape.samples[sample.name] = known + sample.value
    return scrape


# --- The machine --------------------------------------------------------------------------


def machine() -> Json:
    """Return a description of the machine and the versions of the software."""
    models = [
        line.partition(":")[2].strip()
        for line in (_PROC / "cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * _PAGE / (1 << 30), 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{name: _version(name) for name in ("duckdb", "uvloop", "numpy", "pyarrow", "tart")},
        "commit": _commit(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return outcome.stdout.strip() or "unknown"
