"""``tart/aggregate/references/package_reducers.py``: cores, costs, guarantees sent."""

from __future__ import annotations

from collections import Counter

import pytest

from tart.aggregate.aggregates import Aggregates
from tart.protocol.events import EventKind
from tests.aggregate.batches import (
    aggregate,
    decode_contexts,
    event_batches,
    rows,
    sum_by,
    troubled_network,
)
from tests.aggregate.node_script import HASH, NodeScript


def test_events_of_a_work_package_inherit_its_core():
    played = troubled_network()
    aggregates = Aggregates(decode_contexts(played).__getitem__)
    kinds = (EventKind.AUTHORIZED, EventKind.REFINED, EventKind.WORK_REPORT_BUILT)
    with_core: Counter = Counter()
    for batch in event_batches(played, 400):
        aggregates.inherit(batch)
        for index in aggregates.follow(batch, contexts=True):
            if batch.columns.has_core[index]:
                with_core[int(batch.columns.type[index])] += 1
    counts = played.facts.counts()
    for kind in kinds:
        assert with_core[kind] > counts[kind] * 0.9, kind.variant


@pytest.mark.no_cover
def test_events_of_sending_a_guarantee_are_counted_by_work_package():
    played = troubled_network()
    found = {
        column: sum(row[column] or 0 for row in rows(aggregate(played), "packages"))
        for column in ("sending", "sent", "send_failed")
    }
    counts = played.facts.counts()
    for column, kind in (
        ("sending", EventKind.SENDING_GUARANTEE),
        ("sent", EventKind.GUARANTEE_SENT),
        ("send_failed", EventKind.GUARANTEE_SEND_FAILED),
    ):
        # Those whose chain to the work-package was dropped are not counted.
        assert counts[kind] * 0.9 < found[column] <= counts[kind], column


def submit(script):
    return script.send("WorkPackageSubmission", builder=HASH, bundle=False)


def cost(gas):
    return {"gas_used": gas, "elapsed_ns": 2 * gas}


def authorize(script, package):
    costs = {"total": cost(5), "load_ns": 0, "host_call": cost(0)}
    script.send("Authorized", submission_or_share_id=package, cost=costs)


def test_a_duplicate_work_package_has_its_core_hash_and_outcome():
    script = NodeScript()
    duplicate = {"core": 1, "hash": b"d" * 32}
    script.send("DuplicateWorkPackage", submission_or_share_id=submit(script), **duplicate)
    (row,) = rows(script.aggregate(), "packages")
    assert (row["outcome"], row["failed_type"]) == ("duplicate", EventKind.DUPLICATE_WORK_PACKAGE)
    assert (row["core"], row["hash"]) == (1, b"d" * 32)


def test_the_cost_of_an_authorization_has_the_core_of_its_work_package():
    script = NodeScript()
    package = submit(script)
    outline = {
        "work_package_size": 1,
        "work_package_hash": HASH,
        "anchor": HASH,
        "lookup_anchor_slot": 1,
        "prerequisites": [],
        "work_items": [],
    }
    script.send("WorkPackageReceived", submission_or_share_id=package, core=1, outline=outline)
    authorize(script, package)
    authorize(script, package + 100)
    found = rows(script.aggregate(), "authorizations")
    assert [(row["core"], row["count"], row["gas"]) for row in found] == [(1, 1, 5), (None, 1, 5)]


@pytest.mark.no_cover
def test_costs_of_refinement_are_counted_by_the_service_of_the_work_item():
    facts = troubled_network().facts
    services = {
        (f["node"], f["session"], f["root"]["event_id"]): [
            item["service_id"] for item in f["data"]["outline"]["work_items"]
        ]
        for f in facts.events("WorkPackageReceived")
    }
    expected: Counter = Counter()
    for f in facts.events("Refined"):
        items = services.get((f["node"], f["session"], f["root"]["event_id"]))
        for index, costs in enumerate(f["data"]["costs"]):
            expected[items[index] if items else None] += costs["total"]["gas_used"]
    found = sum_by(rows(aggregate(troubled_network()), "refinements"), "service", value="gas")
    assert len(found) > 1
    assert found == {(service,): gas for service, gas in expected.items()}
