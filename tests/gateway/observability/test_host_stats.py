"""``tart/gateway/observability/host_stats.py``: what the kernel says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tart.gateway.observability import host_stats
from tart.gateway.observability.host_stats import disk, memory, read_host


def test_available_memory_is_part_of_the_total() -> None:
    available, whole = memory()
    assert 0 < available < whole


def test_free_space_of_a_missing_directory_is_part_of_its_disk(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        free, whole = disk(path)
        assert 0 < free < whole


def test_a_process_without_a_supervisor_is_the_gateway_alone() -> None:
    first = read_host()
    assert [(each.name, each.pid) for each in first.processes] == [("gateway", os.getpid())]
    (own,) = first.processes
    assert own.descriptors is not None
    assert own.resident_bytes > 1 << 20
    assert {"user", "system", "idle", "iowait"} <= first.cpu_seconds.keys()
    sum(number * number for number in range(300_000))
    second = read_host()
    assert second.processes[0].cpu_seconds > own.cpu_seconds
    assert second.seconds > first.seconds


def test_a_sandbox_may_open_no_file_and_has_no_limit_to_come_near_to() -> None:
    assert host_stats._process(psutil.Process(), "shard 0").descriptor_limit is not None
    code = "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3)); print(flush=True); input()"
    command = [sys.executable, "-c", f"import resource; {code}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        # Before it has its title, it has that of the gateway.
        sandbox = host_stats._process(psutil.Process(child.pid), "gateway")
        child.kill()
    # As many as it may have: a share of 1 that is no shortage.
    assert (sandbox.descriptors, sandbox.descriptor_limit) == (3, None)


def test_a_child_without_a_title_is_no_process_of_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = psutil.Process()
    titles = {own.pid: "supervisor"}
    monkeypatch.setattr(psutil.Process, "parent", lambda _: own)
    monkeypatch.setattr(host_stats, "_title", lambda process: titles.get(process.pid, ""))
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        assert child.pid in [process.pid for process in own.children()]
        assert [each.name for each in host_stats._processes()] == ["supervisor"]


def test_what_the_kernel_does_not_tell_costs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no such file in this container")

    def deny(*_: object) -> None:
        raise psutil.AccessDenied

    for name in ("disk_io_counters", "net_io_counters", "swap_memory"):
        monkeypatch.setattr(psutil, name, refuse)
    monkeypatch.setattr(psutil.Process, "num_fds", deny)
    monkeypatch.setattr(host_stats, "_machine_descriptors", refuse)
    read = read_host()
    assert (read.disk_bytes, read.network_bytes, read.descriptors, read.swap_used) == (
        None,
        None,
        None,
        0,
    )
    assert read.processes[0].descriptors is None
    assert read.memory_total > 0


def test_a_process_that_ends_meanwhile_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(self: psutil.Process) -> None:
        raise psutil.NoSuchProcess(self.pid)

    monkeypatch.setattr(psutil.Process, "num_threads", vanish)
    assert read_host().processes == ()
