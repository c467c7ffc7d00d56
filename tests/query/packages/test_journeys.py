"""``tart/query/packages/journeys.py``: stages of a package over nodes."""

from __future__ import annotations

from tart.aggregate.core.tables import PACKAGE_STEPS
from tart.query.core.rfc3339 import rfc3339
from tart.query.packages.journeys import ROW_STEPS, Journey, batch_item, candidates, plain
from tart.query.packages.package_progress import PackageState
from tart.query.shard_queries.packages import JourneyEvents
from tests.query.shard_queries.test_packages import state

HASH = "aa" * 32
NOON = 1_795_176_000_000_000


def row(session=1, root=0, **changes):
    values = {
        "session": session,
        "root": root,
        "node": f"{session:02}" * 32,
        "kind": 90,
        "started_at": NOON,
        "started": 1_000_000,
        "ended_at": NOON,
        "hash": HASH,
        "core": 2,
        "outcome": "unfinished",
        "failed": None,
        "reason": None,
        **dict.fromkeys(ROW_STEPS),
    }
    return values | changes


def event(number, at=0, node="01" * 32, **fields):
    return {
        "id": at,
        "node_id": node,
        "session": 1,
        "event_id": at,
        "event_type": number,
        "timestamp": rfc3339(NOON + at),
        "received_at": rfc3339(NOON + at),
        "data": {"Variant": {"timestamp": 1_000_000 + at, **fields}},
    }


def answer(**parts):
    return {"pipelines": {}, "reports": [], "erasures": [], "auditors": []} | parts


def merged(*answers, limit=5):
    return JourneyEvents(limit=limit).merge(list(enumerate(answers)))


def journey(*answers, rows=None, **changes):
    account = PackageState(state(hash=HASH, core=2, **changes), None, None)
    return Journey(rows or [row()], account, merged(*answers, limit=100))


def test_row_steps_are_columns_of_the_packages_table():
    assert dict(ROW_STEPS) == {name: number for number, name in PACKAGE_STEPS.items()}


def test_steps_of_all_nodes_are_in_order_of_arrival():
    found = journey(
        answer(pipelines={"1/0": [event(90), event(94, 20)]}),
        answer(reports=[event(112, 10, node="02" * 32)]),
    )
    body = plain(found, HASH)
    assert [each["stage"] for each in body["stages"]] == [
        "submitted",
        "guarantee_received",
        "received",
    ]
    assert body["stages"][0]["data"] == {"Variant": {"timestamp": 1_000_000}}
    assert (body["work_package_hash"], body["core_index"]) == (HASH, 2)


def test_the_row_replaces_events_that_are_gone():
    gone = journey(
        rows=[row(received=1_000_500, outcome="failed", failed=1_000_900, reason="late")]
    )
    body = plain(gone, HASH)
    assert [each["stage"] for each in body["stages"]] == ["submitted", "received", "failed"]
    assert {each["data"] for each in body["stages"]} == {None}
    assert {each["session"] for each in body["stages"]} == {1}


def test_a_failed_step_is_superseded_if_another_guarantor_guaranteed():
    events = answer(pipelines={"1/0": [event(92, reason="anything")]})
    assert plain(journey(events), HASH)["stages"][0]["stage"] == "failed"
    late = plain(journey(events, guaranteed=5, submissions_failed=1), HASH)
    assert late["stages"][0]["stage"] == "superseded"
    assert (late["superseded"], late["failed"]) == (True, False)


def test_a_discard_because_of_on_chain_is_an_inclusion():
    events = [event(113, reason="PackageReportedOnChain"), event(113, 1, reason="Other")]
    body = plain(journey(answer(reports=events)), HASH)
    heard = [each["stage"] for each in body["stages"] if each["event_type"] == 113]
    assert heard == ["included", "discarded"]


def test_a_package_without_hash_has_a_journey():
    rows = [row(hash=None, core=None, outcome="failed", failed=1_000_001, reason="reset")]
    body = plain(Journey(rows, None, merged()), "17")
    assert (body["work_package_hash"], body["core_index"]) == ("17", None)
    assert (body["current_stage"], body["failed"], body["failure_reason"]) == (
        "failed",
        True,
        "reset",
    )


def test_candidates_list_each_package_once():
    rows = [row(1), row(2), row(3, hash="bb" * 32), row(4, hash=None), row(5, hash=None)]
    found = candidates(rows)
    assert [each["session"] for each in found] == [1, 3, 4, 5]


def test_an_answer_as_long_as_the_limit_is_truncated():
    full = answer(reports=[event(112), event(112, 1)])
    assert merged(full, limit=2)["truncated"] is True
    assert merged(full, answer(), limit=3)["truncated"] is False


def test_a_batch_item_needs_no_events():
    rows = [row(received=1_000_500), row(2, kind=91)]
    item = batch_item(rows, PackageState(state(hash=HASH, core=2), None, None))
    assert [each["stage"] for each in item["stages"]] == ["submitted", "being_shared", "received"]
    assert (item["nodes_involved"], item["has_errors"], item["stage_count"]) == (2, False, 3)
