"""The use of the machine over time: samples, what passed between two of them, and a history.

Pure. Counters are the kernel's; a counter that falls (a device was removed, a process started
again) counts nothing until the next sample.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tart.query.answers.server import HostUsage, ProcessUsage, ServerHistory
from tart.query.core.rfc3339 import rfc3339

# The history has a sample for each of these times; a day of minutes is some 3 MB.
STEP_SECONDS = 60.0
HISTORY_SAMPLES = 24 * 60
# A greater limit of the kernel, such as 2^63 - 1, is none, and more than readers of JSON can be
# expected to take exactly.
MAX_LIMIT = 2**53 - 1


class ProcessSample(NamedTuple):
    """One process of the server.

    Attributes:
        name: Its title without ``tart: `` and without its state, such as ``shard 0``.
        cpu_seconds: User and system time since it started.
        descriptors: Open file descriptors, ``None`` if they cannot be counted.
        descriptor_limit: The soft limit.
    """

    name: str
    pid: int
    cpu_seconds: float
    resident_bytes: int
    threads: int
    descriptors: int | None
    descriptor_limit: int | None


@dataclass(frozen=True)
class HostSample:
    """The counters of the machine at one time; ``None`` for what the kernel does not tell.

    Attributes:
        time_us: Unix microseconds.
        seconds: A monotonic clock.
        cpu_seconds: Of all processors by mode: ``user``, ``system``, ``iowait``, ``steal``,
            ``idle`` and others.
        load: Means of 1, 5 and 15 minutes.
        disk_bytes: Read and written, of all disks.
        network_bytes: Received and sent, without the loopback device.
        descriptors: Open files of the machine, and the most that it allows.
        memory_budget: Limit and use of the service.
    """

    time_us: int
    seconds: float
    cpus: int
    cpu_seconds: Mapping[str, float]
    load: tuple[float, float, float]
    memory_total: int
    memory_available: int
    swap_used: int
    disk_bytes: tuple[int, int] | None = None
    network_bytes: tuple[int, int] | None = None
    descriptors: tuple[int, int] | None = None
    memory_budget: tuple[int, int] | None = None
    processes: tuple[ProcessSample, ...] = ()


# Modes of /proc/stat in which a processor does nothing for a process here.
_IDLE = ("idle", "iowait")
# Parts of others that /proc/stat has a second time.
_INCLUDED = ("guest", "guest_nice")


def usage(before: HostSample | None, now: HostSample) -> HostUsage:
    """Return the use of the machine between two samples; rates are null without the first."""
    seconds = 0.0 if before is None else now.seconds - before.seconds
    shares = {} if before is None else _shares(before.cpu_seconds, now.cpu_seconds)
    read, written = _rates(before.disk_bytes if before else None, now.disk_bytes, seconds)
    received, sent = _rates(before.network_bytes if before else None, now.network_bytes, seconds)
    opened, most = now.descriptors or (None, None)
    if most is not None and most > MAX_LIMIT:
        most = None
    limit, used = now.memory_budget or (None, None)
    return {
        "cpu_share": None if not shares else round(1 - sum(shares.get(m, 0) for m in _IDLE), 4),
        "cpu_wait_share": shares.get("iowait"),
        "cpu_steal_share": shares.get("steal"),
        "load_1m": round(now.load[0], 2),
        "load_5m": round(now.load[1], 2),
        "load_15m": round(now.load[2], 2),
        "memory_used_bytes": now.memory_total - now.memory_available,
        "swap_used_bytes": now.swap_used,
        "disk_read_bytes_per_second": read,
        "disk_written_bytes_per_second": written,
        "network_received_bytes_per_second": received,
        "network_sent_bytes_per_second": sent,
        "descriptors_open": opened,
        "descriptors_limit": most,
        "memory_budget_bytes": limit,
        "memory_budget_used_bytes": used,
    }


def process_usages(before: HostSample | None, now: HostSample) -> list[ProcessUsage]:
    """Return the use of each process between two samples."""
    earlier = {} if before is None else {each.pid: each for each in before.processes}
    seconds = 0.0 if before is None else now.seconds - before.seconds
    return [
        {
            "name": process.name,
            "pid": process.pid,
            "cpu_cores": _cores(earlier.get(process.pid), process, seconds),
            "cpu_seconds": round(process.cpu_seconds, 2),
            "resident_bytes": process.resident_bytes,
            "threads": process.threads,
            "descriptors_open": process.descriptors,
            "descriptors_limit": process.descriptor_limit,
        }
        for process in now.processes
    ]


def descriptors_share(samples: Iterable[ProcessSample]) -> float | None:
    """Return the largest used share of a process's descriptors; ``None`` if it is not known."""
    return max(
        (
            each.descriptors / each.descriptor_limit
            for each in samples
            if each.descriptors is not None and each.descriptor_limit
        ),
        default=None,
    )


def _shares(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """Return the shares of all processors' time by mode."""
    spent = {
        mode: max(0.0, value - before.get(mode, value))
        for mode, value in now.items()
        if mode not in _INCLUDED
    }
    whole = sum(spent.values())
    return {mode: round(value / whole, 4) for mode, value in spent.items()} if whole > 0 else {}


def _rates(
    before: tuple[int, int] | None, now: tuple[int, int] | None, seconds: float
) -> tuple[float | None, float | None]:
    if before is None or now is None or seconds <= 0:
        return None, None
    first, second = (
        None if new < old else round((new - old) / seconds, 1)
        for old, new in zip(before, now, strict=True)
    )
    return first, second


def _cores(before: ProcessSample | None, now: ProcessSample, seconds: float) -> float | None:
    if before is None or before.name != now.name or seconds <= 0:
        return None
    spent = now.cpu_seconds - before.cpu_seconds
    return None if spent < 0 else round(spent / seconds, 4)


class _Moment(NamedTuple):
    time_us: int
    host: HostUsage
    processes: Sequence[ProcessUsage]


class HostHistory:
    """The newest sample, and one a minute of the last day; of this gateway's time alone."""

    def __init__(self) -> None:
        self._before: HostSample | None = None
        self._newest: HostSample | None = None
        self._stepped: HostSample | None = None
        self._moments: deque[_Moment] = deque(maxlen=HISTORY_SAMPLES)

    @property
    def newest(self) -> HostSample | None:
        """The newest sample."""
        return self._newest

    def add(self, sample: HostSample) -> None:
        """Add a sample, later than the ones before."""
        self._before, self._newest = self._newest, sample
        if self._stepped is None:
            self._stepped = sample
        elif sample.seconds - self._stepped.seconds >= STEP_SECONDS - 0.5:
            moment = _Moment(
                sample.time_us, usage(self._stepped, sample), process_usages(self._stepped, sample)
            )
            self._moments.append(moment)
            self._stepped = sample

    def usage(self) -> HostUsage | None:
        """Return the use between the newest two samples; ``None`` before the first."""
        return None if self._newest is None else usage(self._before, self._newest)

    def process_usages(self) -> list[ProcessUsage]:
        """Return the use of each process between the newest two samples."""
        return [] if self._newest is None else process_usages(self._before, self._newest)

    def answer(self, since_us: int) -> ServerHistory:
        """Return the body of ``/api/server/history``.

        Args:
            since_us: Only samples from this time on, Unix microseconds.
        """
        moments = [each for each in self._moments if each.time_us >= since_us]
        names = list(dict.fromkeys(name for each in moments for name in _names(each)))
        return {
            "step_seconds": STEP_SECONDS,
            "times": [rfc3339(each.time_us) or "" for each in moments],
            "host": {name: [_values(each.host)[name] for each in moments] for name in _HOST_SERIES},
            "processes": {
                name: {
                    series: [_of(each.processes, name).get(series) for each in moments]
                    for series in _PROCESS_SERIES
                }
                for name in names
            },
        }


_HOST_SERIES = tuple(HostUsage.__annotations__)
_PROCESS_SERIES = ("cpu_cores", "resident_bytes", "descriptors_open")


def _values(host: HostUsage) -> dict[str, Any]:
    return dict(host)


def _names(moment: _Moment) -> Iterator[str]:
    return (process["name"] for process in moment.processes)


def _of(processes: Iterable[ProcessUsage], name: str) -> dict[str, Any]:
    return next((dict(each) for each in processes if each["name"] == name), {})
