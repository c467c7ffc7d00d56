"""The gateway's own metrics, each with its help."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tart.gateway.observability.gateway_metrics import GatewayCounts, gateway_metrics
from tests.gateway.running import running_gateway


def test_every_count_is_a_metric_of_its_own() -> None:
    numbers = range(len(GatewayCounts._fields))
    metrics = gateway_metrics(GatewayCounts(*numbers))
    assert [value for value, _ in metrics.values()][1:] == list(numbers)
    assert metrics["tart_gateway_uptime_seconds"][0] == 0
    assert metrics["tart_gateway_resident_memory_bytes"][0] > 1 << 20


def test_every_metric_of_the_gateway_has_a_number_and_a_sentence(tmp_path: Path) -> None:
    async def check() -> None:
        async with running_gateway(tmp_path) as running:
            metrics = running.gateway._metrics()
            text = (await running.get("/metrics")).text
            for name, (value, documentation) in metrics.items():
                assert name.startswith("tart_")
                assert value >= 0
                assert documentation.endswith(".")
                assert f"# HELP {name} {documentation}" in text

    asyncio.run(check())
