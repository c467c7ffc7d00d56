"""``tart/tracing/package_traces.py``: attempts, steps and shares, the chain."""

from __future__ import annotations

import pytest

from tart.aggregate.core.tables import ROWS
from tart.query.packages.journeys import ROW_STEPS, Journey
from tart.query.packages.package_progress import PackageState
from tart.tracing.otlp import encode
from tart.tracing.package_traces import package_nodes, package_start_us, package_trace
from tart.tracing.span_ids import root_span_id, trace_id
from tart.tracing.spans import Service
from tart.units import JCE_US
from tests.query.packages.test_journeys import HASH, NOON, answer, event, merged
from tests.query.packages.test_journeys import row as plain_row
from tests.query.shard_queries.test_packages import state
from tests.tracing.otlp_messages import attributes, check_tree, read, spans_of

CLOCK = NOON - JCE_US
ONE, TWO, THREE = "01" * 32, "02" * 32, "03" * 32
REPORT, ROOT, ANCHOR, OTHER = "dd" * 32, "ee" * 32, "ab" * 32, "cd" * 32
SERVICES = {ONE: Service("alpha", "1.0"), TWO: Service("beta", "2.0")}
OUTLINE = {"anchor": "0x" + ANCHOR, "prerequisites": ["0x" + OTHER]}


def row(session=1, **steps):
    """A guarantor's row; steps are microseconds after its first event."""
    values = {
        name: CLOCK + value if name in (*ROW_STEPS, "failed") and value is not None else value
        for name, value in steps.items()
    }
    known = plain_row(session=session, **{"started": CLOCK, **values})
    return dict.fromkeys(ROWS["packages"]) | known


def told(number, at, session=1, **fields):
    """An event that arrived when its clock says."""
    shown = event(number, at, node=f"{session:02}" * 32, **fields)
    next(iter(shown["data"].values()))["timestamp"] = CLOCK + at
    return {**shown, "session": session, "event_id": 1_000 * session + at}


def journey(rows, *answers, report=None, erasure=None, **changes):
    account = PackageState(state(hash=HASH, core=2, **changes), report, erasure)
    return Journey(rows, account, merged(*answers, limit=100))


def built(given, offsets=None, **more):
    """The trace of a journey, read by OpenTelemetry's messages: spans by name."""
    request = read(encode(package_trace(given, offsets or {}, SERVICES, **more)))
    check_tree(request)
    return request, {span.name: span for span in spans_of(request)}


def full():
    """A package at two guarantors that came on chain and became available."""
    primary = row(
        received=100,
        authorized=200,
        extrinsics=250,
        refined=1_000,
        built=1_100,
        guaranteed=5_000,
        distributed=6_000,
        outcome="distributed",
        guarantee_slot=8,
        guarantors="[1,4]",
        services="[7,7]",
        refine_gas=2**63,
        send_failed=1,
        peer="99" * 32,
    )
    second = row(session=2, kind=91, received=400, built=3_100, signed=3_200, outcome="signed")
    to = {"secondary": "0x" + TWO}
    own = [
        told(90, 0),
        told(94, 100, outline=OUTLINE),
        told(98, 250, **to),
        told(104, 4_000, **to),
        told(107, 5_500, reason="no route"),
    ]
    requested = told(120, 10_000, 3, guarantor="0x" + ONE, erasure_root="0x" + ROOT, shard=4)
    other = told(120, 10_100, 2, guarantor="0x" + ONE, erasure_root="0x" + ROOT, shard=5)
    return journey(
        [primary, second],
        answer(pipelines={"1/0": own, "2/0": [told(91, 300, 2)]}),
        answer(
            reports=[
                told(112, 7_000, 3),
                told(113, 9_000, 3, reason="PackageReportedOnChain"),
                told(113, 9_500, 2, reason="Other"),
            ],
            erasures=[
                requested,
                other,
                told(125, 10_400, 3, request_id=requested["event_id"]),
                told(122, 10_500, 2, request_id=other["event_id"], reason="gone"),
                told(153, 99_000, 3, request_id=5),
            ],
        ),
        report={"received": 1, "reported_on_chain": 1, "received_at": 1, "included_at": 1},
        erasure={"first_at": NOON + 10_000, "last_at": NOON + 99_000, "requested": 2},
        any_report=REPORT,
        any_erasure_root=ROOT,
    )


def test_the_root_is_the_package_and_links_to_its_anchor_and_prerequisites():
    _, spans = built(full())
    root = spans["work package"]
    assert root.trace_id == trace_id(bytes.fromhex(HASH))
    assert root.span_id == root_span_id(bytes.fromhex(HASH))
    known = attributes(root)
    assert known["jam.work_package.hash"] == HASH
    assert known["jam.work_package.stage"] == "available"
    assert known["jam.work_package.services"] == [7, 7]
    assert (known["jam.core"], known["jam.slot"]) == (2, 8)
    assert root.status.code == 0
    links = [(link.trace_id, link.span_id, attributes(link)) for link in root.links]
    assert links == [
        (
            trace_id(bytes.fromhex(digest)),
            root_span_id(bytes.fromhex(digest)),
            {"jam.link.relation": relation, name: digest},
        )
        for relation, name, digest in (
            ("anchor", "jam.block.hash", ANCHOR),
            ("prerequisite", "jam.work_package.hash", OTHER),
        )
    ]
    # Audits come later and are no part of it.
    assert root.end_time_unix_nano == (NOON + 10_500) * 1_000


def test_attempts_have_steps_one_after_the_other_and_their_shares():
    _, spans = built(full())
    attempt = spans["primary guarantor"]
    names = ["submit", "authorize", "refine", "report", "guarantee", "distribute"]
    steps = [spans[name] for name in names if name != "report"]
    assert all(step.parent_span_id == attempt.span_id for step in steps)
    assert steps[0].start_time_unix_nano == attempt.start_time_unix_nano == NOON * 1_000
    assert steps[1].start_time_unix_nano == steps[0].end_time_unix_nano
    assert attributes(spans["refine"])["jam.gas.used"] == str(2**63)
    assert attributes(spans["guarantee"])["jam.guarantors"] == [1, 4]
    assert attributes(attempt)["jam.peer.id"] == "99" * 32
    assert [each.name for each in attempt.events] == ["extrinsic_received"]
    share = spans["share"]
    assert share.parent_span_id == attempt.span_id
    assert attributes(share)["jam.peer.id"] == TWO
    (failure,) = spans["distribute"].events
    assert (failure.name, attributes(failure)["jam.reason"]) == (
        "guarantee_send_failed",
        "no route",
    )
    assert spans["secondary guarantor"].parent_span_id == spans["work package"].span_id
    assert spans["receive_share"].parent_span_id == spans["secondary guarantor"].span_id


def test_nodes_are_resources_and_the_network_is_one():
    request, _ = built(full())
    services = [attributes(each.resource) for each in request.resource_spans]
    assert services == [
        {"service.name": "jam-network"},
        {"service.name": "alpha", "service.version": "1.0", "service.instance.id": ONE},
        {"service.name": "beta", "service.version": "2.0", "service.instance.id": TWO},
        {"service.name": "unknown_service", "service.instance.id": THREE},
    ]


def test_the_chain_and_requests_for_shards_are_spans_of_the_package():
    request, spans = built(full())
    chain = spans["on chain"]
    assert [(each.name, attributes(each)) for each in chain.events] == [
        ("guarantee_discarded", {"jam.node.id": TWO, "jam.reason": "Other"}),
        ("reported_on_chain", {"jam.node.id": THREE}),
        ("guarantee_received", {"jam.node.id": THREE}),
    ]
    requests = [span for span in spans_of(request) if span.name == "request shard"]
    assert {span.parent_span_id for span in requests} == {spans["availability"].span_id}
    outcomes = {attributes(span)["jam.shard.index"]: span for span in requests}
    assert attributes(outcomes[4])["jam.request.outcome"] == "transferred"
    assert outcomes[4].status.code == 0
    assert outcomes[5].status.message == "gone"
    assert outcomes[5].status.code == 2


def test_a_failure_has_the_status_error_and_its_reason_where_it_happened():
    failing = {"outcome": "failed", "reason": "no memory"}
    given = journey(
        [row(received=100, authorized=200, failed=900, **failing)],
        outcome="failed",
        reason="no memory",
    )
    assert package_trace(given, {}, {}).is_failed
    _, spans = built(given)
    for name in ("work package", "primary guarantor", "refine"):
        assert (spans[name].status.code, spans[name].status.message) == (2, "no memory")
    assert spans["authorize"].status.code == 0


def test_an_attempt_that_was_superseded_is_no_error():
    failing = row(received=100, failed=900, kind=91, outcome="failed", reason="too late")
    given = journey([failing], guaranteed=5, shares_failed=1)
    assert not package_trace(given, {}, {}).is_failed
    request, spans = built(given)
    assert {span.status.code for span in spans_of(request)} == {0}
    assert attributes(spans["secondary guarantor"])["jam.attempt.outcome"] == "superseded"
    assert attributes(spans["secondary guarantor"])["jam.attempt.reason"] == "too late"


def test_a_discarded_package_failed():
    report = {"received": 1, "received_at": NOON + 50, "cannot_report": 2, "discarded_at": NOON}
    given = journey([row(received=100)], report=report)
    _, spans = built(given)
    assert spans["work package"].status.message == "discarded"
    assert spans["on chain"].status.code == 2
    assert spans["on chain"].end_time_unix_nano == (NOON + 50) * 1_000


def test_an_attempt_without_a_hash_has_a_trace_of_its_own():
    rows = [row(hash=None, core=None, outcome="failed", failed=10, reason="reset")]
    given = Journey(rows, None, merged())
    trace = package_trace(given, {}, {})
    assert trace.id != trace_id(b"")
    assert trace.is_failed
    _, spans = built(given)
    assert "jam.work_package.hash" not in attributes(spans["work package"])
    other = Journey([{**rows[0], "root": 1}], None, merged())
    assert package_trace(other, {}, {}).id != trace.id


def test_times_are_corrected_by_the_offset_and_the_raw_ones_are_attributes():
    given = journey([row(received=100)])
    _, spans = built(given, {ONE: -30})
    step = spans["submit"]
    assert step.start_time_unix_nano == (NOON - 30) * 1_000
    known = attributes(step)
    assert known["jam.clock.offset_us"] == -30
    assert known["jam.clock.start_unix_nano"] == NOON * 1_000


def test_what_the_trace_lacks_is_an_attribute_of_the_root():
    given = journey([row(received=100)], answer(reports=[told(112, 1)] * 100))
    _, spans = built(given, missing_shards=2)
    known = attributes(spans["work package"])
    assert (known["jam.trace.truncated"], known["jam.trace.missing_shards"]) == (True, 2)
    assert len(spans["on chain"].events) == 100


def test_a_second_export_is_the_same_and_rows_in_another_order_change_nothing():
    given = full()
    first = encode(package_trace(given, {ONE: 5}, SERVICES))
    assert encode(package_trace(full(), {ONE: 5}, SERVICES)) == first
    assert encode(package_trace(given._replace(rows=given.rows[::-1]), {ONE: 5}, SERVICES)) == first


def test_the_nodes_and_the_start_are_those_of_all_events():
    assert package_nodes(full()) == [ONE, TWO, THREE]
    assert package_start_us(full()) == NOON


@pytest.mark.parametrize("outcome", ["duplicate", "unfinished"])
def test_any_outcome_has_a_tree(outcome):
    built(journey([row(failed=5 if outcome == "duplicate" else None, outcome=outcome)]))
