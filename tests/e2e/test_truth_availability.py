"""Assurances by anchor, requests on both sides and preimages against the truth."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tart.query.core.rfc3339 import server_time
from tart.query.topics.requests import PREIMAGE_REQUEST, REQUESTS
from tests.e2e.test_truth_metrics import close, durations, nearest
from tests.e2e.truth import OVER_SEVERAL_SHARDS

# Their figures are merged of shards: one system with several is enough.
pytestmark = OVER_SEVERAL_SHARDS


def ask(truth, path, **parameters):
    return truth.system.get(path, duration="24h", **parameters)


# --- Anchors -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def assurances(truth, received):
    """By anchor and assurer: when it started, in order, and when others had its assurance."""
    starts, arrivals = defaultdict(list), defaultdict(list)
    for fact in truth.facts.events("DistributingAssurance"):
        starts[fact["about"]["anchor"], fact["node"]].append(received.event(fact)["at"])
    for fact in truth.facts.events("AssuranceReceived"):
        arrivals[fact["about"]["anchor"], fact["about"]["assurer"]].append(
            received.event(fact)["at"]
        )
    return {key: (sorted(some), arrivals[key]) for key, some in starts.items()}


def test_each_anchor_has_those_who_assured_it(truth, assurances):
    body = ask(truth, "/api/availability/anchors", limit=200)
    nodes, slots = body["nodes"], {each["block"]: each["slot"] for each in truth.facts.of("block")}
    assert nodes == sorted(node["node"] for node in truth.facts.of("node"))
    by_anchor = defaultdict(dict)
    for (anchor, node), each in assurances.items():
        by_anchor[anchor][node] = each
    assert {row["anchor"] for row in body["anchors"]} == by_anchor.keys()
    assert body["total_anchors"] == len(by_anchor)
    exact = 0
    for row in body["anchors"]:
        some = by_anchor[row["anchor"]]
        first = min(starts[0] for starts, _ in some.values())
        assert row["first_at"] == server_time(first)
        assert row["slot"] in (slots.get(row["anchor"]), None)
        assert row["assured"] == len(some)
        assert row["missing"] == [place for place, node in enumerate(nodes) if node not in some]
        assert set(row["elsewhere"]) <= set(row["missing"])
        assert row["started_ms"] == [
            round((some[node][0][0] - first) / 1000) if node in some else None for node in nodes
        ]
        assert row["expected_receipts"] == len(nodes) * (len(nodes) - 1)
        once = {node: times for node, (starts, times) in some.items() if len(starts) == 1}
        for place, node in enumerate(nodes):
            if node in once:
                assert row["reached"][place] == len(once[node])
        if once.keys() == some.keys():
            exact += 1
            times = sorted(at for each in once.values() for at in each)
            check_times(row, [max(0, at - first) for at in times])
    assert exact > 20


def check_times(row, delays):
    """Receipts of an anchor; ``delays`` are in order."""
    expected = row["expected_receipts"]
    assert row["receipts"] == len(delays)
    last = round(delays[-1] / 1000) if delays else None
    assert row["last_receipt_ms"] == last
    assert row["until_all_ms"] == (last if len(delays) >= expected else None)
    wanted = -(-2 * expected // 3)
    if len(delays) < wanted:
        assert row["until_two_thirds_ms"] is None
    else:
        exact = delays[wanted - 1] / 1000
        assert row["until_two_thirds_ms"] == pytest.approx(exact, rel=0.2, abs=1 + 0.2 * last)


def test_each_assurer_has_its_anchors(truth):
    body = ask(truth, "/api/availability/anchors", limit=200)
    for place, row in enumerate(body["assurers"]):
        assert row["node_id"] == body["nodes"][place]
        starts = [each["started_ms"][place] for each in body["anchors"]]
        assert row["assured"] == sum(start is not None for start in starts)
        assert row["missing"] == starts.count(None)
    limited = ask(truth, "/api/availability/anchors", limit=3)
    # The newest by tenths of a second, in which nodes may be on two branches.
    rows = {row["anchor"]: row for row in body["anchors"]}
    assert len(limited["anchors"]) == 3
    assert all(row == rows[row["anchor"]] for row in limited["anchors"])
    tenths = sorted((row["first_at"][:21] for row in rows.values()), reverse=True)
    assert sorted((row["first_at"][:21] for row in limited["anchors"]), reverse=True) == tenths[:3]
    assert limited["total_anchors"] == body["total_anchors"]


# --- Requests ------------------------------------------------------------------------------


def check_side(side, request, start, found, counts):
    done = sorted(us for _, us in found[start.number, request.transferred.number])
    lost = found[start.number, request.failed.number]
    assert side["started"] == counts[start.number]
    assert (side["transferred"], side["failed"]) == (len(done), len(lost))
    assert side["success_rate"] == round(len(done) / (len(done) + len(lost)), 4)
    for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        assert close(side[name], nearest(done, share))


def check_kind(row, request, found, truth):
    counts = truth.facts.counts()
    check_side(row["requester"], request, request.sent, found, counts)
    check_side(row["server"], request, request.received, found, counts)
    reasons = Counter(fact["data"]["reason"] for fact in truth.facts.events(request.failed.variant))
    assert {each["reason"]: each["count"] for each in row["failures"]} == reasons
    series = row["series"]
    assert sum(series["requested"]) == counts[request.sent.number]
    assert sum(series["transferred"]) == row["requester"]["transferred"]
    assert sum(series["failed"]) == row["requester"]["failed"]
    served = defaultdict(list)
    for node, us in found[request.received.number, request.transferred.number]:
        served[node].append(us)
    slow = [each["p95_ms"] or 0 for each in row["servers"]]
    assert slow == sorted(slow, reverse=True)
    assert row["servers_total"] == len(row["servers"])
    assert {each["node_id"] for each in row["servers"] if each["transferred"]} == served.keys()
    for each in row["servers"]:
        own = sorted(served[each["node_id"]])
        assert each["transferred"] == len(own)
        assert not own or close(each["p95_ms"], nearest(own, 0.95))


def test_requests_of_each_kind_on_both_sides(truth):
    body, found = ask(truth, "/api/availability/requests"), durations(truth)
    assert [row["kind"] for row in body["kinds"]] == list(REQUESTS)
    for row in body["kinds"]:
        check_kind(row, REQUESTS[row["kind"]], found, truth)
        (alone,) = ask(truth, "/api/availability/requests", kind=row["kind"])["kinds"]
        assert alone["requester"] == row["requester"]


# --- Preimages -----------------------------------------------------------------------------


def test_events_about_preimages(truth):
    body, counts = ask(truth, "/api/preimages"), truth.facts.counts()
    totals = body["totals"]
    assert (totals["announced"], totals["announcements_failed"]) == (counts[191], counts[190])
    assert (totals["forgotten"], totals["discarded"]) == (counts[192], counts[199])
    assert totals["transferred"] == counts[198]
    assert sum(body["series"]["announced"]) == counts[191]
    assert sum(body["series"]["forgotten"]) == counts[192]
    assert sum(body["series"]["discarded"]) == counts[199]
    check_kind(body["requests"], PREIMAGE_REQUEST, durations(truth), truth)
    stored = truth.system.get("/api/da/stats", duration="24h")["aggregate"]
    assert totals["stored"] == stored["total_preimages"]
    assert totals["stored_bytes"] == stored["total_preimages_size_bytes"]


def test_nodes_and_their_preimages(truth):
    body, found = ask(truth, "/api/preimages"), durations(truth)
    assert [row["node_id"] for row in body["nodes"]] == sorted(
        node["node"] for node in truth.facts.of("node")
    )
    for row in body["nodes"]:
        counts = truth.facts.counts(row["node_id"])
        assert (row["announced"], row["requested"]) == (counts[191], counts[193])
        for name, pair in (
            ("fetched", (193, 198)),
            ("fetch_failed", (193, 195)),
            ("served", (194, 198)),
            ("serve_failed", (194, 195)),
        ):
            own = [us for node, us in found[pair] if node == row["node_id"]]
            assert row[name] == len(own), name


def test_each_preimage_has_those_who_announced_and_fetched_it(truth):
    body = ask(truth, "/api/preimages", limit=1000)
    assert body["read"]["complete"]
    facts = truth.facts
    announced, heard, fetched = defaultdict(set), defaultdict(set), defaultdict(set)
    described, requests = {}, Counter()
    for fact in facts.events("PreimageAnnounced"):
        subject = fact["about"]["preimage"]
        described[subject] = fact["about"]["service"], fact["about"]["length"]
        local = fact["data"]["announcer"] == "Local"
        (announced if local else heard)[subject].add(fact["node"])
    for fact in facts.events("SendingPreimageRequest"):
        requests[fact["about"]["preimage"]] += 1
    for fact in facts.events("PreimageTransferred"):
        asked = fact["about"]["asker"] == fact["node"]
        if asked and fact["root"]["told"] == "sent":
            fetched[fact["about"]["preimage"]].add(fact["node"])
    rows = {row["hash"]: row for row in body["preimages"]}
    assert described.keys() <= rows.keys()
    for subject, row in rows.items():
        if subject in described:
            assert (row["service"], row["length"]) == described[subject]
        assert set(row["announcers"]) == announced[subject]
        assert set(row["hearers"]) == heard[subject]
        assert set(row["fetchers"]) == fetched[subject]
        assert row["requests"] == requests[subject]
    assert any(fetched.values())
