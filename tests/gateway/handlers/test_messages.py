"""``tart/gateway/handlers/messages.py``: the message of the one shard that has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.running import Running, eventually, with_gateway


@pytest.mark.parametrize(
    ("query", "path"),
    [("message", "/api/events/7/fields"), ("first_message", "/api/sessions/7/fields")],
)
def test_the_answer_of_the_shard_with_the_message_is_complete(
    tmp_path: Path, query: str, path: str
) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[1].answers[query] = lambda parameters: {"id": 7, "fields": []}
        gateway.shards[0].answers[query] = lambda parameters: gateway.shards[0].usual_answer(
            "event", {"id": 1 << 40}
        )
        response = await gateway.get(path)
        assert response.json() == {"id": 7, "fields": []}
        assert response.headers["x-tart-shards"] == "2/2"
        gateway.shards[1].answers[query] = gateway.shards[0].answers[query]
        assert (await gateway.get(path)).status_code == 404
        await gateway.shards[0].stop()
        await eventually(lambda: not gateway.gateway.shards.every[0].up)
        assert (await gateway.get(path)).status_code == 503

    with_gateway(tmp_path, check)
