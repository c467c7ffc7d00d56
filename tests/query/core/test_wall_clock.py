"""Slots that may be true: none far after the wall clock's, unless the network agrees."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.chain_stats import chain_figures, slot_reached
from tart.query.core.wall_clock import (
    TOLERANCE_SLOTS,
    Agreement,
    AheadSlot,
    agreement,
    hide_implausible,
    is_ahead,
    mark_ahead,
    plausible_slots,
    stated_slot,
    wall_clock_slot,
)
from tart.units import JCE_US, SECOND_US

SLOT_US = 6 * SECOND_US
NOW = JCE_US + 10_000_000 * SLOT_US
FAR = 2_573_312_224


def marked(*slots):
    return [mark_ahead(slot, NOW) for slot in slots]


def test_slots_count_from_the_common_era_in_periods_of_the_network():
    assert wall_clock_slot(JCE_US) == wall_clock_slot(0) == 0
    assert wall_clock_slot(NOW) == 10_000_000
    assert wall_clock_slot(NOW, 2) == 30_000_000
    # A node whose parameters have no period.
    assert wall_clock_slot(NOW, 0) == 10_000_000


def test_a_slot_may_be_a_day_ahead():
    assert not is_ahead(10_000_000 + TOLERANCE_SLOTS, NOW)
    assert is_ahead(10_000_000 + TOLERANCE_SLOTS + 1, NOW)
    assert not is_ahead(30_000_000, NOW, 2)


def test_one_node_alone_with_a_slot_ahead_is_not_believed():
    assert plausible_slots(marked(FAR)) == [None]
    assert slot_reached(marked(FAR)) is None
    assert slot_reached(marked(14)) == 14


def test_one_of_two_or_three_is_not_believed_either():
    assert plausible_slots(marked(FAR, 10_000_000)) == [None, 10_000_000]
    assert slot_reached(marked(FAR, 10_000_000, 9_999_999)) == 10_000_000
    # Two that are ahead and differ.
    assert plausible_slots(marked(FAR, FAR // 2)) == [None, None]


def test_a_network_that_agrees_is_believed():
    slots = marked(FAR, FAR + 1, FAR + 2, None)
    assert plausible_slots(slots) == [FAR, FAR + 1, FAR + 2, None]
    assert slot_reached(slots) == FAR + 1
    assert slot_reached(marked(*[14] * 6)) == 14


@given(
    st.lists(st.integers(0, 10_000_000), min_size=1, max_size=20),
    st.lists(st.integers(10_100_000, 2**32 - 1), max_size=20),
)
def test_fewer_nodes_than_the_others_move_nothing(true, false):
    false = false[: len(true) - 1]
    believed = plausible_slots(marked(*true, *false))
    assert believed == [*true, *[None] * len(false)]
    reached = slot_reached(marked(*true, *false))
    assert reached is None or reached <= max(true)


@given(st.lists(st.integers(0, 2**32 - 1) | st.none(), max_size=12))
def test_a_slot_is_believed_as_it_is_or_not_at_all(slots):
    believed = plausible_slots(marked(*slots))
    assert len(believed) == len(slots)
    for slot, each in zip(slots, believed, strict=True):
        assert each in (slot, None)
        if slot is not None and not is_ahead(slot, NOW):
            assert each == slot


def test_figures_of_the_chain_show_who_is_ahead():
    figures = chain_figures({"a": (AheadSlot(FAR), None), "b": (5, 4)})
    assert (figures["best_block"], figures["finalized_block"]) == (5, 4)
    assert figures["ahead"] == [{"node_id": "a", "best_slot": FAR, "finalized_slot": None}]


def test_blocks_of_nodes_are_hidden_unless_the_network_agrees():
    node = {
        "best": {"slot": FAR},
        "finalized": {"slot": 5},
        "statements": {"best": {"is_ahead": True}, "finalized": {}},
    }
    (hidden,) = hide_implausible([node], Agreement(best=False, finalized=False))
    assert (hidden["best"], hidden["finalized"]) == (None, {"slot": 5})
    assert hide_implausible([node], Agreement(best=True, finalized=False)) == [node]


def test_agreement_is_of_each_kind_of_block():
    ahead = AheadSlot(FAR)
    assert agreement([]) == agreement([(ahead, None)]) == (False, False)
    assert agreement([(ahead, 3), (ahead, None)]) == (True, False)


def test_the_slot_of_a_statement():
    assert stated_slot(None) is stated_slot({"slot": None}) is None
    assert stated_slot({"slot": 3}) == 3
    assert isinstance(stated_slot({"slot": 3, "is_ahead": True}), AheadSlot)
