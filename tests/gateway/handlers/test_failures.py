"""Failure groups over HTTP: shapes, states, roles, the audit log, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tart.access.roles import Role
from tart.gateway.api.components import reference
from tart.gateway.api.contract import ROUTES
from tart.gateway.fanout.queries import now_us
from tart.protocol.events import EventKind
from tart.query.core.failure_templates import failure_fingerprint
from tests.gateway.fake_failures import failure
from tests.gateway.fake_shard import NODE_A, NODE_B, event
from tests.gateway.handlers.test_access import bearer, keys_in
from tests.gateway.json_schema import violations
from tests.gateway.running import Running, running_gateway

BY_NAME = {route.name: route for route in ROUTES}
REQUEST_FAILED = EventKind.BLOCK_REQUEST_FAILED.number
NO_BLOCK = failure_fingerprint(REQUEST_FAILED, "no such block")
TIMED_OUT = failure_fingerprint(92, "timed out after <duration>")


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]]) -> None:
    async def run() -> None:
        async with running_gateway(directory) as gateway:
            await test(gateway)

    asyncio.run(run())


def conforms(name: str, body: Any) -> None:
    """The answer is of the type that its route declares."""
    assert violations(body, reference(BY_NAME[name].answer)) == []


def fill(gateway: Running) -> None:
    """Two groups: one of two nodes on two shards, one of another type."""
    now = now_us()
    one, other = gateway.shards
    one.append(event(0, 1, at=now - 3))
    failure(one, now - 2, "timed out after 5s")
    failure(one, now - 1, "timed out after 70 ms")
    failure(other, now - 1, "timed out after 6s", node=NODE_B)
    failure(other, now - 1, "no such block", node=NODE_B, number=REQUEST_FAILED)


def test_groups_have_the_failures_of_all_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        gateway.know(NODE_A, NODE_B)
        await gateway.gateway.failure_watch.scan()
        body = await gateway.json("/api/failures")
        conforms("failures", body)
        assert [
            (each["fingerprint"], each["event_name"], each["count"], each["nodes"], each["is_new"])
            for each in body["failures"]
        ] == [
            (TIMED_OUT, "WorkPackageFailed", 3, 2, True),
            (NO_BLOCK, "BlockRequestFailed", 1, 1, True),
        ]
        assert sum(body["failures"][0]["series"]) == 3
        assert body["totals"]["by_state"] == {
            **{"open": 2, "resolved": 0, "ignored": 0},
            "regressed": 0,
        }
        assert body["watch"]["groups"] == 2
        assert body["watch"]["is_complete"]
        for query, names in {
            f"type={REQUEST_FAILED}": ["BlockRequestFailed"],
            f"node={NODE_A}": ["WorkPackageFailed"],
            "implementation=nothing": [],
            "state=resolved": [],
            "limit=1&sort=nodes": ["WorkPackageFailed"],
        }.items():
            body = await gateway.json(f"/api/failures?{query}")
            assert [each["event_name"] for each in body["failures"]] == names, query

    with_gateway(tmp_path, check)


def test_a_group_has_nodes_reasons_and_samples_with_breadcrumbs(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        body = await gateway.json(f"/api/failures/{TIMED_OUT}")
        conforms("failure", body)
        assert [(each["node_id"], each["count"]) for each in body["failing_nodes"]] == [
            (NODE_A, 2),
            (NODE_B, 1),
        ]
        assert {each["reason"]: each["count"] for each in body["reasons"]} == {
            **{"timed out after 5s": 1, "timed out after 6s": 1},
            "timed out after 70 ms": 1,
        }
        assert body["different_reasons"] == 3
        by_node = {each["event"]["node_id"]: each for each in body["samples"]}
        assert by_node.keys() == {NODE_A, NODE_B}
        assert by_node[NODE_A]["reason"] == "timed out after 70 ms"
        before = [each["event_name"] for each in by_node[NODE_A]["breadcrumbs"]]
        assert before == ["BestBlockChanged", "WorkPackageFailed"]
        assert "3 failures of 2 nodes" in body["summary"]
        missing = await gateway.get(f"/api/failures/{'0' * 16}")
        assert missing.status_code == 404
        assert "/api/failures lists" in missing.json()["error"]["message"]

    with_gateway(tmp_path, check)


def test_a_group_without_a_failure_in_the_window_is_shown_by_its_fingerprint(
    tmp_path: Path,
) -> None:
    async def check(gateway: Running) -> None:
        fill(gateway)
        await gateway.gateway.failure_watch.scan()
        long_ago = "start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z"
        assert (await gateway.json(f"/api/failures?{long_ago}"))["failures"] == []
        body = await gateway.json(f"/api/failures/{TIMED_OUT}?{long_ago}")
        conforms("failure", body)
        assert (body["count"], body["samples"], body["failing_nodes"]) == (0, [], [])

    with_gateway(tmp_path, check)


@pytest.mark.slow
def test_states_need_an_operator_and_are_audited(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)

    async def check(gateway: Running) -> None:
        fill(gateway)
        await gateway.gateway.failure_watch.scan()
        url, operator = f"/api/failures/{TIMED_OUT}/state", bearer(keys[Role.OPERATOR])
        change = {"state": "resolved", "reason": "fixed in quic", "version": "0.3.2"}
        refused = await gateway.client.post(url, json=change, headers=bearer(keys[Role.VIEWER]))
        assert refused.status_code == 403
        done = await gateway.client.post(url, json=change, headers=operator)
        assert done.status_code == 200, done.text
        conforms("set_failure_state", done.json())
        assert done.json()["changed_by"] == keys[Role.OPERATOR].split("_")[1]
        shown = await gateway.client.get(f"/api/failures/{TIMED_OUT}", headers=operator)
        assert (shown.json()["state"], shown.json()["resolved_version"]) == ("resolved", "0.3.2")
        failure(gateway.shards[0], now_us() + 1, "timed out after 1s", node_version="0.3.3")
        await gateway.gateway.failure_watch.scan()
        shown = await gateway.client.get(f"/api/failures/{TIMED_OUT}", headers=operator)
        assert shown.json()["state"] == "regressed"
        assert "seen again in 0.3.3" in shown.json()["summary"]
        audit = await gateway.client.get("/api/audit", headers=bearer(keys[Role.ADMIN]))
        entries = [e for e in audit.json()["entries"] if e["action"] == "set_failure_state"]
        assert [entry["detail"] for entry in entries] == [
            f"{TIMED_OUT} resolved 0.3.2 fixed in quic"
        ]

    with_gateway(tmp_path, check)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"state": "regressed"}, "state must be one of open, resolved, ignored"),
    ({}, "state must be one of"),
    ({"state": "open", "version": "1"}, "version belongs to the state resolved"),
    ({"state": "ignored", "reason": "x" * 1001}, "reason must be at most 1000"),
    ({"state": "ignored", "reason": "\x1b[2J"}, "printable"),
    ({"state": "ignored", "why": "x"}, "why"),
]


def test_wrong_states_are_refused_with_the_way_out(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for body, text in WRONG:
            response = await gateway.client.post(f"/api/failures/{TIMED_OUT}/state", json=body)
            assert response.status_code == 400, body
            assert text in response.json()["error"]["message"]
        right = {"state": "ignored"}
        response = await gateway.client.post(f"/api/failures/{TIMED_OUT}/state", json=right)
        assert response.status_code == 404

    with_gateway(tmp_path, check)
