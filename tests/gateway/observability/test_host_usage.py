"""The use of the machine between samples, and its history."""

from __future__ import annotations

from typing import Any

from tart.gateway.observability.host_usage import (
    HISTORY_SAMPLES,
    HostHistory,
    HostSample,
    ProcessSample,
    descriptors_share,
    process_usages,
    usage,
)
from tests.query.answers.checking import check


def process(pid: int = 1, name: str = "shard 0", **changes: Any) -> ProcessSample:
    known: dict[str, Any] = {
        "cpu_seconds": 0.0,
        "resident_bytes": 100,
        "threads": 3,
        "descriptors": 10,
        "descriptor_limit": 100,
        **changes,
    }
    return ProcessSample(name, pid, **known)


def sample(seconds: float = 0.0, **changes: Any) -> HostSample:
    known: dict[str, Any] = {
        "cpus": 2,
        "cpu_seconds": {"user": 0.0, "idle": 0.0},
        "load": (0.5, 0.25, 0.125),
        "memory_total": 100,
        "memory_available": 60,
        "swap_used": 7,
        **changes,
    }
    return HostSample(time_us=int(seconds * 1e6), seconds=seconds, **known)


def test_rates_are_between_two_samples() -> None:
    first = sample(
        10,
        cpu_seconds={"user": 1.0, "system": 1.0, "idle": 10.0, "iowait": 0.0, "guest": 0.0},
        disk_bytes=(100, 1000),
        network_bytes=(0, 0),
    )
    later = sample(
        20,
        cpu_seconds={"user": 5.0, "system": 2.0, "idle": 20.0, "iowait": 5.0, "guest": 4.0},
        disk_bytes=(300, 1000),
        network_bytes=(50, 20),
        descriptors=(5, 50),
        memory_budget=(40, 30),
    )
    between = usage(first, later)
    assert between["cpu_share"] == 0.25
    assert between["cpu_wait_share"] == 0.25
    assert between["cpu_steal_share"] is None
    assert between["memory_used_bytes"] == 40
    assert between["disk_read_bytes_per_second"] == 20
    assert between["disk_written_bytes_per_second"] == 0
    assert between["network_sent_bytes_per_second"] == 2
    assert (between["descriptors_open"], between["memory_budget_used_bytes"]) == (5, 30)
    assert usage(None, later)["cpu_share"] is None


def test_a_counter_that_falls_counts_nothing() -> None:
    first = sample(0, disk_bytes=(100, 100), cpu_seconds={"user": 9.0, "idle": 5.0})
    later = sample(10, disk_bytes=(50, 200), cpu_seconds={"user": 1.0, "idle": 15.0})
    between = usage(first, later)
    assert between["cpu_share"] == 0
    assert between["disk_read_bytes_per_second"] is None
    assert between["disk_written_bytes_per_second"] == 10


def test_a_process_with_a_reused_id_begins_anew() -> None:
    first = sample(0, processes=(process(1, cpu_seconds=9.0), process(2, "sandbox")))
    later = sample(
        10,
        processes=(
            process(1, cpu_seconds=14.0),
            process(2, "gateway", cpu_seconds=8.0),
            process(3, "shard 1", cpu_seconds=1.0, descriptors=None),
        ),
    )
    rows = process_usages(first, later)
    assert [row["cpu_cores"] for row in rows] == [0.5, None, None]
    assert rows[2]["descriptors_open"] is None
    assert descriptors_share(later.processes) == 0.1
    assert descriptors_share(()) is None


def test_the_history_has_a_moment_each_minute_and_says_which_processes_ran() -> None:
    history = HostHistory()
    assert (history.usage(), history.process_usages(), history.newest) == (None, [], None)
    for step in range(19):
        running = (process(), process(2, "shard 1")) if step > 12 else (process(),)
        history.add(sample(step * 10.0, processes=running))
    answer = history.answer(0)
    check("ServerHistory", answer)
    assert len(answer["times"]) == 3
    assert answer["host"]["load_1m"] == [0.5] * 3
    assert answer["processes"]["shard 1"]["resident_bytes"] == [None, None, 100]
    assert len(history.answer(120_000_000)["times"]) == 2
    for step in range(HISTORY_SAMPLES + 10):
        history.add(sample(1000 + step * 60.0))
    assert len(history.answer(0)["times"]) == HISTORY_SAMPLES


def test_a_machine_without_a_limit_of_open_files_has_none() -> None:
    limited, unlimited = (usage(None, sample(descriptors=(5, most))) for most in (50, 2**63 - 1))
    assert (limited["descriptors_open"], limited["descriptors_limit"]) == (5, 50)
    assert (unlimited["descriptors_open"], unlimited["descriptors_limit"]) == (5, None)
