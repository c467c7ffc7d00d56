"""Planted lies and the findings of the comparison with the chain: exactly these are found."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from loadtest.reconcile import (
    SHOWN_BY,
    Score,
    Setting,
    ambiguous_cases,
    choose_lies,
    play,
    score_findings,
    settings_of,
    table,
)
from tart.simulate.model.lies import LIES, Lie
from tart.simulate.model.truth import Fact
from tart.simulate.model.truth_reader import Facts
from tart.units import MINUTE_US

pytestmark = pytest.mark.slow
# Its beginning, and its length.
SPAN = (MINUTE_US, 3 * MINUTE_US)
# Every kind of lie, told by four nodes of one network and by four of another.
HALVES = (
    ("hides-blocks", "claims-guarantees", "hides-assurances", "wrong-gas"),
    ("claims-blocks", "hides-guarantees", "claims-assurances", "wrong-outline"),
)


def scored(setting: Setting) -> Score:
    return score_findings(*asyncio.run(play(setting)))


@pytest.mark.parametrize("names", HALVES, ids=["one half", "the other"])
def test_planted_lies_are_found_case_by_case_and_nothing_else(names: tuple[str, ...]) -> None:
    lies = tuple(Lie(name, (node,), *SPAN) for node, name in enumerate(names))
    score = scored(Setting(seed=3, nodes=9, cores=3, minutes=5, lies=lies))
    assert score.missed == []
    assert score.false == []
    assert all(score.found[name] > 0 for name in names), score.found


def test_an_honest_network_with_faults_reorganisations_and_a_lost_rpc_has_no_findings() -> None:
    score = scored(Setting(seed=5, minutes=7, faults=True, events=True))
    assert score.false == []
    assert score.compared > 30
    assert score.forks > 0


def test_lies_among_faults_are_found_unless_telemetry_is_incomplete() -> None:
    lies = (Lie("hides-blocks", (1,), *SPAN), Lie("wrong-gas", (4,), *SPAN))
    score = scored(Setting(seed=6, minutes=6, lies=lies, faults=True, events=True))
    assert score.missed == []
    assert score.false == []
    assert score.found["wrong-gas"] > 0


def test_a_finding_that_no_lie_explains_is_false_and_a_silent_one_missed() -> None:
    honest = Setting(seed=7, minutes=4)
    result, truth, index = asyncio.run(play(honest))
    node = next(iter(index))
    result.inputs.claims.authored.clear()  # type: ignore[attr-defined]
    assert score_findings(result, truth, index).false == []
    lying = Setting(seed=7, minutes=4, lies=(Lie("wrong-gas", (0,), 0, 4 * MINUTE_US),))
    result, truth, index = asyncio.run(play(lying))
    kept = [each for each in result.findings if each.kind != "gas_differs"]
    score = score_findings(type(result)(result.inputs, result.evidence, kept), truth, index)
    assert score.missed
    assert {kind for _, kind, _ in score.missed} == {"gas_differs"}
    honest_facts = [fact for fact in truth.all if fact["fact"] not in ("lie", "told_lie")]
    false = score_findings(result, type(truth)(honest_facts), index).false
    assert {kind for _, kind, _ in false} == {"gas_differs"}
    assert node in index


def test_one_of_two_guarantees_of_a_block_may_be_hidden_without_a_trace() -> None:
    def block(name: str, *signers: str) -> Fact:
        reported = [
            {"report": f"{name}{place}", "signers": list(each)}
            for place, each in enumerate(signers)
        ]
        return {"fact": "block", "block": name, "reported": reported}

    def hidden(node: str, report: str) -> Fact:
        about = {"report": report}
        return {"fact": "told_lie", "lie": "hides-guarantees", "node": node, "about": about}

    facts = [
        block("x", "ab", "ac"),  # a hides one of two, b its only one
        block("y", "ab", "ac"),  # a hides both
        block("z", "ab", "ac"),  # nobody hides anything
        *(hidden("a", report) for report in ("x0", "y0", "y1")),
        hidden("b", "x0"),
        {"fact": "end", "facts": 7},
    ]
    assert list(ambiguous_cases(Facts(facts))) == [("a", "unreported_guarantee", "x")]


def test_the_networks_of_the_seeds_have_all_lies() -> None:
    assert SHOWN_BY.keys() == LIES.keys()
    counts = Counter(lie.name for seed in range(30) for lie in choose_lies(seed, 6, 20))
    assert counts.keys() == LIES.keys()
    assert min(counts.values()) >= 5
    settings = settings_of([1], 20, 6)
    assert [(each.faults, bool(each.lies)) for each in settings] == [
        (False, False),
        (True, False),
        (False, True),
        (True, True),
    ]


def test_the_table_counts_cases() -> None:
    score = Score(found=Counter({"wrong-gas": 3}), compared=9)
    score.missed = [("aa", "gas_differs", "bb")]
    score.false = [("aa", "missing_assurance", "bb")]
    lines = table([(Setting(1), score)])
    assert "| wrong-gas | `gas_differs` | 3 | 1 | 0 | 0 |" in lines
    assert "| none | any other | | | | 1 |" in lines
    assert lines[-1] == "9 blocks were compared."
