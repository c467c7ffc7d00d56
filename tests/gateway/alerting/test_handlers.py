"""The routes of alerts over HTTP: shapes, roles, the audit log, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tart.access.roles import Role
from tart.errors import BadQuery
from tart.gateway.alerting.handlers import read_silence
from tart.gateway.api.components import reference
from tart.gateway.api.contract import ROUTES
from tests.gateway.handlers.test_access import bearer, keys_in
from tests.gateway.json_schema import violations
from tests.gateway.running import Running, running_gateway

BY_NAME = {route.name: route for route in ROUTES}
SILENCE = {"matchers": ['alertname="NodeSilent"'], "duration": "2h", "reason": "moving racks"}
NOW = 1_795_000_000_000_000


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]], **api: Any) -> None:
    async def run() -> None:
        async with running_gateway(directory, **api) as running:
            await test(running)

    asyncio.run(run())


def conforms(name: str, body: Any) -> None:
    """The answer is of the type that its route declares."""
    assert violations(body, reference(BY_NAME[name].answer)) == []


@pytest.mark.slow
def test_silences_begin_and_end_and_both_are_audited(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)

    async def check(gateway: Running) -> None:
        client, operator = gateway.client, bearer(keys[Role.OPERATOR])
        url = "/api/alerts/silences"
        refused = await client.post(url, json=SILENCE, headers=bearer(keys[Role.VIEWER]))
        assert refused.status_code == 403
        made = await client.post(url, json=SILENCE, headers=operator)
        assert made.status_code == 201, made.text
        silence = made.json()
        conforms("create_silence", silence)
        assert (silence["state"], silence["reason"]) == ("active", "moving racks")
        assert silence["author"] == keys[Role.OPERATOR].split("_")[1]
        listed = (await client.get(url, headers=bearer(keys[Role.VIEWER]))).json()
        conforms("silences", listed)
        assert [each["id"] for each in listed["silences"]] == [silence["id"]]
        one = f"{url}/{silence['id']}"
        assert (await client.delete(one, headers=bearer(keys[Role.VIEWER]))).status_code == 403
        ended = await client.delete(one, headers=operator)
        assert ended.json() == {"id": silence["id"], "ended": True}
        missing = await client.delete(f"{url}/nonsense", headers=operator)
        assert missing.status_code == 404
        assert "/api/alerts/silences lists them" in missing.json()["error"]["message"]
        audit = (await client.get("/api/audit", headers=bearer(keys[Role.ADMIN]))).json()
        actions = [
            (entry["action"], entry["detail"])
            for entry in audit["entries"]
            if entry["action"] != "request"
        ]
        assert actions[0] == ("end_silence", silence["id"])
        action, detail = actions[1]
        assert action == "create_silence"
        assert "NodeSilent" in detail
        assert "moving racks" in detail

    with_gateway(tmp_path, check)


def test_the_answers_have_their_declared_types(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)

    async def check(gateway: Running) -> None:
        admin = bearer(keys[Role.ADMIN])
        for name in ("alerts", "alert_rules", "alert_history", "silences", "deliveries"):
            response = await gateway.client.get(BY_NAME[name].path, headers=admin)
            assert response.status_code == 200, response.text
            conforms(name, response.json())
        # Without a body, as curl -X POST sends it.
        reloaded = await gateway.client.post("/api/alerts/rules/reload", headers=admin)
        conforms("reload_alert_rules", reloaded.json())
        retry = await gateway.client.post("/api/alerts/deliveries/x/retry", headers=admin)
        assert retry.status_code == 404
        for body, status in (({"channel": "nope"}, 404), ({"channel": 7}, 400), ({}, 400)):
            test = await gateway.client.post("/api/alerts/send-test", json=body, headers=admin)
            assert test.status_code == status, test.text

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"matchers": None}, "matchers"),
        ({"matchers": []}, "matchers"),
        ({"matchers": ['a="b"'] * 21}, "matchers"),
        ({"matchers": [7]}, "matchers"),
        ({"matchers": 'alertname="x"'}, "matchers"),
        ({"duration": None}, "ends_at"),
        ({"duration": 7200}, "duration"),
        ({"duration": "soon"}, "duration"),
        ({"ends_at": "2027-01-01T00:00:00Z"}, "ends_at"),
        ({"duration": None, "ends_at": 7}, "ends_at"),
        ({"duration": None, "ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"duration": None, "ends_at": "2030-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "x"}, "starts_at"),
        ({"reason": None}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "a\nb"}, "reason"),
        ({"author": "x" * 101}, "author"),
    ],
)
def test_a_silence_that_is_not_valid_is_refused_and_the_member_named(
    change: dict[str, Any], name: str
) -> None:
    with pytest.raises(BadQuery) as refused:
        read_silence({**SILENCE, **change}, "me", NOW)
    assert refused.value.parameter == name


def test_a_silence_begins_now_and_is_its_caller_s_unless_it_says_otherwise() -> None:
    silence = read_silence(SILENCE, "me", NOW)
    assert (silence.author, silence.starts_us) == ("me", NOW)
    assert silence.ends_us - silence.starts_us == 2 * 3600 * 10**6
    later = {**SILENCE, "starts_at": "2026-12-01T00:00:00Z", "author": "she"}
    planned = read_silence(later, "me", NOW)
    assert planned.author == "she"
    assert planned.ends_us - planned.starts_us == 2 * 3600 * 10**6
