"""``tart/query/grafana/guarantors.py``: rates, cores and times of guarantors."""

from __future__ import annotations

from tart.query.grafana import guarantors
from tart.query.shard_queries.package_totals import STAGE_VALUES

NODE, OTHER = "aa" * 32, "bb" * 32


def totals(node=NODE, bucket=0, **values):
    return {"node": node, "bucket": bucket, **dict.fromkeys(STAGE_VALUES, 0), **values}


def count(node, guaranteed, **cores):
    return {
        "node": node,
        "guaranteed": guaranteed,
        "cores": {int(name[1:]): number for name, number in cores.items()},
        "last_guaranteed": 5 if guaranteed else None,
    }


def test_rates_are_of_attempts_that_ended():
    rows = [{"type": number, "count": 10} for number in (105, 106, 107, 108, 110)]
    body = guarantors.guarantees([*rows, {"type": 112, "count": 30}, {"type": 111, "count": 10}])
    assert body["success_rates"] == {"send_success_rate": 0.5, "receive_success_rate": 0.75}
    idle = guarantors.guarantees([])
    assert idle["success_rates"] == {"send_success_rate": 1.0, "receive_success_rate": 1.0}
    assert set(idle["totals"].values()) == {0}


def test_the_primary_core_has_the_most_guarantees():
    rows = [count(NODE, 3, c5=1, c1=2), count(OTHER, 4, c7=2, c2=2), count("cc" * 32, 0)]
    body = guarantors.by_guarantor(rows)
    assert [(g["node_id"], g["primary_core"]) for g in body["guarantors"]] == [
        (OTHER, 2),
        (NODE, 1),
    ]
    assert body["guarantors"][1]["cores_active"] == [1, 5]
    assert body["total_guarantors"] == 2
    assert [row["primary_core"] for row in guarantors.cores_by_validator(rows)] == [2, 1]
    assert guarantors.primary_core({}) is None


def test_the_network_s_mean_is_of_packages_and_a_node_without_any_is_last():
    rows = [
        totals(NODE, total_us=30_000, total_count=3, ended=4, failed=1),
        totals(OTHER, total_us=90_000, total_count=1, ended=1),
        totals("cc" * 32, ended=2, failed=2),
    ]
    body = guarantors.profile(rows, limit=None, fastest_first=False)
    assert body["network_avg_total_ms"] == 30.0
    assert [row["node_id"] for row in body["nodes"]] == [OTHER, NODE, "cc" * 32]
    assert [row["slowdown_factor"] for row in body["nodes"]] == [3.0, 0.33, None]
    assert [row["failure_rate"] for row in body["nodes"]] == [0.0, 0.25, 1.0]
    fastest = guarantors.profile(rows, limit=1, fastest_first=True)
    assert [row["node_id"] for row in fastest["nodes"]] == [NODE]
    assert guarantors.profile([], limit=None, fastest_first=True)["network_avg_total_ms"] is None


def test_without_a_node_the_slowest_are_shown_by_time():
    rows = [
        totals(f"{number:064x}", bucket, total_us=number * 1000, total_count=1, attempts=1)
        for number in range(25)
        for bucket in (10, 0)
    ]
    shown = guarantors.profile_by_time(rows, None)
    assert len(shown) == 2 * guarantors.SLOWEST
    assert {int(row["node_id"], 16) for row in shown} == set(range(5, 25))
    assert [row["ts"] for row in shown] == sorted(row["ts"] for row in shown)
    one = guarantors.profile_by_time(rows[:2], "0" * 64)
    assert [(row["wp_count"], row["avg_total_ms"]) for row in one] == [(1, 0.0), (1, 0.0)]
