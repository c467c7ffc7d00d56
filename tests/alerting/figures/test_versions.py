"""Versions and findings that are new."""

from __future__ import annotations

from tart.alerting.figures.inputs import Inputs
from tart.alerting.figures.questions import Findings
from tart.alerting.figures.versions import newest_version
from tart.query.core.version_spans import VersionSpan
from tart.query.core.wall_clock import AheadSlot
from tart.units import HOUR_US, MINUTE_US
from tests.alerting.figures.making import NOON, measure, network, node

DAYS = NOON - 48 * HOUR_US
RECENTLY = NOON - 10 * MINUTE_US


def span(node_id: str, version: str, start: int = DAYS, end: int = NOON) -> VersionSpan:
    return VersionSpan(node_id, "polkajam", version, start, end)


def of(*node_ids: str, **changes) -> Inputs:
    return Inputs(network=network(*(node(each) for each in node_ids), **changes))


def test_the_newest_version_of_a_node_is_that_of_its_latest_connection():
    old, new = span("aa", "1", end=RECENTLY), span("aa", "2", RECENTLY)
    assert newest_version([new, old]) == {"aa": new}


def test_a_version_appears_with_the_first_nodes_that_have_it():
    spans = [
        span("aa", "1", end=RECENTLY),
        span("aa", "2", RECENTLY),
        span("bb", "1"),
        span("cc", "2", RECENTLY),
        # It went away again.
        span("dd", "2", RECENTLY, RECENTLY + MINUTE_US),
    ]
    inputs = of("aa", "bb", "cc")
    assert measure("version_appeared_nodes", spans, inputs=inputs) == {
        "polkajam 1": 0.0,
        "polkajam 2": 2.0,
    }


def test_all_versions_of_a_new_network_are_new_and_none_appears():
    spans = [span("aa", "1", RECENTLY), span("bb", "2", RECENTLY)]
    assert measure("version_appeared_nodes", spans, inputs=of("aa", "bb")) == {}
    assert measure("version_appeared_nodes", [], inputs=of()) == {}


def test_a_version_vanishes_when_no_connected_node_has_it():
    spans = [
        span("aa", "1", end=RECENTLY),
        span("bb", "1", end=RECENTLY),
        span("aa", "2", RECENTLY),
        span("cc", "3"),
        span("dd", "0", end=NOON - 40 * HOUR_US),
    ]
    assert measure("version_vanished_nodes", spans, inputs=of("aa", "cc")) == {
        "polkajam 1": 2.0,
        "polkajam 2": 0.0,
        "polkajam 3": 0.0,
    }


def test_a_network_that_was_stopped_has_lost_no_version():
    spans = [span("aa", "1", end=RECENTLY)]
    stopped = Inputs(network=network(node(is_connected=False)))
    assert measure("version_vanished_nodes", spans, inputs=stopped) == {}


def finding(node_id: str, rule: str, first_at: int) -> dict[str, object]:
    return {"node": node_id, "rule": rule, "count": 1, "first_at": first_at}


def answer(spans, findings):
    return lambda question: findings if isinstance(question, Findings) else spans


def test_a_finding_is_new_if_the_node_did_not_have_it_before():
    spans = [span("aa", "1"), span("bb", "1", RECENTLY)]
    findings = [
        finding("aa", "old_rule", DAYS),
        finding("aa", "new_rule", RECENTLY),
        finding("bb", "new_rule", RECENTLY),
    ]
    inputs = of("aa", "bb")
    assert measure("node_new_findings", answer(spans, findings), inputs=inputs) == {"aa": 1.0}
    assert measure("new_findings_nodes", answer(spans, findings), inputs=inputs) == {
        "old_rule": 0.0,
        "new_rule": 2.0,
    }


def test_findings_of_a_new_network_are_not_news():
    spans, findings = [span("aa", "1", RECENTLY)], [finding("aa", "rule", RECENTLY)]
    assert measure("new_findings_nodes", answer(spans, findings), inputs=of("aa")) == {}
    assert measure("node_new_findings", answer(spans, findings), inputs=of("aa")) == {}


def test_slots_ahead_of_the_wall_clock_are_no_finding_where_the_network_agrees_on_them():
    spans = [span("aa", "1")]
    findings = [finding("aa", "implausible_slot", RECENTLY)]
    inputs = of("aa", best_block=AheadSlot(10**9))
    assert measure("new_findings_nodes", answer(spans, findings), inputs=inputs) == {}
    assert measure("new_findings_nodes", answer(spans, findings), inputs=of("aa")) == {
        "implausible_slot": 1.0
    }
