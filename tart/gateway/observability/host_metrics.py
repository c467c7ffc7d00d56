"""The machine and the server's processes in ``/metrics``.

Names and modes follow Prometheus' node_exporter where it has the same figure.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from tart.gateway.observability.host_usage import HostSample, ProcessSample


def host_metrics(sample: HostSample | None) -> Iterator[Metric]:
    """Yield the metrics of the newest sample; none before the first."""
    if sample is not None:
        yield from _machine(sample)
        yield from _transfers(sample)
        yield from _limits(sample)
        yield from _processes(sample.processes)


def _machine(sample: HostSample) -> Iterator[Metric]:
    modes = CounterMetricFamily(
        "tart_host_cpu_seconds", "Time of all processors by mode.", labels=["mode"]
    )
    for mode, seconds in sample.cpu_seconds.items():
        modes.add_metric([mode], seconds)
    yield modes
    load = GaugeMetricFamily(
        "tart_host_load", "Mean number of running and waiting tasks.", labels=["minutes"]
    )
    for minutes, value in zip(("1", "5", "15"), sample.load, strict=True):
        load.add_metric([minutes], value)
    yield load
    yield GaugeMetricFamily("tart_host_cpus", "Processors of the machine.", value=sample.cpus)
    yield GaugeMetricFamily(
        "tart_host_memory_bytes", "Memory of the machine.", value=sample.memory_total
    )
    yield GaugeMetricFamily(
        "tart_host_memory_available_bytes",
        "Memory that processes can still get.",
        value=sample.memory_available,
    )
    yield GaugeMetricFamily("tart_host_swap_used_bytes", "Used swap.", value=sample.swap_used)


def _transfers(sample: HostSample) -> Iterator[Metric]:
    for name, documentation, totals, directions in (
        ("disk", "Bytes of all disks.", sample.disk_bytes, ("read", "written")),
        (
            "network",
            "Bytes of all network devices but the loopback device.",
            sample.network_bytes,
            ("received", "sent"),
        ),
    ):
        family = CounterMetricFamily(f"tart_host_{name}_bytes", documentation, labels=["direction"])
        for direction, value in zip(directions, totals or (), strict=False):
            family.add_metric([direction], value)
        yield family


def _limits(sample: HostSample) -> Iterator[Metric]:
    if sample.descriptors is not None:
        opened, most = sample.descriptors
        yield GaugeMetricFamily(
            "tart_host_open_descriptors", "Open files of the machine.", value=opened
        )
        yield GaugeMetricFamily(
            "tart_host_max_descriptors", "Most open files of the machine.", value=most
        )
    if sample.memory_budget is not None:
        limit, used = sample.memory_budget
        yield GaugeMetricFamily(
            "tart_memory_budget_bytes",
            "Most memory that the service may use: MemoryMax, MemoryHigh or the container's limit.",
            value=limit,
        )
        yield GaugeMetricFamily(
            "tart_memory_budget_used_bytes",
            "Memory of the service without file pages that can be dropped at once.",
            value=used,
        )


def _processes(processes: tuple[ProcessSample, ...]) -> Iterator[Metric]:
    """Yield figures by process; statements of SQL, which come and go, are summed as one."""
    cpu = CounterMetricFamily(
        "tart_process_cpu_seconds", "User and system time of a process.", labels=["process"]
    )
    resident = GaugeMetricFamily(
        "tart_process_resident_memory_bytes", "Resident memory of a process.", labels=["process"]
    )
    threads = GaugeMetricFamily("tart_process_threads", "Threads.", labels=["process"])
    opened = GaugeMetricFamily(
        "tart_process_open_fds", "Open descriptors of a process.", labels=["process"]
    )
    limits = GaugeMetricFamily(
        "tart_process_max_fds", "Most open descriptors of a process.", labels=["process"]
    )
    for name in dict.fromkeys(process.name for process in processes):
        members = [process for process in processes if process.name == name]
        resident.add_metric([name], sum(each.resident_bytes for each in members))
        threads.add_metric([name], sum(each.threads for each in members))
        if len(members) == 1:
            (process,) = members
            cpu.add_metric([name], process.cpu_seconds)
            if process.descriptors is not None:
                opened.add_metric([name], process.descriptors)
            if process.descriptor_limit is not None:
                limits.add_metric([name], process.descriptor_limit)
    yield from (cpu, resident, threads, opened, limits)
