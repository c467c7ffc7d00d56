"""``tart/gateway/handlers/cores.py``: members that jamtart's clients read."""

from __future__ import annotations

from pathlib import Path

from tart.query.core.rfc3339 import rfc3339
from tart.units import MINUTE_US
from tests.gateway.fake_shard import NODE_A, NOON, node
from tests.gateway.handlers.test_packages import with_gateway
from tests.gateway.running import Running

# Members that jamtart's terminal dashboard and Grafana panels read, and their types. Other
# members may be null where the value is not known. Source: jamtart's contract, section 7.
READ = {
    "/api/cores/status": {"cores": list, "summary": dict},
    "/api/cores/1/bottlenecks": {"stats": dict},
    "/api/cores/1/metrics": {"stats": dict, "sample_count": int},
    "/api/cores/1/validators": {"validators": list, "validator_count": int},
    "/api/cores/1/work-packages": {"work_packages": list, "queue_depth": int},
    "/api/workpackages": {"totals": dict, "by_core": list, "recent": list},
    "/api/guarantees": {"totals": dict, "success_rates": dict, "by_node": list, "recent": list},
}
# Items that panels show: of lists, by path.
SHOWN = {
    ("/api/cores/status", "cores"): {
        "core_index": int,
        "status": str,
        "work_packages_last_hour": int,
        "guarantees_last_hour": int,
        "gas_used": int,
        "da_load": int,
        "active_blocks": int,
    },
    ("/api/cores/1/work-packages", "work_packages"): {
        "hash": str,
        "stage": str,
        "is_active": bool,
        # Asked for by panels, and answered by nobody before.
        "node_id": str,
        "status": str,
        "work_package_hash": str,
    },
    ("/api/cores/1/validators", "validators"): {
        "node_id": str,
        "guarantee_count": int,
        "implementation_name": str,
        "is_active": bool,
    },
}


def test_core_answers_have_the_members_that_jamtart_s_clients_read(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node(NODE_A)]
        for path, members in READ.items():
            body = await gateway.json(path)
            assert {name: type(body[name]) for name in members} == members, path
        for (path, name), members in SHOWN.items():
            items = (await gateway.json(path))[name]
            assert items, path
            for item in items:
                assert {each: type(item[each]) for each in members} == members, path

    with_gateway(tmp_path, check)


def test_totals_and_summaries_of_cores_are_counts(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for path, name in (
            ("/api/workpackages", "totals"),
            ("/api/guarantees", "totals"),
            ("/api/cores/status", "summary"),
            ("/api/workpackages/active", "summary"),
        ):
            counts = (await gateway.json(path))[name]
            assert {type(each) for each in counts.values()} == {int}, path

    with_gateway(tmp_path, check)


def test_the_number_of_cores_is_that_of_the_nodes(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node(NODE_A)]
        body = await gateway.json("/api/cores/status")
        assert body["summary"] == {"total_cores": 2, "active_cores": 1, "idle_cores": 1}

    with_gateway(tmp_path, check)


def test_a_core_index_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for wrong in ("-1", "65536", "x"):
            body = await gateway.json(f"/api/cores/{wrong}/metrics", 400)
            assert body["error"]["param"] == "core_index"
        asked = [each for each in gateway.shards[0].requests if each.name == "package_stages"]
        assert asked == []
        await gateway.json("/api/cores/1/metrics")
        asked = [each for each in gateway.shards[0].requests if each.name == "package_stages"]
        assert {each.parameters["core"] for each in asked} == {1}

    with_gateway(tmp_path, check)


def test_the_grid_has_the_package_in_the_cell_of_its_guarantee(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node(NODE_A)]
        window = f"start={rfc3339(NOON)}&end={rfc3339(NOON + 2 * MINUTE_US)}"
        body = await gateway.json(f"/api/cores/grid?slots=100000&{window}")
        assert body["outcomes"]["available"] == 1
        row = body["cores"][1]
        assert (row["core_index"], row["packages"]) == (1, 1)
        assert row["cells"][4 - body["first_slot"]] == "9"
        assert len(row["cells"]) == len(body["slots"]) <= 600

    with_gateway(tmp_path, check)
