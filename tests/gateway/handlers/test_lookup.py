"""``tart/gateway/handlers/lookup.py``: a text is looked up where it may name something."""

from __future__ import annotations

from pathlib import Path

from tart.ipc.messages import Failure
from tart.query.core.event_ids import event_api_id
from tests.gateway.fake_network import populate
from tests.gateway.fake_shard import NODE_A
from tests.gateway.running import Running, with_gateway

PACKAGE = "b5af" + "0" * 56 + "42e8"
ROW = {
    **{"kind": "package", "hash": PACKAGE, "last_at": 5, "slot": 9, "core": 1},
    **{"package": PACKAGE, "outcome": "unfinished"},
}


def asked(gateway: Running) -> set[str]:
    return {each.name for each in gateway.shards[0].requests}


def test_a_text_is_looked_up_only_where_it_may_name_something(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        gateway.know(NODE_A)
        gateway.shards[0].answers["hash_matches"] = lambda _: [ROW]
        gateway.shards[0].requests.clear()
        names = await gateway.json("/api/search?q=blockannounced")
        assert names["candidates"][0]["page"] == "events?event_types=BlockAnnounced"
        assert not asked(gateway) & {"hash_matches", "event", "chain"}
        short = await gateway.json("/api/search?q=b5af…42e8")
        assert [each["page"] for each in short["candidates"]] == [f"work/{PACKAGE}"]
        assert short["since"] is not None
        whole = await gateway.json(f"/api/search?q=0x{PACKAGE}")
        assert whole["since"] is None
        event_id = event_api_id(0, 2)
        number = await gateway.json(f"/api/search?q={event_id}")
        assert f"events/{event_id}" in [each["page"] for each in number["candidates"]]
        slot = next(each for each in number["candidates"] if each["kind"] == "slot")
        assert slot["sentence"] == "Slot, 505 slots after the best: not reached yet."
        node = await gateway.json(f"/api/search?q={NODE_A[:6]}")
        assert node["candidates"][0]["page"] == f"nodes/{NODE_A}"
        assert node["candidates"][0]["sentence"].endswith(", connected.")

    with_gateway(tmp_path, check)


def test_what_shards_cannot_say_is_left_out(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.know(NODE_A)
        for shard in gateway.shards:
            for name in ("hash_matches", "event", "chain"):
                shard.answers[name] = lambda _: Failure(0, "busy", "too many queries", "")
        for text in (NODE_A, "512", "b5af…42e8"):
            response = await gateway.get(f"/api/search?q={text}")
            assert response.status_code == 200
        answer = await gateway.json(f"/api/search?q={NODE_A}")
        assert answer["candidates"][0]["kind"] == "node"
        assert answer["shards"] == {"answered": 0, "total": 2}

    with_gateway(tmp_path, check)
