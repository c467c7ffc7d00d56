"""``tart/gateway/fanout/failure_rows.py``: failures by template, of files of all releases."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tart.gateway.fanout.failure_rows import failure_rows
from tart.query.core.windows import Window
from tests.gateway.running import running_gateway

MINUTE = 1_795_000_020_000_000


def test_reasons_of_an_earlier_release_get_their_templates(tmp_path: Path) -> None:
    def answers(parameters: dict[str, Any]) -> list[list[Any]]:
        by = parameters["by"]
        if by == ["type", "template"]:
            return [[92, "after <number>", 2, MINUTE + 5, MINUTE + 9], [92, None, 4, None, MINUTE]]
        assert by == ["bucket", "reason", "type", "template"]
        return [
            [MINUTE, "after 1", 92, "after <number>", 2, MINUTE + 5, MINUTE + 9],
            [MINUTE, "after 7", 92, None, 3, None, MINUTE + 30],
            [MINUTE, "other", 92, None, 1, None, MINUTE + 20],
        ]

    async def run() -> None:
        async with running_gateway(tmp_path, shards=1) as gateway:
            gateway.shards[0].answers["aggregate_sum"] = answers
            rows, seen = await failure_rows(gateway.gateway.queries, Window(), [])
            assert seen.complete
            assert rows == [
                {
                    "type": 92,
                    "template": "after <number>",
                    "count": 5,
                    "first_at": MINUTE,
                    "last_at": MINUTE + 30,
                },
                {
                    "type": 92,
                    "template": "other",
                    "count": 1,
                    "first_at": MINUTE,
                    "last_at": MINUTE + 20,
                },
            ]

    asyncio.run(run())
