"""Failures of pipelines."""

from __future__ import annotations

import pytest

from tart.alerting.figures.questions import Versions
from tart.query.core.version_spans import VersionSpan
from tests.alerting.figures.making import NOON, measure

AUTHORING, AUTHORING_FAILED, IMPORTING, VERIFICATION_FAILED = 40, 41, 43, 44


def rows(**counts):
    return [{"type": int(kind[1:]), "count": count} for kind, count in counts.items()]


def test_shares_are_failures_by_attempts_of_each_pipeline():
    counts = rows(t40=200, t41=20, t43=400, t44=1, t10=9999)
    assert measure("step_failure_share", counts) == {
        "block_authoring": 0.1,
        "block_verification": 1 / 400,
    }


def test_a_pipeline_with_few_attempts_has_no_share():
    assert measure("step_failure_share", rows(t40=99, t41=99)) == {}


def test_shares_by_node_are_over_all_pipelines():
    counts = [
        {"node": "aa", "type": AUTHORING, "count": 10},
        {"node": "aa", "type": IMPORTING, "count": 10},
        {"node": "aa", "type": VERIFICATION_FAILED, "count": 5},
        {"node": "bb", "type": AUTHORING, "count": 19},
        {"node": None, "type": AUTHORING, "count": 1000},
    ]
    assert measure("step_failure_share", counts, by="node") == {"aa": 0.25}


def test_shares_by_implementation_follow_the_newest_version_of_each_node():
    spans = [
        VersionSpan("aa", "old", "1", NOON - 9, NOON - 5),
        VersionSpan("aa", "polkajam", "2", NOON - 4, NOON),
        VersionSpan("bb", "polkajam", "1", NOON - 9, NOON),
        VersionSpan("cc", None, None, NOON - 9, NOON),
    ]
    counts = [
        {"node": node, "type": kind, "count": count}
        for node, kind, count in (
            ("aa", AUTHORING, 60),
            ("aa", AUTHORING_FAILED, 6),
            ("bb", AUTHORING, 60),
            ("cc", AUTHORING, 500),
            ("dd", AUTHORING, 500),
        )
    ]

    def answer(question):
        return spans if isinstance(question, Versions) else counts

    assert measure("step_failure_share", answer, by="implementation") == {
        "polkajam": pytest.approx(0.05)
    }
