"""``tart/query/packages/waterfall.py``: bars, groups and the critical path of one package."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.rfc3339 import rfc3339
from tart.query.packages.journeys import ROW_STEPS, Journey
from tart.query.packages.package_progress import PackageState
from tart.query.packages.waterfall import BINS, waterfall
from tart.units import JCE_US
from tests.query.packages.test_journeys import HASH, NOON, answer, event, merged
from tests.query.packages.test_journeys import row as plain_row
from tests.query.shard_queries.test_packages import state

CLOCK = NOON - JCE_US
ONE, TWO = "01" * 32, "02" * 32
REPORT = dict.fromkeys(("replaced", "cannot_report", "too_many", "other"), 0) | {
    "discarded_at": None
}
TYPICAL = {"received_to_authorized": {"p50_ms": 1.0, "p95_ms": 2.0, "sample_count": 9}}


def row(session=1, **steps):
    """A guarantor's row; steps are microseconds after its first event."""
    changes = {name: CLOCK + at for name, at in steps.items() if name in (*ROW_STEPS, "failed")}
    rest = {name: value for name, value in steps.items() if name not in changes}
    values = {"started": CLOCK, "started_at": NOON + 500, "guarantee_slot": None}
    return plain_row(session=session, **{**values, **changes, **rest})


def told(number, at, session=1, **fields):
    """An event whose clock says the same as its arrival."""
    shown = event(number, at, node=f"{session:02}" * 32, **fields)
    next(iter(shown["data"].values()))["timestamp"] = CLOCK + at
    return {**shown, "id": 1_000 * session + at}


def of(rows, *answers, report=None, erasure=None, offsets=None, **changes):
    account = PackageState(state(hash=HASH, core=2, **changes), report, erasure)
    journey = Journey(rows, account, merged(*answers, limit=100))
    return waterfall(journey, HASH, offsets or {}, TYPICAL, NOON)


def test_bars_follow_one_another_and_have_their_events_and_typical_durations():
    events = [told(90, 0), told(94, 100), told(95, 300), told(101, 900)]
    body = of(
        [row(received=100, authorized=300, refined=900)],
        answer(pipelines={"1/0": events}),
        offsets={ONE: 250},
    )
    (shown,) = body["rows"]
    assert [bar["stage"] for bar in shown["bars"]] == ["submit", "authorize", "refine"]
    assert [(bar["start_ms"], bar["end_ms"]) for bar in shown["bars"]] == [
        (0.0, 0.1),
        (0.1, 0.3),
        (0.3, 0.9),
    ]
    assert [bar["end_event_id"] for bar in shown["bars"]] == [1_100, 1_300, 1_900]
    assert shown["bars"][1]["typical"] == TYPICAL["received_to_authorized"]
    assert shown["bars"][0]["typical"] is None
    assert (shown["clock_offset_ms"], shown["is_corrected"]) == (0.25, True)
    assert body["origin"] == rfc3339(NOON + 250)
    assert (body["duration_ms"], shown["role"]) == (0.9, "primary")


def test_without_an_offset_the_arrival_of_the_first_event_stands_in():
    body = of([row(received=100)])
    (shown,) = body["rows"]
    assert (shown["clock_offset_ms"], shown["is_corrected"]) == (0.5, False)
    assert [bar["end_event_id"] for bar in shown["bars"]] == [None]


def test_a_failure_is_in_the_step_that_it_ended_and_has_its_reason():
    failing = {"outcome": "failed", "reason": "no memory"}
    body = of([row(received=100, authorized=200, failed=900, **failing)], outcome="failed")
    bar = body["rows"][0]["bars"][-1]
    assert (bar["stage"], bar["status"], bar["reason"]) == ("refine", "failed", "no memory")
    body = of([row(received=100, failed=900, kind=91, **failing)], guaranteed=5, shares_failed=1)
    bar = body["rows"][0]["bars"][-1]
    assert (bar["stage"], bar["status"]) == ("authorize", "superseded")
    assert body["rows"][0]["outcome"] == "superseded"
    assert body["rows"][0]["bars"][0]["stage"] == "receive_share"


def with_secondary(signature_us):
    """A primary that waits for the signature of a secondary, which arrives then."""
    steps = {"received": 100, "authorized": 200, "refined": 1_000, "built": 1_100}
    primary = row(**steps, guaranteed=5_000, distributed=6_000, guarantee_slot=8)
    second = row(
        session=2, kind=91, received=400, authorized=500, refined=3_000, built=3_100, signed=3_200
    )
    to = {"secondary": "0x" + TWO}
    own = [told(90, 0), told(98, 250, **to), told(100, 260, **to), told(104, signature_us, **to)]
    other = [told(91, 300, 2), told(103, 3_200, 2)]
    second["started"] = CLOCK + 300
    return of(
        [second, primary],
        answer(pipelines={"1/0": own, "2/0": other}),
        answer(reports=[told(112, 7_000, 2), told(113, 9_000, 2, reason="PackageReportedOnChain")]),
        report={
            **REPORT,
            "received": 4,
            "reported_on_chain": 1,
            "received_at": NOON + 7_000,
            "included_at": NOON + 9_000,
        },
        offsets={ONE: 0, TWO: 0},
    )


def test_the_critical_path_leads_through_the_signature_that_was_waited_for():
    body = with_secondary(4_000)
    assert [each["role"] for each in body["rows"]] == ["primary", "secondary"]
    path = [(step["stage"], step["node_id"]) for step in body["critical_path"]]
    assert path == [
        ("submit", ONE),
        ("authorize", ONE),
        ("share", ONE),
        *((stage, TWO) for stage in ("receive_share", "authorize", "refine", "report", "sign")),
        ("signature", ONE),
        ("guarantee", ONE),
        ("distribute", ONE),
        ("included", None),
    ]
    critical = {
        (each["node_id"], bar["stage"])
        for each in body["rows"]
        for bar in each["bars"]
        if bar["is_critical"]
    }
    assert (TWO, "refine") in critical
    assert (ONE, "refine") not in critical
    (share,) = body["rows"][0]["shares"]
    assert (share["peer_id"], share["start_ms"], share["end_ms"]) == (TWO, 0.25, 4.0)
    assert share["status"] == "completed"


def test_the_critical_path_stays_with_a_builder_that_did_not_wait():
    body = with_secondary(1_050)
    path = [(step["stage"], step["node_id"]) for step in body["critical_path"]]
    assert ("refine", ONE) in path
    assert not any(node == TWO for _, node in path)


def test_groups_count_all_and_show_those_that_were_read():
    groups = {group["name"]: group for group in with_secondary(4_000)["groups"]}
    assert groups.keys() == {"guarantees_received", "reported_on_chain"}
    received = groups["guarantees_received"]
    assert (received["count"], received["read"], received["nodes"]) == (4, 1, 1)
    assert received["first_ms"] == received["p50_ms"] == received["last_ms"] == 7.0
    assert groups["reported_on_chain"]["reasons"] == {}


def test_discards_and_failed_requests_have_their_reasons():
    body = of(
        [row(received=100)],
        answer(
            reports=[told(113, at, reason=reason) for at, reason in ((5, "Other"), (9, "Other"))],
            erasures=[told(120, 20), told(122, 30, reason="not found")],
        ),
        report={**REPORT, "other": 2, "received_at": None, "included_at": None},
        erasure={"first_at": NOON + 20, "requested": 1, "failed": 1},
    )
    groups = {group["name"]: group for group in body["groups"]}
    assert groups["guarantees_discarded"]["reasons"] == {"Other": 2}
    assert groups["shard_requests_failed"]["reasons"] == {"not found": 1}
    assert groups["shards_requested"]["first_event_id"] == 1_020
    # Shards that were requested of a package that is not on chain make it available to nobody.
    assert body["chain"]["available_ms"] is None


TIMES = st.integers(0, 100_000)
STEPS = st.fixed_dictionaries(
    {},
    optional={name: TIMES for name in ROW_STEPS},
)


@pytest.mark.no_cover
@given(
    rows=st.lists(
        st.tuples(STEPS, st.sampled_from((90, 91)), st.none() | TIMES), min_size=1, max_size=4
    ),
    signatures=st.lists(st.tuples(st.integers(1, 4), TIMES, TIMES), max_size=4),
    receipts=st.lists(TIMES, max_size=30),
    offsets=st.dictionaries(st.integers(1, 4).map(lambda number: f"{number:02}" * 32), TIMES),
    included=st.none() | TIMES,
)
def test_bars_are_inside_the_range_and_the_critical_path_is_connected(
    rows, signatures, receipts, offsets, included
):
    every, pipelines = [], {}
    for session, (steps, kind, failed) in enumerate(rows, 1):
        ended = {} if failed is None else {"failed": failed, "outcome": "failed", "reason": "x"}
        every.append(row(session=session, kind=kind, **steps, **ended))
        pipelines[f"{session}/0"] = [
            each
            for peer, shared, signed in signatures
            for each in (
                told(98, shared, session, secondary="0x" + f"{peer:02}" * 32),
                told(104, signed, session, secondary="0x" + f"{peer:02}" * 32),
            )
        ]
    report = {
        **REPORT,
        "received": len(receipts),
        "received_at": NOON + min(receipts) if receipts else None,
        "included_at": None if included is None else NOON + included,
    }
    body = of(
        every,
        answer(pipelines=pipelines),
        answer(reports=[told(112, at) for at in receipts]),
        report=report,
        offsets=offsets,
    )
    last = body["duration_ms"]
    for shown in body["rows"]:
        assert shown["start_ms"] <= shown["end_ms"] <= last
        for one, other in pairwise(shown["bars"]):
            assert one["end_ms"] == other["start_ms"]
        for bar in (*shown["bars"], *shown["shares"]):
            assert 0 <= bar["start_ms"] <= bar["end_ms"] <= last
        spent = sum(bar["end_ms"] - bar["start_ms"] for bar in shown["bars"])
        assert spent == pytest.approx(shown["end_ms"] - shown["start_ms"])
        assert all(0 <= mark["at_ms"] <= last for mark in shown["marks"])
    for one, other in pairwise(body["critical_path"]):
        assert one["end_ms"] == other["start_ms"]
    for step in body["critical_path"]:
        assert 0 <= step["start_ms"] <= step["end_ms"] <= last
    for group in body["groups"]:
        assert group["read"] <= group["count"]
        if group["histogram"]:
            assert sum(group["histogram"]["counts"]) == group["read"]
            assert len(group["histogram"]["counts"]) == BINS
            times = [group[name] for name in ("first_ms", "p50_ms", "p90_ms", "last_ms")]
            assert times == sorted(times)
