"""Traces of every package and block against what really happened."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from tart.tracing.span_ids import root_span_id, trace_id
from tests.e2e.packages_truth import STEPS
from tests.e2e.received import rooted
from tests.gateway.json_schema import SCHEMAS, violations
from tests.tracing.otlp_messages import attributes, check_tree, read, spans_of

ROLES = {90: "primary guarantor", 91: "secondary guarantor"}
STEP_NAMES = {
    "authorized": "authorize",
    "refined": "refine",
    "built": "report",
    "signed": "sign",
    "guaranteed": "guarantee",
    "distributed": "distribute",
}
JCE_NS = 1_735_732_800 * 10**9


@pytest.fixture(
    scope="module", params=["some packages", pytest.param("all packages", marks=pytest.mark.soak)]
)
def names(request, packages):
    """Packages whose traces are read: in every run a quarter, which fails and succeeds, too."""
    every = sorted(packages.by_hash)
    chosen = every[:: 4 if request.param == "some packages" else 1]
    assert len(chosen) >= 15
    return chosen


@pytest.fixture(scope="module")
def trace_of(truth):
    """Returns a trace as OpenTelemetry's own messages read it, and its root, by its path."""

    @cache
    def read_trace(path):
        url = f"/api/{path}/trace.otlp.json"
        first, second = truth.system.http.get(url), truth.system.http.get(url)
        assert first.status_code == 200, first.text
        # A second export changes nothing.
        assert first.content == second.content
        assert violations(first.json(), SCHEMAS["OtlpTraces"]) == []
        request = read(first.content)
        return request, check_tree(request)

    return read_trace


def test_a_package_has_every_attempt_with_its_steps(packages, names, trace_of):
    for name in names:
        attempts = packages.by_hash[name]
        request, root = trace_of(f"workpackages/{name}")
        assert root.trace_id == trace_id(bytes.fromhex(name))
        assert attributes(root)["jam.work_package.hash"] == name
        spans = spans_of(request)
        found = {
            (known["jam.node.id"], known["jam.session.id"], known["jam.event.id"]): span
            for span in spans
            if span.name in ROLES.values()
            for known in [attributes(span)]
        }
        assert len(found) == len(attempts)
        for attempt in attempts:
            key = attempt.root["node"], packages.session(attempt.root), attempt.root["event_id"]
            span = found[key]
            assert span.name == ROLES[attempt.kind]
            known = attributes(span)
            assert known["jam.attempt.outcome"] in (attempt.outcome, "superseded")
            assert known.get("jam.attempt.reason") == (attempt.reason or None)
            # The node's own times are exact, whatever the estimate of its clock.
            begun = attempt.root["node_us"] * 1_000 + JCE_NS
            assert known["jam.clock.start_unix_nano"] == begun
            steps = {
                each.name: attributes(each)["jam.clock.end_unix_nano"]
                for each in spans
                if each.parent_span_id == span.span_id and each.name != "share"
            }
            for step, stage in STEP_NAMES.items():
                if step in attempt.steps:
                    assert steps[stage] == attempt.steps[step] * 1_000 + JCE_NS
            assert set(attempt.steps) <= set(STEPS.values())


def test_a_package_is_an_error_exactly_if_its_journey_failed(truth, names, trace_of):
    statuses = Counter()
    for name in names:
        _, root = trace_of(f"workpackages/{name}")
        journey = truth.system.get(f"/api/workpackages/{name}/journey")
        assert (root.status.code == 2) == journey["failed"], name
        assert attributes(root)["jam.work_package.stage"] == journey["current_stage"]
        statuses[root.status.code] += 1
    assert set(statuses) == {0, 2}


def test_links_lead_to_the_traces_of_blocks(packages, names, trace_of):
    linked = 0
    for name in names:
        attempts = packages.by_hash[name]
        received = [a.one(94) for a in attempts if a.one(94)]
        outlines = [each["data"]["outline"] for each in received]
        digests = [bytes.fromhex(each["anchor"].removeprefix("0x")) for each in outlines]
        _, root = trace_of(f"workpackages/{name}")
        relations = [attributes(link)["jam.link.relation"] for link in root.links]
        links = {(link.trace_id, link.span_id) for link in root.links}
        assert {(trace_id(each), root_span_id(each)) for each in digests} <= links
        assert relations.count("anchor") == len(set(digests))
        linked += len(digests)
    assert linked


def test_a_block_has_the_pipelines_of_all_nodes(truth, trace_of):
    pipelines = Counter()
    for fact in truth.facts.events("Importing"):
        pipelines[fact["about"]["block"], "import block", fact["node"]] += 1
    for fact, _ in rooted(truth.facts, "Authored", "Authoring"):
        pipelines[fact["about"]["block"], "author block", fact["node"]] += 1
    failed = {
        fact["about"]["block"]
        for variant in ("BlockVerificationFailed", "BlockExecutionFailed")
        for fact, _ in rooted(truth.facts, variant, "Authoring", "Importing")
    }
    blocks = sorted({block for block, _, _ in pipelines})
    statuses = Counter()
    for block in blocks:
        request, root = trace_of(f"blocks/{block}")
        assert root.trace_id == trace_id(bytes.fromhex(block))
        found = Counter(
            (block, span.name, attributes(span)["jam.node.id"])
            for span in spans_of(request)
            if span.name in ("import block", "author block")
        )
        assert found == Counter({key: n for key, n in pipelines.items() if key[0] == block})
        assert (root.status.code == 2) == (block in failed)
        statuses[root.status.code] += 1
    assert set(statuses) == {0, 2}
