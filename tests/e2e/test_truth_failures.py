"""Failure groups against what really happened: each failure once, by node, version and time."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tart.query.core.failure_templates import failure_fingerprint, failure_template
from tart.query.core.rfc3339 import server_time
from tests.e2e.test_truth_analytics import failed


def key_of(fact):
    return failure_fingerprint(fact["type"], failure_template(fact["data"].get("reason") or ""))


def by_group(truth):
    groups = defaultdict(list)
    for fact in failed(truth):
        groups[key_of(fact)].append(fact)
    return groups


def test_groups_have_all_failures_and_no_others(truth):
    body = truth.system.get("/api/failures", limit=1000)
    expected = {key: len(facts) for key, facts in by_group(truth).items()}
    assert {each["fingerprint"]: each["count"] for each in body["failures"]} == expected
    assert body["totals"]["failures"] == len(failed(truth))
    assert body["totals"]["ungrouped"] == body["totals"]["other_reasons"] == 0
    assert len(expected) > 20
    assert all(sum(each["series"]) == each["count"] for each in body["failures"])


def test_groups_have_their_nodes_and_times(truth, received):
    body = truth.system.get("/api/failures", limit=1000)
    groups = by_group(truth)
    for each in body["failures"]:
        facts = groups[each["fingerprint"]]
        assert each["nodes"] == len({fact["node"] for fact in facts})
        times = [received.event(fact)["at"] for fact in facts]
        assert each["first_seen"] == server_time(min(times)), each["template"]
        assert each["last_seen"] == server_time(max(times)), each["template"]


def test_groups_have_the_versions_of_their_nodes(truth, received):
    body = truth.system.get("/api/failures", limit=1000)
    groups = by_group(truth)
    for each in body["failures"]:
        events = [received.event(fact) for fact in groups[each["fingerprint"]]]
        expected = Counter((event["node_name"], event["node_version"]) for event in events)
        found = {(part["name"], part["version"]): part["count"] for part in each["versions"]}
        assert found == expected, each["template"]
        assert each["first_version"] in {None, *(version for _, version in expected)}


def test_conditions_select_nodes_types_and_implementations(truth):
    facts = failed(truth)
    node = Counter(fact["node"] for fact in facts).most_common(1)[0][0]
    body = truth.system.get("/api/failures", node=node, limit=1000)
    assert body["totals"]["failures"] == sum(fact["node"] == node for fact in facts)
    number = facts[0]["type"]
    body = truth.system.get("/api/failures", type=number, limit=1000)
    assert body["totals"]["failures"] == sum(fact["type"] == number for fact in facts)
    assert {each["event_type"] for each in body["failures"]} == {number}


def test_details_have_nodes_reasons_and_samples(truth, received):
    groups = sorted(by_group(truth).items(), key=lambda item: len(item[1]))
    for fingerprint, facts in (groups[0], groups[-1]):
        body = truth.system.get(f"/api/failures/{fingerprint}")
        assert {each["node_id"]: each["count"] for each in body["failing_nodes"]} == Counter(
            fact["node"] for fact in facts
        )
        reasons = Counter(fact["data"].get("reason") for fact in facts)
        assert {each["reason"]: each["count"] for each in body["reasons"]} == reasons
        events = [received.event(fact) for fact in facts]
        newest = max(event["at"] for event in events)
        assert body["samples"], body["template"]
        assert server_time(newest) in {each["event"]["received_at"] for each in body["samples"]}
        ids = {event["id"] for event in events}
        for sample in body["samples"]:
            assert sample["event"]["id"] in ids
            assert all(crumb["before_ms"] >= 0 for crumb in sample["breadcrumbs"])
            numbers = [crumb["event_id"] for crumb in sample["breadcrumbs"]]
            assert numbers == sorted(numbers)


def slots_executed(truth):
    """By node: time and slot of each block that it executed, and the block."""
    executed = defaultdict(list)
    for fact in truth.facts.events("BlockExecuted"):
        about = fact["about"]
        executed[fact["node"]].append((fact["network_us"], about["slot"], about["block"]))
    return executed


def import_outcome(fact, executed):
    later = [each for each in executed[fact["node"]] if each[0] > fact["network_us"]]
    about = fact["about"]
    if any(block == about["block"] for _, _, block in later):
        return "recovered"
    slot = about["slot"]
    return "superseded" if any(slot <= other <= slot + 5 for _, other, _ in later) else "lost"


def authoring_outcome(fact, executed):
    slot = fact["about"]["slot"]
    others = (each for node in executed for each in executed[node])
    return "superseded" if any(other == slot for _, other, _ in others) else "lost"


@pytest.mark.parametrize(
    ("variant", "outcome"),
    [
        ("BlockVerificationFailed", import_outcome),
        ("BlockExecutionFailed", import_outcome),
        ("AuthoringFailed", authoring_outcome),
    ],
)
def test_outcomes_of_blocks_are_what_came_of_them(truth, received, variant, outcome):
    executed = slots_executed(truth)
    facts = truth.facts.events(variant)
    body = truth.system.get("/api/failures", type=variant, limit=100)
    assert body["totals"]["failures"] == len(facts) > 0
    expected = Counter(outcome(fact, executed) for fact in facts)
    found = Counter()
    for group in body["failures"]:
        details = truth.system.get(f"/api/failures/{group['fingerprint']}")
        found.update({name: details["outcomes"][name] for name in ("recovered", "superseded")})
        assert details["outcomes"]["examined"] == group["count"]
        assert details["outcomes"]["rule"]
    # A minute has to pass before something is lost.
    assert (found["recovered"], found["superseded"]) == (
        expected["recovered"],
        expected["superseded"],
    )


def test_outcomes_of_packages_are_what_came_of_them(truth, received):
    guaranteed = {fact["about"]["package"] for fact in truth.facts.events("GuaranteeBuilt")}
    packages = {
        received.event(fact)["id"]: fact["about"].get("package")
        for fact in truth.facts.events("WorkPackageFailed")
    }
    for group in truth.system.get("/api/failures", type="WorkPackageFailed")["failures"]:
        details = truth.system.get(f"/api/failures/{group['fingerprint']}")
        for sample in details["samples"]:
            is_guaranteed = packages[sample["event"]["id"]] in guaranteed
            assert (sample["outcome"] in ("superseded", "recovered")) <= is_guaranteed
            assert sample["outcome"] != "lost"
