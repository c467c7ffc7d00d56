"""``loadtest/compare.py``: planted differences are found and others are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadtest.compare import (
    PLANTS,
    ErrorRates,
    Outcome,
    assess,
    error_rates,
    network_table,
    plant_of,
    play_calm,
    play_planted,
    replace_table,
)
from tart.query.comparison.measures import MEASURES
from tart.simulate.model.world import IMPLEMENTATIONS

ALPHA, BETA, GAMMA, DELTA = (each.name for each in IMPLEMENTATIONS)


def claim(measure: str, a: str, b: str, worse: str | None, significant: bool = True) -> Any:
    return {"measure": measure, "a": a, "b": b, "worse": worse, "significant": significant}


def against_all(measure: str, name: str, worse: bool = True) -> list[Any]:
    others = [each.name for each in IMPLEMENTATIONS if each.name != name]
    return [claim(measure, name, other, name if worse else None) for other in others]


def body(*claims: Any) -> Any:
    return {"comparisons": 7, "differences": list(claims)}


def test_a_plant_is_found_if_all_its_measures_differ_from_all_others() -> None:
    claims = [*against_all("clock_offset", BETA, worse=False), *against_all("clock_error", BETA)]
    outcome = assess(3, body(*claims), {BETA: "clock"})
    assert (outcome.found, outcome.missed, outcome.false, outcome.side) == (("clock",), (), (), ())
    assert (outcome.seed, outcome.comparisons) == (3, 7)
    assert assess(3, body(*claims[1:]), {BETA: "clock"}).missed == (
        f"clock_offset: {BETA} and {ALPHA}",
    )


def test_the_wrong_implementation_is_a_false_claim() -> None:
    claims = against_all("assurances_unreceived", BETA)
    assert assess(0, body(*claims), {BETA: "assurances"}).false == ()
    wrong = claim("assurances_unreceived", ALPHA, BETA, ALPHA)
    found = assess(0, body(wrong), {BETA: "assurances"})
    assert found.false == (f"assurances_unreceived: {ALPHA} and {BETA}",)
    assert len(found.missed) == 3
    # Between two that are alike, or by what nothing was planted for.
    for other in (
        claim("assurances_unreceived", ALPHA, GAMMA, GAMMA),
        claim("report_size", BETA, GAMMA, None),
    ):
        assert len(assess(0, body(*claims, other), {BETA: "assurances"}).false) == 1
    unclaimed = claim("report_size", BETA, GAMMA, None, significant=False)
    assert assess(0, body(unclaimed), {}).false == ()


def test_what_a_plant_causes_besides_is_neither_needed_nor_false() -> None:
    caused = claim("SendingGuarantee_to_GuaranteeSent", ALPHA, DELTA, ALPHA)
    outcome = assess(0, body(caused), {DELTA: "guarantees"})
    assert outcome.side == (f"SendingGuarantee_to_GuaranteeSent: {ALPHA} and {DELTA}",)
    assert outcome.false == ()


def test_plants_are_about_measures_that_exist() -> None:
    for plant in PLANTS.values():
        assert set(plant.measures) <= set(MEASURES)
        for prefix in plant.causes:
            assert any(name.startswith(prefix) for name in MEASURES)
    for seed in range(5):
        assert sorted(plant_of(seed).values()) == sorted(PLANTS)


def test_the_tables_have_a_line_for_each_plant_and_replace_the_old_ones(tmp_path: Path) -> None:
    planted = [Outcome(0, 9, ("clock",), ("x",), (), (), (1.0, 1.0))]
    calm = [Outcome(0, 5, (), (), (), ("y",), (1.0, 1.0)), Outcome(1, 7, (), (), (), (), (1, 1))]
    lines = network_table(planted, calm)
    assert "| has clocks that are 200 ms wrong | 1 | 1 |" in lines
    assert "| imports blocks 20 % slower | 1 | 0 |" in lines
    assert "| without any | 2 | 1 | 5 to 7 |" in lines
    assert "| without any | 0 | 0 |  |" in network_table([], [])
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- networks of loadtest.compare -->\nold\n<!-- end of networks -->\nb\n")
    replace_table(page, "networks", lines)
    assert page.read_text().startswith("a\n<!-- networks of loadtest.compare -->\n\n| planted")
    assert "old" not in page.read_text()
    with pytest.raises(SystemExit):
        replace_table(page, "statistics", lines)


def test_error_rates_are_those_of_the_draws() -> None:
    rates = ErrorRates(4)
    for probability in (0.04, 0.0005, 0.5, 0.9):
        rates.add(probability)
    assert rates.cells() == "50.00% | 25.00%"
    assert error_rates("none", (3, 3), 50, None).draws == 50
    assert error_rates("none", (3, 3), 50, 0.02).claims[0.001] == 0


@pytest.mark.slow
def test_a_small_network_with_differences_has_no_false_claim_and_its_clocks_are_found() -> None:
    outcome = play_planted(1, nodes=16, slots=50)
    assert outcome.false == ()
    assert "clock" in outcome.found
    assert outcome.comparisons > 100


@pytest.mark.slow
def test_a_small_network_without_differences_has_no_claim() -> None:
    outcome = play_calm(2, nodes=16, slots=30)
    assert (outcome.false, outcome.side, outcome.missed) == ((), (), ())
    assert outcome.comparisons > 100
