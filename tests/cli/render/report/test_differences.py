"""``tart/cli/render/report/differences.py``: claims, open questions, distributions."""

from __future__ import annotations

import re
from typing import Any

from tart.cli.render.report.differences import (
    describe_worse,
    difference_section,
    distribution_section,
)
from tests.cli.render.report.sample import (
    NO_DATA,
    NOT_DIFFERENT,
    STEP,
    comparison,
    group,
    measure,
    pair,
    report,
)


def sentences(**answer: Any) -> list[str]:
    return [re.sub(r"<[^>]*>", "", text) for text in describe_worse(comparison(**answer))]  # type: ignore[arg-type]


def body(**answer: Any) -> str:
    return difference_section(report(comparison=comparison(**answer))).body


def test_the_group_that_differs_from_the_others_is_named() -> None:
    better = {"ratio": 0.5, "worse": "alpha"}
    assert sentences(differences=[pair("alpha", "c"), pair("b", "c")]) == [
        "c is worse in Importing → BlockVerified (1.53 × alpha, 1.53 × b)."
    ]
    assert sentences(
        differences=[pair("alpha", "c", **better), pair("b", "c", ratio=0.5, worse="b")]
    ) == ["c is better in Importing → BlockVerified (0.5 × alpha, 0.5 × b)."]
    assert sentences(differences=[pair("b", "c", ratio=0.5, worse="b")]) == [
        "b is worse in Importing → BlockVerified (2 × c)."
    ]


def test_differences_have_their_unit_and_may_have_no_worse_side() -> None:
    share = measure("lost", unit="share", effect="difference", kind="metric")
    found = pair("a", "b", measure="lost", ratio=None, difference=0.0276, low=0.01, high=0.04)
    assert sentences(measures=[share], differences=[found]) == [
        "b is worse in lost (+2.76 % against a)."
    ]
    assert sentences(differences=[pair("a", "b", worse=None)]) == [
        "b differs in Importing → BlockVerified (1.53 × a)."
    ]


def test_many_measures_are_cut_in_a_sentence() -> None:
    names = [f"m{n}" for n in range(9)]
    (sentence,) = sentences(
        measures=[measure(name) for name in names],
        differences=[pair("a", "b", measure=name) for name in names],
    )
    assert sentence.endswith(", and in 3 more measures.")


def test_a_claim_has_its_interval_and_p() -> None:
    text = body()
    assert '<data value="1.53">1.53</data>' in text
    assert '<data value="0.0012">0.0012</data>' in text
    assert "&lt;b&gt;beta&lt;/b&gt; against alpha" in text
    assert "whisker" in text


def test_what_is_not_shown_is_no_equality() -> None:
    text = body(differences=[pair("a", "b", **NOT_DIFFERENT)])
    assert "No difference is significant. That does not show that there is none" in text
    assert '<data value="1.9">1.9</data>' in text


def test_missing_data_is_one_row_for_the_same_nodes() -> None:
    groups = [group("a", 1.0, nodes=2), group("b", 1.0, nodes=5)]
    text = body(groups=groups, comparisons=0, differences=[pair("a", "b", **NO_DATA)] * 2)
    assert "No two groups have enough data to be compared." in text
    assert '<th scope="row">a 2</th>' in text
    other = body(differences=[pair("a", "b", **NO_DATA)])
    assert '<th scope="row">too few nodes</th>' in other


def test_more_claims_than_fit_are_counted() -> None:
    text = body(differences=[pair("a", f"b{n}") for n in range(405)])
    assert "5 more, with greater p, are in /api/implementations/compare." in text


def test_distributions_have_a_row_for_each_group_and_the_numbers_of_the_answer() -> None:
    whole = comparison(
        measures=[measure(), measure("clock_error", kind="metric")],
        groups=[
            group("alpha", 24.0),
            group("alpha", 7.5, measure="clock_error", p50_ms=None, p95_ms=None, p99_ms=None),
        ],
    )
    text = distribution_section(report(comparison=whole)).body
    assert '<data value="72.0">72</data>' in text
    assert text.count('class="band"') == 2
    assert text.index(STEP.replace("_to_", " → ")) < text.index("clock error")


def test_without_a_comparison_there_is_nothing() -> None:
    assert difference_section(report(comparison=None)).body == ""
    assert distribution_section(report(comparison=None)).body == ""
