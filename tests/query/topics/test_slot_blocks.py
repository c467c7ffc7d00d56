"""``tart/query/topics/slot_blocks.py``: how soon nodes had blocks, missed slots, forks."""

from __future__ import annotations

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from tart.protocol.events import EventKind
from tart.query.shard_queries.slots import HAD, BlockFacts, Head, Moment, SlotFacts
from tart.query.topics.slot_blocks import (
    LATE_US,
    Activity,
    Calendar,
    ChainView,
    SlotInput,
    SlotTimes,
    arrivals,
    chain_view,
    curve,
    first_had,
    follows_calendar,
    slot_summaries,
    time_of,
)
from tart.units import JCE_US, MINUTE_US, SECOND_US

A, B, C = ("aa" * 32, "bb" * 32, "cc" * 32)
START = JCE_US + 600 * SECOND_US
SERVER = time_of("server", {})
NO_CHAIN = ChainView(None, None, frozenset())


def block(digest, slot, had, author=None, parent=None):
    facts = BlockFacts(digest, author=author, parent=parent)
    for node, at_us in had.items():
        facts.times[HAD][node] = Moment(at_us, 0)
    facts.slots[slot] = len(had) or 1
    return facts


def facts_of(*blocks, heads=None, finalized=None):
    heads = {
        node: Head(index, digest) for index, (node, digest) in enumerate((heads or {}).items())
    }
    return SlotFacts({each.hash: each for each in blocks}, heads, finalized or {})


def active(*nodes, start=START, now=START):
    bucket = start - start % (10 * SECOND_US)
    return Activity({bucket: frozenset(nodes)}, 10 * SECOND_US, now)


def given(facts, **values):
    usual = {
        "facts": facts,
        "chain": chain_view(facts, None),
        "clock": SERVER,
        "activity": active(A, B, C),
        "calendar": Calendar(6, follows=False),
        "describe": lambda node: {
            "node_id": node,
            "implementation_name": "x",
            "implementation_version": "1",
        },
        "newest": 9,
    }
    return SlotInput(**{**usual, **values})


# --- Times --------------------------------------------------------------------------------


def test_times_count_from_authoring_and_shares_are_of_the_expected_nodes():
    had = {A: START, B: START + 100_000, C: START + 250_000}
    times = arrivals(block("0a", 5, had, author=A), SERVER, active(A, B, C, "dd" * 32))
    assert (times.is_authored, times.zero) == (True, START)
    assert len(times.expected) == 4
    assert [times.time_to_reach(share) for share in (0.5, 0.75, 0.9)] == [100_000, 250_000, None]


def test_without_the_author_times_count_from_the_first_node_that_had_the_block():
    times = arrivals(block("0a", 5, {B: START + 5, C: START}), SERVER, active())
    assert (times.is_authored, times.zero, times.times) == (False, START, {B: 5, C: 0})
    assert times.expected == {B, C}


def test_a_node_that_catches_up_is_late_and_not_expected():
    had = {A: START, B: START + LATE_US, C: START + LATE_US + 1}
    times = arrivals(block("0a", 5, had, author=A), SERVER, active())
    assert (times.in_time, times.late, times.expected) == ([0, LATE_US], 1, {A, B})


def test_node_clocks_are_corrected_by_their_offset_in_that_minute():
    minute = START - START % MINUTE_US
    clock = time_of("node", {(minute,): {A: 40}})
    # The message took 60 more than the fastest of the minute.
    assert clock(A, Moment(START + 1_000, 100)) == START + 940
    assert clock(B, Moment(START, 0)) is None
    assert clock(A, Moment(START, None)) is None
    assert clock(A, Moment(START + MINUTE_US, 0)) is None


def test_nodes_without_an_offset_are_left_out_and_counted():
    minute = START - START % MINUTE_US
    clock = time_of("node", {(minute,): {A: 0}})
    times = arrivals(block("0a", 5, {A: START, B: START}), clock, active())
    assert (times.times, times.without_clock) == ({A: 0}, 1)
    nothing = arrivals(block("0a", 5, {B: START}), clock, active())
    assert (nothing.zero, nothing.times, nothing.time_to_reach(0.5)) == (None, {}, None)


def test_a_node_that_left_in_the_bucket_is_not_expected():
    step = 10 * SECOND_US
    start = START - START % step
    both = {start: frozenset({A, B}), start + step: frozenset({A, C})}
    assert Activity(both, step, start + 2 * step).connected(start + 1) == {A}
    # The next bucket is not over yet.
    assert Activity(both, step, start + step + 1).connected(start + 1) == {A, B}
    assert Activity.of({(start,): {A: 3}}, step, start).connected(start) == {A}


@examples(st.lists(st.integers(0, LATE_US), max_size=40), st.integers(0, 10))
def test_a_curve_rises_to_the_share_of_the_nodes_that_had_the_block(times, others):
    shown = curve(sorted(times), len(times) + others)
    assert shown["ms"] == sorted(shown["ms"])
    assert shown["share"] == sorted(shown["share"])
    if times:
        assert shown["share"][-1] == pytest.approx(len(times) / (len(times) + others), abs=1e-6)


# --- The chain ----------------------------------------------------------------------------


def test_the_chain_is_the_ancestors_of_the_best_block_of_most_nodes():
    one, two = block("01", 1, {A: 1}), block("02", 2, {A: 1}, parent="01")
    fork, three = block("0f", 2, {A: 1, B: 1}, parent="01"), block("03", 3, {A: 1}, parent="02")
    newer = block("04", 4, {A: 1}, parent="03")
    facts = facts_of(one, two, fork, three, newer, heads={A: "03", B: "03", C: "0f"})
    chain = chain_view(facts, 1)
    states = {each.hash: chain.state(each) for each in facts.blocks.values()}
    assert states == {
        "01": "finalized",
        "02": "best",
        "0f": "fork",
        "03": "best",
        "04": "unknown",
    }


def test_where_a_parent_is_unknown_the_chain_goes_on_with_what_most_nodes_had():
    fork, one = block("0f", 1, {A: 1}), block("01", 1, {A: 1, B: 1})
    facts = facts_of(one, fork, block("03", 3, {A: 1}, parent="02"), heads={A: "03"})
    assert chain_view(facts, None).best == {"03", "01"}


def test_a_third_of_the_nodes_finalize_and_nothing_is_known_without_reports():
    facts = facts_of(block("01", 1, {A: 1}), finalized={A: 9, B: 5, C: 5, "dd" * 32: 5})
    chain = chain_view(facts, None)
    assert chain.finalized_slot == 5
    assert chain.state(facts.blocks["01"]) == "unknown"
    assert chain_view(facts, 7).finalized_slot == 7


def test_a_parent_that_is_not_older_does_not_hang_the_chain():
    one = block("01", 1, {A: 1}, parent="02")
    facts = facts_of(one, block("02", 2, {A: 1}, parent="01"), heads={A: "02"})
    assert chain_view(facts, None).best == {"01", "02"}


# --- Slots --------------------------------------------------------------------------------


def test_slots_are_authored_missed_unknown_or_pending():
    facts = facts_of(
        block("01", 1, {A: START}, author=A), block("05", 5, {A: START + 4 * SECOND_US})
    )
    facts.failed[3, EventKind.AUTHORING_FAILED] = 1
    facts.failed[1, EventKind.BLOCK_VERIFICATION_FAILED] = 2
    facts.failed[1, EventKind.BLOCK_EXECUTION_FAILED] = 3
    shown = slot_summaries(given(facts, newest=7), 0, 7)
    assert [each["state"] for each in shown] == [
        "unknown",
        "authored",
        *["missed"] * 3,
        "authored",
        "unknown",
        "pending",
    ]
    assert (shown[3]["authoring_failed"], shown[1]["import_failed"]) == (1, 5)


def test_a_slot_while_no_node_was_connected_is_unknown():
    facts = facts_of(block("01", 1, {A: START}), block("05", 5, {A: START + 400 * SECOND_US}))
    assert slot_summaries(given(facts), 3, 3)[0]["state"] == "unknown"


def test_the_calendar_tells_the_times_of_slots_after_the_last_block():
    calendar = Calendar(6, follows=True)
    facts = facts_of(block("01", 100, {A: START}))
    activity = active(A, start=calendar.start_us(102))
    shown = slot_summaries(given(facts, calendar=calendar, activity=activity, newest=103), 100, 104)
    assert [each["state"] for each in shown] == [
        "authored",
        "unknown",  # no node was connected then
        "missed",
        "pending",
        "pending",
    ]
    assert shown[0]["time"] == "2025-01-01T12:10:00.000000Z"
    assert follows_calendar(102, calendar.start_us(100), 6)
    assert not follows_calendar(104, calendar.start_us(100), 6)


def test_times_between_blocks_are_interpolated():
    times = SlotTimes({2: 100, 6: 500}, Calendar())
    assert [times.time_us(slot) for slot in (1, 2, 4, 7)] == [None, 100, 300, None]


def test_a_block_without_known_times_is_shown_without_figures():
    clock = time_of("node", {})
    (shown,) = slot_summaries(given(facts_of(block("01", 1, {A: START})), clock=clock), 1, 1)
    (only,) = shown["blocks"]
    assert (only["authored_at"], only["first_had_at"], only["until_50_ms"]) == (None, None, None)
    assert only["author"] is None
    assert first_had(block("02", 1, {})) is None


def test_blocks_of_the_best_chain_come_first():
    facts = facts_of(
        block("01", 1, {A: START, B: START}), block("02", 1, {A: START}), heads={A: "02"}
    )
    (shown,) = slot_summaries(given(facts), 1, 1)
    assert [each["hash"] for each in shown["blocks"]] == ["02", "01"]
    assert shown["blocks"][0]["size_bytes"] is None
