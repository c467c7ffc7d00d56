"""``tart/gateway/handlers/events.py``: pages of events, single ones and traces."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tart.query.core.event_ids import event_api_id
from tart.units import SECOND_US
from tests.gateway.fake_network import populate
from tests.gateway.fake_shard import (
    BLOCK_HASH,
    NODE_A,
    NODE_B,
    NOON,
    event,
    node,
)
from tests.gateway.running import Running, eventually, with_gateway


def fill(gateway: Running, each: int = 7) -> None:
    """Events of two nodes, by turns on the one shard and the other."""
    for i in range(each):
        gateway.shards[0].append(event(0, i, at=NOON + 2 * i * SECOND_US))
        gateway.shards[1].append(event(1, i, at=NOON + (2 * i + 1) * SECOND_US, node=NODE_B))


@pytest.mark.parametrize("suffix", ["", "/trace"])
def test_the_answer_of_the_shard_with_the_event_is_complete(tmp_path: Path, suffix: str) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        api_id = event_api_id(1, 3)
        response = await gateway.get(f"/api/events/{api_id}{suffix}")
        assert response.status_code == 200
        assert api_id in (response.json().get("id"), response.json().get("root"))
        assert response.headers["x-tart-shards"] == "2/2"
        missing = await gateway.get(f"/api/events/{event_api_id(1, 99)}{suffix}")
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")

    with_gateway(tmp_path, check)


def test_an_event_may_be_on_a_missing_shard_so_the_answer_is_503(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        await gateway.shards[0].stop()
        await eventually(lambda: not gateway.gateway.shards.every[0].up)
        found = await gateway.get(f"/api/events/{event_api_id(1, 3)}")
        assert found.status_code == 200
        unknown = await gateway.get(f"/api/events/{event_api_id(0, 3)}")
        assert unknown.status_code == 503

    with_gateway(tmp_path, check)


def test_events_of_a_node_are_its_own(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        body = await gateway.json(f"/api/nodes/{NODE_B.upper()}/events?limit=4")
        assert {each["node_id"] for each in body["events"]} == {NODE_B}
        assert len(body["events"]) == 4
        assert body["has_more"] is True
        rest = await gateway.json(f"/api/nodes/{NODE_B}/events?cursor={body['next_cursor']}")
        assert [each["event_id"] for each in rest["events"]] == [1, 0]
        assert rest["has_more"] is False
        assert "next_cursor" not in rest

    with_gateway(tmp_path, check)


def test_a_known_node_without_events_has_an_empty_list(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node()]
        body = await gateway.json(f"/api/nodes/{NODE_A}/events")
        assert body == {"events": [], "has_more": False, "window": {"start": None, "end": None}}

    with_gateway(tmp_path, check)


async def _ids(gateway: Running, path: str) -> list[int]:
    return [each["id"] for each in (await gateway.json(path))["events"]]


def test_events_are_merged_newest_first_and_limits_are_clamped(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        body = await gateway.json("/api/events")
        times = [each["received_at"] for each in body["events"]]
        assert times == sorted(times, reverse=True)
        assert (len(times), body["has_more"]) == (12, False)
        everything = [each["id"] for each in body["events"]]
        assert await _ids(gateway, "/api/events?limit=0") == everything[:1]
        assert await _ids(gateway, "/api/events?limit=-7") == everything[:1]
        assert await _ids(gateway, "/api/events?limit=99999999999999999999") == everything
        assert gateway.shards[0].requests[-1].parameters["limit"] == 1001
        assert await _ids(gateway, "/api/events?limit=3&offset=2") == everything[2:5]
        assert await _ids(gateway, "/api/events?limit=3&offset=-2") == everything[:3]
        assert await _ids(gateway, "/api/events?offset=100000") == []

    with_gateway(tmp_path, check)


def test_a_page_of_exactly_limit_events_has_no_more(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        assert (await gateway.json("/api/events?limit=12"))["has_more"] is False
        assert (await gateway.json("/api/events?limit=11"))["has_more"] is True

    with_gateway(tmp_path, check)


def test_pages_stay_the_same_while_events_arrive_and_a_shard_comes_late(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        one, two = gateway.shards
        populate(one, two)
        everything = await _ids(gateway, "/api/events")
        body = await gateway.json("/api/events?limit=5")
        seen = [each["id"] for each in body["events"]]
        two.answers["events"] = lambda _: None  # the second page is without this shard
        gateway.gateway.queries._deadline = 0.2
        number = 100
        while body["has_more"]:
            one.append(event(0, number, at=NOON + SECOND_US))
            two.append(event(1, number, at=NOON + SECOND_US, node=NODE_B))
            number += 1
            body = await gateway.json(f"/api/events?limit=2&cursor={body['next_cursor']}")
            if "shards" in body:
                assert body["shards"] == {"answered": 1, "total": 2}
                gateway.gateway.queries._deadline = 5.0
                two.answers.clear()
            seen += [each["id"] for each in body["events"]]
        assert sorted(seen) == sorted(everything)

    with_gateway(tmp_path, check)


def test_an_offset_beyond_a_chunk_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tart.gateway.fanout.queries.SKIP_CHUNK", 2)

    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        everything = await _ids(gateway, "/api/events")
        assert await _ids(gateway, "/api/events?offset=5&limit=4") == everything[5:9]
        assert await _ids(gateway, "/api/events?offset=12") == []
        assert await _ids(gateway, "/api/events?offset=50") == []

    with_gateway(tmp_path, check)


def _search(names: str) -> dict[str, Any]:
    return dict(each.split("=", 1) for each in names.split("&") if each)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 12),
        ("event_types=11", 12),
        ("event_types=42, 43", 1),
        (f"node_id={NODE_B.upper()}", 6),
        ("slot=3", 2),
        ("core_index=1", 1),
        (f"wp_hash={BLOCK_HASH}", 12),
        (f"hash={BLOCK_HASH[2:].upper()}", 12),
        ("wp_hash=" + "00" * 32, 0),
        ("start_time=2026-11-20T12:00:00.000050Z", 2),
        ("end_time=2026-11-20T12:00:00.000005Z", 2),
        ("start=2026-11-20T13:00:00.00005+01:00&end=2026-11-20T12:00:00.00005Z", 1),
        ("start_time=2026-11-20T13:00:00 01:00&duration=1s", 12),
        ("duration=1s", 0),
        ("event_types=11&slot=3&node_id=" + NODE_A, 1),
    ],
)
def test_search_finds_what_passes_all_conditions(tmp_path: Path, query: str, expected: int) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        if "42" in query:
            gateway.shards[0].append(event(0, 50, number=42, variant="Authored", fields={}))
        if "core" in query:
            fields = {"core": 1}
            gateway.shards[0].append(event(0, 50, number=93, variant="D", fields=fields))
        response = await gateway.get("/api/events/search", params=_search(query))
        body = response.json()
        assert (len(body["events"]), body["total"]) == (expected, expected)

    with_gateway(tmp_path, check)


def test_a_search_has_its_total_on_the_last_page_only(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        path = "/api/events/search?event_types=11&limit=8"
        body = await gateway.json(path)
        assert (body["total"], body["has_more"], body["limit"], body["offset"]) == (
            None,
            True,
            8,
            0,
        )
        body = await gateway.json(f"{path}&cursor={body['next_cursor']}")
        assert (body["total"], body["has_more"]) == (12, False)
        assert (await gateway.json(f"{path}&offset=6"))["total"] == 12

    with_gateway(tmp_path, check)


def test_a_continued_search_keeps_the_window_of_its_first_page(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        now = int(time.time() * SECOND_US)
        gateway.shards[0].append(*[event(0, i, at=now - 1000 + i) for i in range(4)])
        path = "/api/events/search?duration=1h&limit=2"
        body = await gateway.json(path)
        first = gateway.shards[0].requests[-1].parameters
        await gateway.json(f"{path}&cursor={body['next_cursor']}")
        second = gateway.shards[0].requests[-1].parameters
        assert second["cursor"]["window"] == first["cursor"]["window"]
        assert first["cursor"]["window"]["start_us"] is not None

    with_gateway(tmp_path, check)
