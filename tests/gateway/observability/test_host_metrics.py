"""The machine in Prometheus' format."""

from __future__ import annotations

from prometheus_client.samples import Sample

from tart.gateway.observability.host_metrics import host_metrics
from tests.gateway.observability.test_host_usage import process, sample


def samples(**changes: object) -> dict[tuple[str, ...], float]:
    metrics = host_metrics(sample(**changes))
    rows: list[Sample] = [row for metric in metrics for row in metric.samples]
    return {(row.name, *row.labels.values()): row.value for row in rows}


def test_there_are_no_metrics_before_the_first_sample() -> None:
    assert list(host_metrics(None)) == []


def test_what_is_not_known_has_no_sample() -> None:
    known = samples()
    assert known["tart_host_load", "1"] == 0.5
    assert known["tart_host_cpu_seconds_total", "user"] == 0
    names = {name for name, *_ in known}
    assert not {"tart_memory_budget_bytes", "tart_host_open_descriptors"} & names
    assert ("tart_host_disk_bytes_total", "read") not in known


def test_limits_and_processes() -> None:
    known = samples(
        memory_budget=(10, 5),
        descriptors=(3, 30),
        network_bytes=(1, 2),
        processes=(process(), process(2, "sandbox"), process(3, "sandbox", cpu_seconds=2.0)),
    )
    assert known["tart_memory_budget_used_bytes",] == 5
    assert known["tart_host_network_bytes_total", "sent"] == 2
    assert known["tart_process_open_fds", "shard 0"] == 10
    # Sandboxes come and go: a sum of their counters would fall.
    assert known["tart_process_resident_memory_bytes", "sandbox"] == 200
    assert ("tart_process_cpu_seconds_total", "sandbox") not in known
