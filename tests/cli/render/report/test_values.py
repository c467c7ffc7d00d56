"""``tart/cli/render/report/values.py``: names, and the slots of a window."""

from __future__ import annotations

from typing import Any

from tart.cli.render.report.values import (
    cut_slots,
    measure_name,
    node_name,
    time_name,
    version_name,
)
from tests.cli.render.report.sample import ALPHA, END, START, block, report, slot

BEFORE, AFTER = "2026-11-20T11:59:59.999999Z", "2026-11-20T13:00:00.000001Z"


def numbers(slots: Any) -> tuple[list[int], bool]:
    found, is_whole = cut_slots(slots, START, END)
    return [each["slot"] for each in found], is_whole


def test_slots_reach_from_the_first_to_the_last_block_of_the_window() -> None:
    slots = [
        slot(1, block(ALPHA, BEFORE)), slot(2), slot(3, block(ALPHA, START)), slot(4),
        slot(5, block(ALPHA, END)), slot(6), slot(7, block(ALPHA, AFTER)),
    ]  # fmt: skip
    assert numbers(slots) == ([3, 4, 5], True)
    assert numbers(slots[2:]) == ([3, 4, 5], False)
    assert numbers(slots[5:]) == ([], False)
    assert numbers(slots[:2]) == ([], True)
    assert numbers([]) == ([], False)


def test_names_are_short() -> None:
    assert measure_name("Importing_to_BlockVerified") == "Importing → BlockVerified"
    assert measure_name("clock_offset") == "clock offset"
    assert version_name("a", "1") == "a 1"
    assert version_name(None, None) == "unknown"
    assert node_name("ab" * 32) == "ab" * 8
    assert time_name(START) == "2026-11-20 12:00:00"
    assert time_name(None) == "–"


def test_answers_are_what_was_read() -> None:
    names = report(nodes=None, refused={"nodes": "why"}).answers()
    assert "comparison" in names
    assert not {"nodes", "refused", "chain", "slots"} & set(names)
