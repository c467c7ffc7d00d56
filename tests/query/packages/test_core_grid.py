"""``tart/query/packages/core_grid.py``: cells and sums of cores and slots."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.windows import Window
from tart.query.packages.core_grid import (
    LEGEND,
    MAX_SLOTS,
    SYMBOLS,
    core_grid,
    grid_window,
    package_slot,
)
from tart.query.shard_queries.package_outcomes import NO_CORE, NO_SLOT, OUTCOMES, PackageColumns
from tart.units import JCE_US, MINUTE_US, SECOND_US

SLOT_US = 6 * SECOND_US
# Ten slots, the first of them 1000.
START = JCE_US + 1_000 * SLOT_US
WINDOW = Window(START, START + 10 * SLOT_US - 1)


def columns(*packages, scale=1):
    """Packages of (core, guarantee slot, slot in which it began, outcome)."""
    core, slot, began, outcome = zip(*packages, strict=True) if packages else ((), (), (), ())
    first_at = JCE_US + np.array(began, np.int64) * SLOT_US + 1
    return PackageColumns(
        first_at=first_at,
        last_at=first_at,
        core=np.array([NO_CORE if each is None else each for each in core], np.uint16),
        slot=np.array([NO_SLOT if each is None else each for each in slot], np.int64),
        stage=np.zeros(len(core), np.int64),
        outcome=np.array([OUTCOMES.index(each) for each in outcome], np.uint8),
        reason=np.zeros(len(core), np.int64),
        reasons=[""],
        scale=Fraction(scale),
        unidentified={},
    )


def grid(*packages, slots=MAX_SLOTS, cores=2, scale=1):
    return core_grid(columns(*packages, scale=scale), WINDOW, slots, cores, 6)


def test_a_package_is_in_the_slot_of_its_guarantee_or_in_that_in_which_it_began():
    body = grid((0, 1003, 1001, "available"), (1, None, 1002, "refined"))
    assert (body["first_slot"], body["last_slot"], body["slot_seconds"]) == (1000, 1009, 6)
    assert [row["cells"] for row in body["cores"]] == ["...9......", "..3......."]
    assert body["outside"] == 0


def test_a_cell_shows_the_furthest_of_its_packages_and_the_sums_all():
    body = grid((0, None, 1001, "failed"), (0, None, 1001, "refined"), (0, None, 1001, "failed"))
    assert body["cores"][0]["cells"] == ".3........"
    assert body["cores"][0]["packages"] == 3
    assert body["outcomes"]["failed"] == 2
    assert sum(body["slots"][1]) == 3


def test_what_has_no_cell_is_outside():
    body = grid(
        (0, 999, 1001, "included"), (9, 1001, 1001, "included"), (None, 1, 1001, "received")
    )
    assert body["outside"] == 2
    assert not any(body["outcomes"].values())


def test_a_longer_window_has_its_last_slots():
    body = grid((0, 1009, 1001, "included"), slots=3)
    assert (body["first_slot"], body["last_slot"]) == (1007, 1009)
    assert body["cores"][0]["cells"] == "..8"


def test_without_a_core_count_the_cores_with_packages_are_rows():
    body = grid((7, 1001, 1001, "included"), cores=None)
    assert [row["core_index"] for row in body["cores"]] == [7]
    assert grid(cores=None)["cores"] == []


def test_a_network_that_counts_from_another_time_has_its_own_slots():
    far = 500_000
    body = grid(
        (0, 1001 + far, 1001, "included"),
        (0, 1002 + far, 1002, "included"),
        (1, None, 1003, "failed"),
        # A false claim of one node.
        (1, 1, 1002, "included"),
    )
    assert (body["first_slot"], body["last_slot"]) == (1000 + far, 1009 + far)
    assert [row["cells"] for row in body["cores"]] == [".88.......", "...f......"]
    assert body["outside"] == 1


def test_a_network_that_is_ahead_by_less_than_a_day_has_its_newest_packages():
    body = grid(
        (0, 1301, 1001, "included"),
        (0, 1305, 1004, "included"),
        (1, 1309, 1009, "failed"),
        (0, 9_000, 1002, "included"),
        slots=12,
    )
    assert (body["first_slot"], body["last_slot"]) == (1298, 1309)
    assert body["outside"] == 1
    assert sum(row["packages"] for row in body["cores"]) == 3


def test_a_late_guarantee_moves_no_column():
    body = grid((0, 1003, 1001, "included"), (0, 1012, 1009, "included"))
    assert (body["first_slot"], body["last_slot"]) == (1000, 1009)
    assert body["outside"] == 1


def test_a_sample_is_scaled():
    body = grid((0, 1001, 1001, "included"), scale=4)
    assert body["exact"] is False
    assert (
        body["cores"][0]["packages"] == body["outcomes"]["included"] == sum(body["slots"][1]) == 4
    )


def test_the_rows_that_are_read_begin_before_the_first_slot():
    part = grid_window(Window(0, START - 1), 10, 6)
    assert part == Window(START - 1 - 10 * SLOT_US - 10 * MINUTE_US, START - 1)
    assert grid_window(WINDOW, MAX_SLOTS, None) == WINDOW


def test_the_slot_of_one_package_is_that_of_its_cell():
    assert package_slot(5, START, 6) == 5
    assert package_slot(None, START + SLOT_US, None) == 1001


PACKAGES = st.lists(
    st.tuples(
        st.sampled_from([None, 0, 1, 2]),
        st.none() | st.integers(995, 1015),
        st.integers(1000, 1009),
        st.sampled_from(OUTCOMES),
    ),
    max_size=40,
)


@given(PACKAGES, st.integers(1, 12))
def test_sums_over_cores_and_slots_agree_and_cells_have_the_maximum(packages, slots):
    body = grid(*packages, slots=slots)
    first, last = body["first_slot"], body["last_slot"]
    cells: dict[tuple[int, int], list[str]] = {}
    outside = 0
    for core, guaranteed, began, outcome in packages:
        slot = began if guaranteed is None else guaranteed
        if core is not None and core < 2 and first <= slot <= last:
            cells.setdefault((core, slot), []).append(outcome)
        else:
            outside += core is not None
    assert body["outside"] == outside
    counts = Counter(outcome for some in cells.values() for outcome in some)
    assert body["outcomes"] == {stage: counts[stage] for stage in LEGEND}
    totals = [counts[stage] for stage in LEGEND]
    assert [
        sum(each) for each in zip(*(row["outcomes"] for row in body["cores"]), strict=True)
    ] == totals
    assert [sum(each) for each in zip(*body["slots"], strict=True)] == totals
    for row in body["cores"]:
        for slot, symbol in enumerate(row["cells"], first):
            there = [LEGEND.index(each) + 1 for each in cells.get((row["core_index"], slot), [])]
            assert symbol == SYMBOLS[max(there, default=0)]
