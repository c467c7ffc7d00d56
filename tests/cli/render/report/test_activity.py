"""``tart/cli/render/report/activity.py``: blocks, work-packages, services."""

from __future__ import annotations

from tart.cli.render.report.activity import block_section, count_slots, work_section
from tests.cli.render.report.sample import report


def test_slots_are_counted_by_state_and_blocks_by_chain() -> None:
    assert count_slots(report().slots) == {
        "slots": 3, "with a block": 2, "missed": 1, "unknown": 0, "with several blocks": 1,
        "blocks": 3, "blocks of forks": 1,
    }  # fmt: skip


def test_blocks_have_authors_propagation_and_finality() -> None:
    body = block_section(report(slots_cut=True)).body
    assert "Slots 1 to 3, the newest of the window" in body
    assert "without telemetry" in body
    assert '<data value="24.25">24.2</data>' in body
    assert "Standstills: none." in body
    assert "Blocks by time: each bar is 5 minutes, at most 4 blocks" in body


def test_work_has_the_funnel_stages_and_services() -> None:
    body = work_section(report()).body
    assert "20 work-packages by the stages that they reached, approximately" in body
    assert "not told (2)" in body
    assert '<data value="10.5">10.5</data></td><td class="n"><data value="11.5">11.5</data>' in body
    assert ">99,999,999,999,999,999,999</data>" in body
    assert '<data value="2.0">2</data>' in body  # 8 ms for four items


def test_of_many_services_the_first_are_listed() -> None:
    whole = report().execution
    assert whole is not None
    answer = {**whole, "by_service": whole["by_service"] * 70}
    assert "10 more services have less gas." in work_section(report(execution=answer)).body


def test_without_answers_the_block_section_is_empty() -> None:
    empty = dict.fromkeys(("blocks", "production", "propagation", "finality"))
    assert block_section(report(**empty, slots=())).body == ""
