"""The gateway's own figures, each with its help."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tart.gateway.observability.gateway_metrics import figures
from tests.gateway.running import running_gateway


def test_every_figure_has_a_number_and_a_sentence(tmp_path: Path) -> None:
    async def check() -> None:
        async with running_gateway(tmp_path) as running:
            found = figures(running.gateway, 12.5)
            assert found["tart_gateway_uptime_seconds"][0] == 12.5
            assert found["tart_gateway_resident_memory_bytes"][0] > 1 << 20
            text = (await running.get("/metrics")).text
            for name, (value, what) in found.items():
                assert name.startswith("tart_")
                assert value >= 0
                assert what.endswith(".")
                assert f"# HELP {name} {what}" in text

    asyncio.run(check())
