"""The answer of a comparison: groups, differences, corrections, states."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.protocol.events import EventKind
from tart.query.comparison.comparison import Request, compare
from tart.query.comparison.groups import Group, Membership
from tart.query.comparison.measures import MEASURES, METRICS, Selection, select_measures
from tart.query.comparison.node_data import NodeData

ALPHA, BETA, GAMMA = Group("alpha"), Group("beta"), Group("gamma")
STEP = "Importing_to_BlockVerified"
NODES = {f"{group.name}{place}": group for group in (ALPHA, BETA, GAMMA) for place in range(6)}
FIRST_SEEN = {ALPHA: 0, BETA: 0, GAMMA: 0}
MEMBERS = Membership(NODES, first_seen=FIRST_SEEN)


def latencies(shift: dict[Group, int], nodes: dict[str, Group] = NODES) -> NodeData:
    """Durations of each node over some bins; ``shift`` moves a group's by so many bins."""
    data = NodeData()
    for place, (node, group) in enumerate(sorted(nodes.items())):
        for number in range(10):
            bins = 60 + number + shift.get(group, 0)
            key = (EventKind.IMPORTING, EventKind.BLOCK_VERIFIED, bins)
            data.add_latencies({key: {node: 40 + (place * 7 + number) % 5}}, nodes)
    return data


def test_the_group_that_differs_is_found_and_no_other() -> None:
    request = Request(Selection([MEASURES[STEP]]))
    found = compare(request, latencies({BETA: 4}), MEMBERS)
    assert (found["comparisons"], found["by"], found["level"]) == (3, "implementation", 0.95)
    assert [row["name"] for row in found["measures"]] == [STEP]
    by_pair = {(row["a"], row["b"]): row for row in found["differences"]}
    first = by_pair["alpha", "beta"]
    # Four bins are an octave.
    assert first["ratio"] == pytest.approx(2.0, rel=0.01)
    assert first["low"] < first["ratio"] < first["high"]
    assert (first["significant"], first["state"], first["worse"]) == (True, "different", "beta")
    assert by_pair["beta", "gamma"]["ratio"] == pytest.approx(0.5, rel=0.01)
    assert by_pair["beta", "gamma"]["worse"] == "beta"
    same = by_pair["alpha", "gamma"]
    assert (same["significant"], same["state"], same["worse"]) == (False, "not_different", None)
    assert same["low"] <= 1 <= same["high"]
    assert same["difference"] is None
    assert same["reason"] is None


def test_groups_have_percentiles_and_the_spread_of_their_nodes() -> None:
    found = compare(Request(Selection([MEASURES[STEP]])), latencies({BETA: 4}), MEMBERS)
    alpha, beta, _ = found["groups"]
    assert (alpha["group"], alpha["name"], alpha["version"]) == ("alpha", "alpha", None)
    assert (alpha["nodes"], alpha["nodes_left_out"]) == (6, 0)
    assert alpha["events"] == pytest.approx(6 * 420, abs=6)
    assert alpha["p50_ms"] < alpha["p95_ms"] <= alpha["p99_ms"]
    assert beta["p50_ms"] == pytest.approx(2 * alpha["p50_ms"], rel=0.001)
    assert alpha["node_min"] <= alpha["node_median"] <= alpha["node_max"]
    assert alpha["value"] == pytest.approx(alpha["node_median"], rel=0.01)


def test_more_measures_make_p_values_greater_and_intervals_wider() -> None:
    def rows(data: NodeData) -> NodeData:
        for node, group in NODES.items():
            place = int(node[-1])
            data.add_rate("failure_share", (group, node), 5 + place, 100)
            data.add_rate("dropped_share", (group, node), 0, 1_000)
        return data

    one = compare(Request(Selection([MEASURES[STEP]])), rows(latencies({BETA: 1})), MEMBERS)
    all_of_them = compare(Request(select_measures(None, None)), rows(latencies({BETA: 1})), MEMBERS)
    # Shares without any occurrence cannot differ, and do not count.
    assert (one["comparisons"], all_of_them["comparisons"]) == (3, 6)
    pair = next(row for row in all_of_them["differences"] if row["measure"] == STEP)
    alone = one["differences"][0]
    assert pair["p"] > alone["p"]
    assert pair["low"] < alone["low"] < alone["high"] < pair["high"]
    none = next(row for row in all_of_them["differences"] if row["measure"] == "dropped_share")
    assert (none["difference"], none["p"], none["state"]) == (0.0, 1.0, "not_different")
    # Of all measures only those with data are there.
    assert {row["name"] for row in all_of_them["measures"]} == {
        STEP,
        "failure_share",
        "dropped_share",
    }


def test_shares_and_offsets_have_differences() -> None:
    data = NodeData()
    for node, group in NODES.items():
        place = int(node[-1])
        lost = (6 + place % 3) if group == GAMMA else 0
        data.add_rate("assurances_unreceived", (group, node), lost, 700)
        data.add_clocks({(0,): {node: 400_000 if group == BETA else 1_000 * place}}, NODES)
        data.add_clocks({(1,): {node: 400_000 if group == BETA else 1_000 * place}}, NODES)
        data.add_clocks({(2,): {node: 400_000 if group == BETA else 1_000 * place}}, NODES)
    names = ["assurances_unreceived", "clock_offset", "clock_error"]
    found = compare(Request(select_measures(None, names)), data, MEMBERS)
    significant = {
        (row["measure"], row["a"], row["b"], row["worse"])
        for row in found["differences"]
        if row["significant"]
    }
    assert significant == {
        ("assurances_unreceived", "alpha", "gamma", "gamma"),
        ("assurances_unreceived", "beta", "gamma", "gamma"),
        # Neither direction of a clock is worse.
        ("clock_offset", "alpha", "beta", None),
        ("clock_offset", "beta", "gamma", None),
        ("clock_error", "alpha", "beta", "beta"),
        ("clock_error", "beta", "gamma", "beta"),
    }
    (pair, *_) = [row for row in found["differences"] if row["measure"] == "clock_offset"]
    assert pair["ratio"] is None
    assert pair["difference"] == pytest.approx(397.5)
    (group, *_) = [row for row in found["groups"] if row["measure"] == "assurances_unreceived"]
    assert (group["value"], group["p50_ms"]) == (0.0, None)


def test_too_few_nodes_are_a_state_with_its_reason_and_no_rank() -> None:
    nodes = {**NODES, "delta0": Group("delta"), "delta1": Group("delta")}
    members = Membership(nodes, first_seen={**FIRST_SEEN, Group("delta"): 0, Group("none"): 0})
    found = compare(Request(Selection([MEASURES[STEP]])), latencies({}, nodes), members)
    few = [row for row in found["differences"] if row["b"] == "delta"]
    assert {row["state"] for row in few} == {"not_enough_data"}
    assert {(row["p"], row["ratio"], row["significant"]) for row in few} == {(None, None, False)}
    assert few[0]["reason"] == (
        "delta has 2 nodes with at least 10 durations; a comparison needs 3 of each group"
    )
    empty = next(row for row in found["differences"] if "none" in (row["a"], row["b"]))
    assert "none has no nodes" in empty["reason"]
    assert found["comparisons"] == 3
    shown = next(row for row in found["groups"] if row["group"] == "none")
    assert (shown["value"], shown["node_min"], shown["p50_ms"]) == (None, None, None)


def test_nodes_with_too_few_events_are_left_out_and_counted() -> None:
    data = latencies({})
    data.add_latencies(
        {(EventKind.IMPORTING, EventKind.BLOCK_VERIFIED, 90): {"new": 9}}, {"new": ALPHA}
    )
    data.add_rate("failure_share", (ALPHA, "new"), 1, 5)
    found = compare(Request(select_measures([STEP], ["failure_share"])), data, MEMBERS)
    assert [row["nodes_left_out"] for row in found["groups"] if row["group"] == "alpha"] == [1, 1]


def test_rates_count_occurrences() -> None:
    data = NodeData()
    for node, group in NODES.items():
        data.add_rate("restarts", (group, node), 9 if group == ALPHA else 1, 2.0)
    found = compare(Request(Selection([METRICS["restarts"]])), data, MEMBERS)
    assert [row["events"] for row in found["groups"]] == [54, 6, 6]
    assert found["differences"][0]["difference"] == -4.0
    assert found["differences"][0]["worse"] == "alpha"


def test_a_baseline_must_be_a_group_of_the_window() -> None:
    request = Request(Selection([MEASURES[STEP]]), baseline="alpah")
    with pytest.raises(BadQuery, match="alpha"):
        compare(request, latencies({}), MEMBERS)
    found = compare(Request(Selection([MEASURES[STEP]]), baseline="beta"), latencies({}), MEMBERS)
    assert [(row["a"], row["b"]) for row in found["differences"]] == [
        ("beta", "alpha"),
        ("beta", "gamma"),
    ]
    empty = compare(request, NodeData(), Membership({}))
    assert (empty["groups"], empty["differences"], empty["comparisons"]) == ([], [], 0)
