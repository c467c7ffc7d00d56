"""Figures that one node cannot move."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.query.core import chain_stats
from tart.query.core.merge import Second

A, B, C = "aa" * 32, "bb" * 32, "cc" * 32


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ([], None),
        ([None], None),
        ([5], 5),
        ([5, None], 5),
        ([5, 7], 7),
        ([5, 6, 900], 900),  # one of three is a third
        ([5, 6, 7, 900], 7),
        ([900, None, None, None], None),  # a third of four are two, and one has spoken
        ([1, 2, 3, 4, 5, 6], 5),
        ([0, 0, 0], 0),
    ],
)
def test_a_slot_is_reached_if_a_third_of_the_connected_nodes_claim_it(
    slots: list[int | None], expected: int | None
) -> None:
    assert chain_stats.slot_reached(slots) == expected


@given(st.lists(st.none() | st.integers(0, 100), min_size=4, max_size=30), st.integers(0, 1 << 32))
def test_one_false_claim_among_four_or_more_nodes_changes_no_slot(
    slots: list[int | None], lie: int
) -> None:
    reached = chain_stats.slot_reached([*slots, lie])
    honest = [slot for slot in slots if slot is not None]
    assert reached is None or reached <= max(honest, default=-1)


def test_nodes_beyond_the_reached_slot_are_listed_with_their_claims() -> None:
    claims = {A: (7, 3), B: (7, None), C: (900, 4), "dd": (6, 3)}
    assert chain_stats.chain_figures(claims) == {
        "best_block": 7,
        "finalized_block": 3,
        "ahead": [{"node_id": C, "best_slot": 900, "finalized_slot": 4}],
    }


def test_every_claim_is_ahead_until_a_third_of_the_nodes_has_one() -> None:
    claims: dict[str, tuple[int | None, int | None]] = {A: (7, None), B: (None, None)}
    claims |= {C: (None, None), "dd": (None, None)}
    found = chain_stats.chain_figures(claims)
    assert found["best_block"] is None
    assert found["ahead"] == [{"node_id": A, "best_slot": 7, "finalized_slot": None}]


def test_the_commonest_value_wins_and_a_tie_goes_to_the_lowest_text() -> None:
    assert chain_stats.most_common(["b", "a", "b"]) == "b"
    assert chain_stats.most_common(["b", "a"]) == "a"
    assert chain_stats.most_common([{"x": 1, "y": 2}, None, {"y": 2, "x": 1}, {"x": 0}]) == {
        "x": 1,
        "y": 2,
    }
    assert list(chain_stats.most_common([{"y": 2, "x": 1}])) == ["y", "x"]
    assert chain_stats.most_common([None]) is None


def node(node_id: str, *, connected: bool = True, **information: Any) -> dict[str, Any]:
    return {
        "node_id": node_id,
        "is_connected": connected,
        "implementation_name": "n",
        "implementation_version": "1",
        "node_info": information or None,
    }


PARAMS = {"core_count": 2, "val_count": 6, "epoch_period": 12, "slot_period_sec": 6}


def test_the_network_is_what_most_connected_nodes_share() -> None:
    liar = {**PARAMS, "core_count": 341}
    body = chain_stats.network(
        [
            node(A, params=PARAMS, params_layout="gp-0.7", genesis="0x00"),
            node(B, params=PARAMS, params_layout="gp-0.7", genesis="0x00"),
            node(C, params=liar, params_layout="gp-0.7", genesis="0xff"),
            node("dd", connected=False, params=liar, params_layout="gp-0.7", genesis="0xff"),
        ]
    )
    assert body["network"] == {"connected_nodes": 3, "total_nodes": 4, "genesis": "0x00"}
    assert body["protocol_params"] == PARAMS
    assert body["topology"] == {
        "core_count": 2,
        "validator_count": 6,
        "epoch_period": 12,
        "slot_period_sec": 6,
    }
    assert body["implementations"] == [{"name": "n", "version": "1", "count": 3}]


def test_from_gray_paper_0_8_on_validators_are_three_per_core() -> None:
    params = {**PARAMS, "val_count": None}
    for layout, validators in (("gp-0.8", 6), ("unknown", None)):
        body = chain_stats.network([node(A, params=params, params_layout=layout, genesis="0x00")])
        assert body["topology"]["validator_count"] == validators


@pytest.mark.parametrize("nodes", [[], [node(A, connected=False, params=PARAMS)], [node(A)]])
def test_network_values_without_a_connected_node_are_null(
    nodes: list[dict[str, Any]],
) -> None:
    body = chain_stats.network(nodes)
    assert body["network"]["genesis"] is None
    assert body["protocol_params"] is None
    assert set(body["topology"].values()) == {None}


SECONDS = {
    100: Second(5, {"a"}, {"f"}, 3, 1),
    109: Second(7, {"a", "b"}, set(), 4, 0),
    110: Second(1000, {"z"}, set(), 9, 0),  # still running when asked at 110
}


def test_live_figures_count_complete_seconds_and_distinct_hashes() -> None:
    assert chain_stats.live(SECONDS, 110, 10) == {
        "events": 12,
        "blocks": 2,
        "finalized": 1,
        "best_block_events": 7,
        "finalized_block_events": 1,
        "events_per_second": 1.2,
        "blocks_per_second": 0.2,
    }
    assert chain_stats.live(SECONDS, 110, 9)["events"] == 7


def test_live_rates_without_events_are_zero() -> None:
    assert chain_stats.live({}, 110, 10)["events"] == 0
    assert chain_stats.live({}, 110, 10)["events_per_second"] == 0.0


def _event(variant: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"received_at": at, "data": {variant: {"timestamp": 1, **fields}}}


def test_a_status_has_the_latest_statement_of_each_kind() -> None:
    latest = {
        "10": _event("Status", "2026-4", num_peers=5),
        "11": _event("BestBlockChanged", "2026-2", slot=7, hash="0x" + "11" * 32),
        "12": _event("FinalizedBlockChanged", "2026-1", slot=5, hash=[34] * 32),
        "13": _event("SyncStatusChanged", "2026-3", synced=False),
    }
    body = chain_stats.reported_status({"counts": {"11": 2, "42": 9, "12": 2}, "latest": latest})
    assert body["chain_status"] == {
        "best_slot": 7,
        "finalized_slot": 5,
        "best_hash": "11" * 32,
        "finalized_hash": "22" * 32,
        "best_block_events": 2,
        "finalized_block_events": 2,
        "synced": False,
        "last_updated": "2026-3",
    }
    assert body["latest_status"] == {"timestamp": 1, "num_peers": 5}
    assert body["event_breakdown"] == [
        {"event_type": 42, "count": 9},
        {"event_type": 11, "count": 2},
        {"event_type": 12, "count": 2},
    ]


def test_the_status_of_a_node_without_statements_is_null() -> None:
    body = chain_stats.reported_status({"counts": {}, "latest": {}})
    assert body["chain_status"]["best_slot"] is None
    assert body["chain_status"]["best_block_events"] == 0
    assert body["chain_status"]["synced"] is None
    assert body["chain_status"]["last_updated"] is None
    assert body["latest_status"] is None
    assert body["event_breakdown"] == []


def test_a_statement_without_data_is_null() -> None:
    latest = {"11": {"received_at": "2026", "data": None}}
    body = chain_stats.reported_status({"counts": {"11": 1}, "latest": latest})
    assert body["chain_status"]["best_slot"] is None
