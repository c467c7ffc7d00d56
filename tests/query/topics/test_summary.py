"""``tart/query/topics/summary.py``: states of the network, and what changed between two of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.query.answers.summary import Summary
from tart.query.shard_queries.summary import ChangedNode, ShardSummary, Stated
from tart.query.topics.summary import NetworkSummary, ShardAnswers
from tart.units import SECOND_US
from tests.query.answers.checking import check

# 2026-11-20T12:00:00Z.
NOON = 1_795_176_000 * SECOND_US
A, B = "aa" * 32, "bb" * 32


def stated(value: int, at: int = NOON, **changes: Any) -> Stated:
    known = Stated(value, is_open=True, is_ahead=False, received_at=at, address="127.0.0.1:1")
    return known._replace(**changes)


def node(node_id: str = A, events: int = 10, **changes: Any) -> ChangedNode:
    known = ChangedNode(
        node_id=node_id,
        is_connected=True,
        last_seen=NOON,
        events=events,
        dropped=0,
        undecodable=0,
        best=stated(7),
        finalized=None,
        synced=None,
        peers=stated(5),
    )
    return known._replace(**changes)


def answer(*nodes: ChangedNode, at: int = NOON, complete: bool = False, **more: Any) -> Any:
    summary: ShardSummary = {
        "process": "p",
        "now_us": at,
        "since": 0,
        "seconds": [(NOON // SECOND_US - 1, 3, ["aa"], [], 1, 0)],
        "by_type": {10: 2, 11: 1},
        "failures": 0,
        "findings": 0,
        "complete": complete,
        "nodes": list(nodes),
    }
    return {**summary, **more}


def update(
    state: NetworkSummary, *answers: Any, at: int = NOON, down: tuple[int, ...] = ()
) -> None:
    """Make the next state: an answer for each shard, ``None`` for one that is missing."""
    values = [(shard, each) for shard, each in enumerate(answers) if each is not None]
    state.update(ShardAnswers(values, len(answers), down, at))


def full(state: NetworkSummary, since: int | None = None) -> Summary:
    body = state.changes(since, known=9, firing=None)
    check("Summary", body)
    return body


def test_alerts_are_counted_by_severity() -> None:
    state = NetworkSummary(100)
    update(state, answer(complete=True))
    body = state.changes(None, known=0, firing={"critical": 1, "warning": 2, "info": 0})
    check("Summary", body)
    assert body["alerts"] == 3
    assert body["alerts_by_severity"] == {"critical": 1, "warning": 2, "info": 0}
    assert (full(state)["alerts"], full(state)["alerts_by_severity"]) == (None, None)


def figures(body: Summary, name: str) -> list[Any]:
    return body["nodes"][name]  # type: ignore[literal-required,no-any-return]


def test_a_state_has_the_figures_of_all_shards() -> None:
    state = NetworkSummary(100)
    update(
        state,
        answer(node(A, best=stated(9), finalized=stated(6)), complete=True, failures=2),
        answer(node(B, 4, best=stated(8)), complete=True, findings=3),
    )
    body = full(state)
    assert (body["sequence"], body["since"], body["added"]) == (101, None, [A, B])
    assert (body["shards_answered"], body["shards_total"]) == (2, 2)
    assert (body["best_block"], body["finalized_block"], body["nodes_ahead"]) == (9, 6, 0)
    assert (body["nodes_connected"], body["nodes_known"], body["events_total"]) == (2, 9, 14)
    assert (body["failures_total"], body["findings_total"]) == (2, 3)
    assert body["events_by_type"] == {"10": 4, "11": 2}
    assert body["last_second"] is not None
    assert (body["last_second"]["events"], body["last_second"]["blocks"]) == (6, 1)
    assert figures(body, "best_slot") == [9, 8]
    assert figures(body, "peers") == [5, 5]
    # The first state cannot know a rate.
    assert figures(body, "events_per_second") == [None, None]


def test_a_later_state_has_only_the_nodes_that_changed() -> None:
    state = NetworkSummary(100)
    update(state, answer(node(A), node(B), complete=True))
    later = NOON + 2 * SECOND_US
    # What a node did not state since stays as it was.
    changed = node(B, 16, best=stated(8, later), peers=None, last_seen=later)
    update(state, answer(changed, at=later), at=later)
    body = full(state, 101)
    assert (body["sequence"], body["since"], body["added"]) == (102, 101, [])
    # A's rate has become known: it sent nothing.
    assert figures(body, "number") == [0, 1]
    assert figures(body, "events_per_second") == [0.0, 3.0]
    assert figures(body, "best_slot") == [7, 8]
    assert figures(body, "peers") == [5, 5]
    update(state, answer(at=later + SECOND_US), at=later + SECOND_US)
    assert figures(full(state, 102), "number") == [1]
    update(state, answer(at=later + 2 * SECOND_US))
    assert figures(full(state, 103), "number") == []
    # A client that missed states gets all changes since its own.
    assert figures(full(state, 101), "number") == [0, 1]


def test_states_that_are_not_known_get_all_nodes() -> None:
    state = NetworkSummary(100)
    update(state, answer(node(A), complete=True))
    for since in (None, 0, 100, 102, 2**53):
        body = full(state, since)
        assert (body["since"], body["added"]) == (None, [A])
    assert full(state, 101)["added"] == []


def test_of_a_node_on_two_shards_the_newest_open_statement_counts() -> None:
    state = NetworkSummary(0)
    older = node(A, 10, best=stated(20, is_open=False), is_connected=False, last_seen=NOON - 5)
    update(state, answer(older, complete=True), answer(node(A, 3, best=stated(7)), complete=True))
    body = full(state)
    assert figures(body, "best_slot") == [7]
    assert figures(body, "event_count") == [13]
    assert figures(body, "is_connected") == [True]
    assert body["best_block"] == 7


def test_a_shard_that_hangs_keeps_its_nodes_but_not_its_voice() -> None:
    state = NetworkSummary(0)
    update(
        state,
        answer(node(A, best=stated(30)), complete=True),
        answer(node(B, best=stated(8)), complete=True),
    )
    assert full(state)["best_block"] == 30
    update(state, None, answer(at=NOON + SECOND_US))
    body = full(state)
    assert (body["shards_answered"], body["shards_total"]) == (1, 2)
    assert (body["best_block"], body["nodes_connected"]) == (8, 2)
    # The next query asks from the time of the shard that knows least.
    assert state.since_us == NOON


def test_a_shard_that_is_down_has_no_connections() -> None:
    state = NetworkSummary(0)
    update(state, answer(node(A), complete=True), answer(node(B), complete=True))
    update(state, None, answer(at=NOON + SECOND_US), down=(0,))
    body = full(state)
    assert figures(body, "is_connected") == [False, True]
    assert figures(body, "best_slot") == [7, 7]
    assert state.processes == ("p",)
    assert [sample.best_slot for sample in state.nodes()] == [None, 7]
    # Its successor reports all nodes anew; what it does not know is gone.
    update(state, answer(complete=True, process="q"), answer(), at=NOON)
    body = full(state, state.sequence - 1)
    assert (body["since"], body["added"]) == (None, [B])
    assert figures(body, "number") == [0]


def test_no_shard_at_all() -> None:
    state = NetworkSummary(0)
    update(state, answer(node(A), complete=True))
    update(state, None)
    body = full(state)
    assert (body["shards_answered"], body["shards_total"]) == (0, 1)
    assert (body["last_second"], body["last_10s"], body["best_block"]) == (None, None, None)
    assert figures(body, "event_count") == [10]


def test_problems_never_fall_when_a_process_begins_again() -> None:
    state = NetworkSummary(0)
    for process, failures in (("p", 5), ("p", 7), ("q", 1), ("q", 2)):
        update(state, answer(complete=True, process=process, failures=failures))
    assert full(state)["failures_total"] == 9


def test_a_slot_far_ahead_counts_only_if_the_network_agrees() -> None:
    state, liar = NetworkSummary(0), stated(10**8, is_ahead=True)
    update(state, answer(node(A, best=liar), node(B, best=stated(8)), complete=True))
    body = full(state)
    assert (figures(body, "best_slot"), body["best_block"]) == ([None, 8], 8)
    # Without a report of A: its row changes because the other nodes agree now.
    update(state, answer(node(B, best=liar), at=NOON + 1))
    body = full(state)
    assert (figures(body, "best_slot"), body["best_block"]) == ([10**8, 10**8], 10**8)


def test_a_clock_that_was_set_back_gives_no_rate() -> None:
    state = NetworkSummary(0)
    update(state, answer(node(A), complete=True))
    update(state, answer(node(A, 99), at=NOON - SECOND_US, complete=True))
    assert figures(full(state), "events_per_second") == [0.0]


CHANGES = st.lists(
    st.tuples(
        st.sampled_from([f"{number:064x}" for number in range(5)]),
        st.integers(0, 50),
        st.booleans(),
        st.integers(0, 1),
    ),
    max_size=6,
)


@pytest.mark.no_cover
@given(st.lists(CHANGES, max_size=8), st.integers(1, 3))
def test_changes_applied_one_after_another_make_the_full_state(
    steps: list[list[tuple[str, int, bool, int]]], every: int
) -> None:
    state = NetworkSummary(1000)
    update(state, answer(complete=True), answer(complete=True))
    seen, ids, rows = state.sequence, list[str](), dict[int, dict[str, Any]]()
    for step, changes in enumerate(steps):
        at = NOON + step * SECOND_US
        parts: list[dict[str, ChangedNode]] = [{}, {}]
        for node_id, events, connected, shard in changes:
            parts[shard][node_id] = node(node_id, events, is_connected=connected)
        update(state, *(answer(*part.values(), at=at) for part in parts), at=at)
        if step % every == 0:
            body = full(state, seen)
            assert body["since"] == seen
            ids += body["added"]
            columns = body["nodes"]
            for position, number in enumerate(columns["number"]):
                rows[number] = {
                    name: values[position]  # type: ignore[index]
                    for name, values in columns.items()
                }
            seen = body["sequence"]
    update(state, answer(), answer(), at=NOON + 99 * SECOND_US)
    body = full(state, seen)
    ids += body["added"]
    for position, number in enumerate(body["nodes"]["number"]):
        rows[number] = {
            name: values[position]  # type: ignore[index]
            for name, values in body["nodes"].items()
        }
    whole = full(state)
    assert ids == whole["added"]
    assert [rows[number] for number in whole["nodes"]["number"]] == [
        {name: values[number] for name, values in whole["nodes"].items()}  # type: ignore[index]
        for number in whole["nodes"]["number"]
    ]
