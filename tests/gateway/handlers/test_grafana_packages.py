"""``tart/gateway/handlers/grafana_packages.py``: queries to the shards and the answers."""

from __future__ import annotations

from typing import Any

import pytest

from tart.units import HOUR_US, MINUTE_US, SECOND_US
from tests.gateway.fake_network import populate
from tests.gateway.fake_packages import PACKAGE
from tests.gateway.fake_shard import NODE_A
from tests.gateway.handlers.test_grafana import asked, window
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio
HOUR = window(HOUR_US)


async def test_parameters_select_core_node_and_buckets(gateway: Running) -> None:
    gateway.know(NODE_A)
    for path, query, expected in (
        (f"wp-funnel-timeseries?{HOUR}&core=3", "package_stages", {"core": 3}),
        (f"bottlenecks?{HOUR}&core=2", "stage_totals", {"core": 2, "by_node": False}),
        (
            f"bottlenecks-timeseries?{HOUR}&interval=12s",
            "step_durations",
            {"step_us": 20 * SECOND_US},
        ),
        (
            f"validator-profiling-timeseries?{HOUR}&node={NODE_A}&core=1",
            "stage_totals",
            {"node": NODE_A, "core": 1, "step_us": MINUTE_US},
        ),
    ):
        await gateway.json(f"/api/grafana/{path}")
        sent = asked(gateway, query)[-1]
        assert {name: sent[name] for name in expected} == expected


async def test_profiles_are_sorted_and_cut(gateway: Running) -> None:
    populate(*gateway.shards)
    path = f"/api/grafana/validator-profiling?{HOUR}"
    assert len((await gateway.json(path))["nodes"]) == 1
    assert (await gateway.json(f"{path}&limit=0&sort=asc"))["nodes"] == []
    body = await gateway.json(f"{path}&sort=fast", 400)
    assert body["error"]["param"] == "sort"


async def test_services_are_selected_as_dashboards_send_them(gateway: Running) -> None:
    populate(*gateway.shards)
    for text, services in (("{0x7,8}", [7, 8]), ("8", [8]), ("", [7, 8])):
        rows = await gateway.json(f"/api/grafana/services?{HOUR}&service={text}")
        assert [int(row["service_id"], 16) for row in rows] == services


async def test_a_batch_takes_hashes_of_both_forms_and_refuses_others(gateway: Running) -> None:
    populate(*gateway.shards)

    async def post(body: Any, status: int = 200) -> Any:
        response = await gateway.client.post("/api/grafana/wp/batch", json=body)
        assert response.status_code == status, response.text
        return response.json()

    (row,) = await post([f"0x{PACKAGE}", PACKAGE])
    assert row["wp_hash"] == PACKAGE
    assert await post([]) == []
    for body in ({"hashes": []}, [7], ["xyz"], ["ab" * 32] * 1001):
        await post(body, 400)
    assert (await gateway.get("/api/grafana/wp/batch")).status_code in (400, 405)


async def test_a_package_that_is_not_known_has_no_summary(gateway: Running) -> None:
    body = await gateway.json(f"/api/grafana/wp/{'ab' * 32}")
    assert body == {"summary": None, "events": [], "truncated": False}
    populate(*gateway.shards)
    body = await gateway.json(f"/api/grafana/wp/0x{PACKAGE}")
    assert body["summary"]["wp_hash"] == PACKAGE
    assert [event["event_type"] for event in body["events"]] == [90, 105, 113]
