"""Alerting in a whole gateway over fake shards: rules, states, silences, reload, and faults."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tart.access.roles import Role
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition
from tart.gateway.fanout.queries import now_us
from tests.gateway.fake_shard import NODE_A, NODE_B, claims, node
from tests.gateway.handlers.test_access import bearer, keys_in
from tests.gateway.running import PATIENCE_SECONDS, Running, running_gateway

pytestmark = pytest.mark.slow

BEHIND = """
disable = ["*"]
[[rule]]
alert = "Behind"
figure = "node_behind_slots"
by = "node"
above = 10
severity = "critical"
"""
# Heard of just now, whenever that is.
SPEAKING = {"last_seen_at": "9999-12-31T23:59:59.000000Z"}


def with_gateway(
    directory: Path, test: Callable[[Running], Awaitable[None]], rules: str = BEHIND, **api: Any
) -> None:
    (directory / "alerts.toml").write_text(rules)

    async def run() -> None:
        async with running_gateway(directory, evaluation_seconds=0.02, **api) as running:
            shard = running.shards[0]
            shard.nodes = [node(NODE_A, **SPEAKING), node(NODE_B, **SPEAKING)]
            put_behind(running, 0)
            await test(running)

    asyncio.run(run())


def put_behind(gateway: Running, slots: int) -> None:
    """Make A so many slots behind: B alone is a third of the network."""
    gateway.shards[0].chain = [claims(NODE_A, 1000 - slots, None), claims(NODE_B, 1000, None)]


async def until(gateway: Running, condition: Callable[[Any], Any], path: str = "") -> Any:
    """The first answer that fulfils a condition."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition(body := await gateway.json(f"/api/alerts{path}")):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return body


def state(body: Any) -> str | None:
    """The state of the only alert."""
    return next((alert["state"] for alert in body["alerts"]), None)


def test_an_alert_fires_is_silenced_and_ends_and_its_history_says_so(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        well = await until(gateway, lambda body: body["evaluated_at"])
        assert (well["alerts"], well["problems"]) == ([], [])
        assert (well["shards_answered"], well["shards_total"]) == (2, 2)
        put_behind(gateway, 99)
        body = await until(gateway, lambda body: state(body) == "firing")
        (alert,) = body["alerts"]
        assert (alert["alert"], alert["value"], alert["above"]) == ("Behind", 99.0, 10.0)
        assert alert["about"] == {"kind": "node", "id": NODE_A}
        assert body["counts"]["by_severity"] == {"critical": 1, "warning": 0, "info": 0}
        assert (await gateway.json(f"/api/alerts?node={NODE_B}"))["alerts"] == []
        assert (await gateway.json("/api/alerts?state=pending"))["alerts"] == []
        rules = await gateway.json("/api/alerts/rules")
        (rule,) = [rule for rule in rules["rules"] if rule["alert"] == "Behind"]
        assert rule["enabled"]
        # Off unless the file names it in enable.
        assert not next(r for r in rules["rules"] if r["alert"] == "NodeDisconnected")["enabled"]
        assert (rule["state"], rule["firing"], rule["last_error"]) == ("firing", 1, None)
        assert {rule["alert"] for rule in rules["rules"] if rule["enabled"]} == {"Behind"}
        assert rule["values"][0] == {"labels": {"node": NODE_A}, "value": 99.0}
        silence = {"matchers": [f'node="{NODE_A}"'], "duration": "1h", "reason": "known"}
        made = (await gateway.client.post("/api/alerts/silences", json=silence)).json()
        assert made["alerts"] == 1
        silenced = await gateway.json("/api/alerts")
        assert silenced["alerts"][0]["silenced_by"] == [made["id"]]
        assert (silenced["counts"]["firing"], silenced["counts"]["silenced"]) == (0, 1)
        one = f"/api/alerts/silences/{made['id']}"
        assert (await gateway.client.delete(one)).status_code == 200
        assert (await gateway.json("/api/alerts"))["counts"]["firing"] == 1
        # A turn that had read the silence before it ended does not bring it back.
        service = gateway.gateway.alerting
        turn = service.evaluator.last
        stale = {alert.id: (made["id"],) for alert in turn.alerts}
        service._receive(replace(turn, silenced_by=stale, seconds=60.0))
        assert (await gateway.json("/api/alerts"))["counts"]["firing"] == 1
        again = await gateway.client.delete(one)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
        put_behind(gateway, 0)
        await until(gateway, lambda body: state(body) in (None, "resolved"))
        history = await gateway.json("/api/alerts/history")
        assert [change["to"] for change in history["history"]] == ["resolved", "firing"]
        assert history["history"][0]["alert_id"] == alert["id"]
        one_change = await gateway.json("/api/alerts/history?limit=1&alert=Behind")
        assert one_change["has_more"]
        newest = one_change["history"][0]["id"]
        (first,) = (await gateway.json(f"/api/alerts/history?before={newest}"))["history"]
        assert first["from"] == "inactive"
        assert (await gateway.json("/api/alerts/history?alert=Other"))["history"] == []

    with_gateway(tmp_path, check)


def test_a_restart_continues_with_alerts_and_silences(tmp_path: Path) -> None:
    known: dict[str, Any] = {}

    async def begin(gateway: Running) -> None:
        put_behind(gateway, 99)
        body = await until(gateway, lambda body: state(body) == "firing")
        known["alert"] = body["alerts"][0]["id"]
        silence = {"matchers": ['alertname="Behind"'], "duration": "1h", "reason": "known"}
        made = await gateway.client.post("/api/alerts/silences", json=silence)
        known["silence"] = made.json()["id"]

    async def resume(gateway: Running) -> None:
        put_behind(gateway, 99)
        body = await until(gateway, lambda body: body["alerts"])
        (alert,) = body["alerts"]
        assert (alert["id"], alert["silenced_by"]) == (known["alert"], [known["silence"]])

    with_gateway(tmp_path, begin)
    with_gateway(tmp_path, resume)


def test_a_reload_takes_effect_and_a_wrong_file_changes_nothing(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)

    async def check(gateway: Running) -> None:
        admin = bearer(keys[Role.ADMIN])
        gateway.client.headers.update(admin)
        put_behind(gateway, 99)
        await until(gateway, lambda body: state(body) == "firing")
        (tmp_path / "alerts.toml").write_text(BEHIND + "[[rule]]\nalert = 'B'\n")
        wrong = (await gateway.client.post("/api/alerts/rules/reload")).json()
        assert not wrong["reloaded"]
        assert wrong["errors"][0].startswith("alerts.toml:")
        body = await gateway.json("/api/alerts")
        assert state(body) == "firing"
        assert "the rule file has 1 mistake" in body["problems"][0]
        health = await gateway.json("/api/health/detailed")
        assert health["components"]["alerting"]["status"] == "Degraded"
        (tmp_path / "alerts.toml").write_text(BEHIND.replace("above = 10", "above = 500"))
        assert (await gateway.client.post("/api/alerts/rules/reload")).json()["reloaded"]
        body = await until(gateway, lambda body: state(body) in (None, "resolved"))
        assert body["problems"] == []

    with_gateway(tmp_path, check)


def test_a_rule_that_fails_is_named_and_costs_no_other(tmp_path: Path) -> None:
    broken = '[[rule]]\nalert = "Broken"\nsql = "SELECT nonsense FROM nodes"\n'

    async def check(gateway: Running) -> None:
        put_behind(gateway, 99)
        body = await until(gateway, lambda body: state(body) == "firing" and body["problems"])
        assert body["problems"][0].startswith("rule Broken cannot be evaluated: ")
        rules = (await gateway.json("/api/alerts/rules"))["rules"]
        (rule,) = [rule for rule in rules if rule["alert"] == "Broken"]
        assert (rule["state"], rule["sql"]) == ("failing", "SELECT nonsense FROM nodes")
        metrics = (await gateway.get("/metrics")).text
        assert 'tart_alerts{severity="critical",state="firing"} 1.0' in metrics
        assert 'tart_alert_evaluation_failures_total{rule="Behind"} 0.0' in metrics

    with_gateway(tmp_path, check, BEHIND + broken)


def test_viewers_see_neither_statements_nor_errors_of_channels(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    rules = 'disable = ["*"]\n[[rule]]\nalert = "Sql"\nsql = "SELECT 1 AS value"\n'

    async def check(gateway: Running) -> None:
        seen = {}
        for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN):
            response = await gateway.get("/api/alerts/rules", headers=bearer(keys[role]))
            body = response.json()
            (rule,) = [rule for rule in body["rules"] if rule["alert"] == "Sql"]
            seen[role] = (rule["sql"] is not None, body["file"] is not None)
        assert seen == {
            Role.VIEWER: (False, False),
            Role.OPERATOR: (True, False),
            Role.ADMIN: (True, True),
        }

    with_gateway(tmp_path, check, rules)


def test_a_store_that_is_locked_costs_alerting_alone_and_it_recovers(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        await until(gateway, lambda body: body["evaluated_at"])
        store = gateway.gateway.alerting.store
        store._call_seconds = 0.05
        locker = sqlite3.connect(tmp_path / "d" / "control.sqlite", isolation_level=None)
        locker.execute("BEGIN EXCLUSIVE")
        put_behind(gateway, 99)
        body = await until(gateway, lambda body: body["problems"])
        assert body["problems"][0].startswith("alerts are not evaluated: ")
        assert body["alerts"] == []
        silence = {"matchers": ['alertname="Behind"'], "duration": "1h", "reason": "known"}
        refused = await gateway.client.post("/api/alerts/silences", json=silence)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "alerts_unavailable")
        # Other answers do not need it.
        assert (await gateway.get("/api/stats")).status_code == 200
        store._call_seconds = 20.0
        locker.execute("ROLLBACK")
        locker.close()
        body = await until(gateway, lambda body: state(body) == "firing" and not body["problems"])

    with_gateway(tmp_path, check)


def test_a_shard_that_does_not_answer_ends_nothing(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        put_behind(gateway, 99)
        await until(gateway, lambda body: state(body) == "firing")
        await gateway.shards[0].stop()
        body = await until(gateway, lambda body: body["shards_answered"] < 2)
        before = body["evaluated_at"]
        body = await until(gateway, lambda body: body["evaluated_at"] > before)
        assert state(body) == "firing"
        assert body["alerts"][0]["missing_since"] is not None

    with_gateway(tmp_path, check)


def test_a_running_server_measures_each_figure_of_the_catalogue(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        conditions = [
            FigureCondition(name, figure.by[0] if figure.by else None, above=0.0)
            for name, figure in FIGURES.items()
        ]
        measurements = gateway.gateway.measurements
        measured = await measurements.measure(conditions, now_us())
        unknown = [c.figure for c in conditions if "no part of" in (measured[c].error or "")]
        assert unknown == []

    with_gateway(tmp_path, check)
