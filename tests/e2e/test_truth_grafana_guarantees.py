"""jamtart's routes of 2026 about guarantees, assurances and availability against the truth."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tart.query.core.rfc3339 import rfc3339_of_jce, server_time
from tart.query.core.windows import time_us
from tart.query.grafana.availability import BUNDLES, COUNTED, PREIMAGES, SEGMENTS, SHARDS
from tests.e2e.test_truth_grafana import ask
from tests.e2e.test_truth_guarantees import TOTALS
from tests.e2e.test_truth_metrics import close, durations, nearest
from tests.e2e.truth import OVER_SEVERAL_SHARDS

# Their figures are those of the other routes: one system, in which shards are merged, is enough.
pytestmark = OVER_SEVERAL_SHARDS
SHARES = {"p50_ms": 0.5, "p75_ms": 0.75, "p95_ms": 0.95, "p99_ms": 0.99}


def test_guarantees_by_outcome(truth):
    body, counts = ask(truth, "/api/grafana/guarantees"), truth.facts.counts()
    assert body["totals"] == {name: counts[number] for name, number in TOTALS.items()}
    rates = body["success_rates"]
    assert rates["send_success_rate"] == pytest.approx(
        counts[108] / (counts[107] + counts[108]), abs=1e-6
    )
    assert rates["receive_success_rate"] == pytest.approx(
        counts[112] / (counts[111] + counts[112]), abs=1e-6
    )


def test_guarantors_and_their_cores(truth):
    by_node = defaultdict(list)
    for attempt in truth.packages.attempts:
        if "guaranteed" in attempt.steps:
            by_node[attempt.root["node"]].append(attempt)
    body = ask(truth, "/api/grafana/guarantees/by-guarantor")
    assert body["total_guarantors"] == len(by_node)
    assert {row["node_id"] for row in body["guarantors"]} == by_node.keys()
    for row in body["guarantors"]:
        attempts = by_node[row["node_id"]]
        cores = Counter(a.core for a in attempts)
        assert row["guarantee_count"] == len(attempts)
        assert row["cores_active"] == sorted(cores)
        assert cores[row["primary_core"]] == max(cores.values())
        last = max(a.steps["guaranteed"] for a in attempts)
        assert row["last_guarantee"] == rfc3339_of_jce(last)
    names = ("node_id", "primary_core", "guarantee_count")
    assert ask(truth, "/api/grafana/validators/cores") == [
        {name: row[name] for name in names} for row in body["guarantors"]
    ]


# --- Convergence ---------------------------------------------------------------------------


def check(row, arrivals):
    """Percentiles of delays; ``arrivals`` are lists of (first arrival, start, times)."""
    exact = sorted(max(0, at - start) for _, start, times in arrivals for at in times)
    spread = max((max(times) - first for first, _, times in arrivals), default=0)
    assert row["p100_ms"] == pytest.approx(exact[-1] / 1000, abs=0.51)
    for name, share in SHARES.items():
        index = max(0, -(-len(exact) * round(share * 100) // 100) - 1)
        assert row[name] == pytest.approx(exact[index] / 1000, abs=0.51 + 0.2 * spread / 1000)
    ranks = [row[name] for name in (*SHARES, "p100_ms")]
    assert ranks == sorted(ranks)


@pytest.fixture(scope="module")
def guarantees(truth, received):
    """By report: when the first guarantee was built, and when nodes first had it."""
    built, arrived = defaultdict(list), defaultdict(lambda: defaultdict(list))
    for fact in truth.facts.events("GuaranteeBuilt"):
        built[fact["about"]["report"]].append((received.event(fact)["at"], fact))
    for fact in truth.facts.events("GuaranteeReceived"):
        node = fact["node"], fact["session"]
        arrived[fact["about"]["report"]][node].append(received.event(fact)["at"])
    return {
        report: (*min(some, key=lambda each: each[0]), arrived[report])
        for report, some in built.items()
    }


def one_session_each(arrived):
    """Whether no node received a report on two connections, which other shards may have."""
    nodes = [node for node, _ in arrived]
    return len(nodes) == len(set(nodes))


def test_guarantees_reach_the_nodes(truth, guarantees):
    rows = ask(truth, "/api/grafana/guarantee-convergence/detail")
    reached = {report: each for report, each in guarantees.items() if each[2]}
    assert {row["work_report_hash"] for row in rows} == reached.keys()
    assert [row["slot"] for row in rows] == sorted(row["slot"] for row in rows)
    exact = 0
    for row in rows:
        start, fact, arrived = reached[row["work_report_hash"]]
        about = fact["about"]
        assert row["built_at"] == server_time(start)
        assert row["slot"] == fact["data"]["outline"]["slot"]
        assert row["builder_node_id"] == fact["node"]
        assert row["core"] in (about["core"], None)
        assert row["wp_hash"] in (about["package"], None)
        times = [min(some) for some in arrived.values()]
        if one_session_each(arrived):
            exact += 1
            assert row["node_count"] == len(times)
            check(row, [(min(times), start, times)])
    assert exact > 20
    package = next(row["wp_hash"] for row in rows if row["wp_hash"])
    (one,) = ask(truth, "/api/grafana/guarantee-convergence/detail", wp_hash=f"0x{package}")
    assert one["wp_hash"] == package
    some = ask(truth, "/api/grafana/guarantee-convergence/detail", core=1)
    assert some == [row for row in rows if row["core"] == 1]


def test_guarantees_of_a_slot(truth, guarantees):
    slots = defaultdict(list)
    for start, fact, arrived in guarantees.values():
        slots[fact["data"]["outline"]["slot"]].append((start, arrived))
    rows = ask(truth, "/api/grafana/guarantee-convergence")
    assert [row["slot"] for row in rows] == sorted(slots)
    for row in rows:
        some = slots[row["slot"]]
        assert row["slot_timestamp"] == rfc3339_of_jce(row["slot"] * 6_000_000)
        assert row["guarantee_count"] == len(some)
        assert row["built_at"] == server_time(min(start for start, _ in some))
        if all(one_session_each(arrived) for _, arrived in some):
            counts = [len(arrived) for _, arrived in some]
            assert (row["node_count"], row["min_node_count"]) == (max(counts), min(counts))
            lists = [(s, [min(each) for each in a.values()]) for s, a in some if a]
            if lists:
                check(row, [(min(times), start, times) for start, times in lists])
    detail = ask(truth, "/api/grafana/guarantee-convergence/detail")
    buckets = ask(truth, "/api/grafana/guarantee-convergence", interval="6s")
    total = sum(row["node_count"] for row in detail)
    assert sum(row["sample_count"] for row in buckets) == total


@pytest.fixture(scope="module")
def assurances(truth, received):
    """By anchor and assurer: when it started, in order, and when others had its assurance.

    An assurer starts again with an anchor if a slot has no block. By the server's clock that is at
    once here, so which arrivals belong to which start is compared by the unit tests.
    """
    starts, arrivals = defaultdict(list), defaultdict(list)
    for fact in truth.facts.events("DistributingAssurance"):
        starts[fact["about"]["anchor"], fact["node"]].append(received.event(fact)["at"])
    for fact in truth.facts.events("AssuranceReceived"):
        arrivals[fact["about"]["anchor"], fact["about"]["assurer"]].append(
            received.event(fact)["at"]
        )
    return {key: (sorted(some), arrivals[key]) for key, some in starts.items()}


def test_assurances_of_each_assurer(truth, assurances):
    rows = ask(truth, "/api/grafana/assurance-convergence/senders")
    arrived = {key: each for key, each in assurances.items() if each[1]}
    counts = Counter()
    for row in rows:
        key = row["anchor"], row["sender_node_id"]
        starts, times = arrived[key]
        assert row["distributed_at"] in map(server_time, starts)
        counts[key] += row["node_count"]
        if len(starts) == 1:
            check(row, [(min(times), starts[0], times)])
    assert counts == {key: len(times) for key, (_, times) in arrived.items()}
    anchor, node = next(key for key, (starts, _) in arrived.items() if len(starts) == 1)
    (one,) = ask(truth, "/api/grafana/assurance-convergence/senders", anchor=anchor, node=node)
    assert (one["anchor"], one["sender_node_id"]) == (anchor, node)
    buckets = ask(truth, "/api/grafana/assurance-convergence/senders", node=node, interval="1m")
    total = sum(len(times) for (_, sender), (_, times) in arrived.items() if sender == node)
    assert sum(row["sample_count"] for row in buckets) == total


def test_assurances_of_an_anchor(truth, assurances):
    anchors = defaultdict(list)
    for (anchor, _), each in assurances.items():
        anchors[anchor].append(each)
    slots = {fact["block"]: fact["slot"] for fact in truth.facts.of("block")}
    rows = ask(truth, "/api/grafana/assurance-convergence")
    arrived = {anchor: some for anchor, some in anchors.items() if any(t for _, t in some)}
    assert {row["anchor"] for row in rows} == arrived.keys()
    for row in rows:
        some = arrived[row["anchor"]]
        assert row["slot"] == slots.get(row["anchor"])
        assert row["sender_count"] == len(some)
        assert row["receiver_count"] == sum(len(times) for _, times in some)
        starts = sorted(all_starts[0] for all_starts, _ in some)
        assert row["first_distributed_at"] == server_time(starts[0])
        last = max(all_starts[-1] for all_starts, _ in some)
        assert row["last_distributed_at"] == server_time(last)
        late = [start - starts[0] for start in starts]
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p100", 1.0)):
            assert row[f"dist_start_{name}_ms"] == round(nearest(late, share) / 1000)
        if all(len(all_starts) == 1 for all_starts, _ in some):
            check(row, [(min(times), all_[0], times) for all_, times in some if times])
    buckets = ask(truth, "/api/grafana/assurance-convergence", interval="1d")
    total = sum(row["receiver_count"] for row in rows)
    assert sum(row["sample_count"] for row in buckets) == total


# --- Availability --------------------------------------------------------------------------


def test_requests_of_each_node(truth):
    rows = ask(truth, "/api/grafana/da-stats")
    found = durations(truth)
    shards = defaultdict(set)
    for fact in truth.facts.events("SendingShardRequest"):
        shards[fact["node"]].add(fact["data"]["shard"])
    assert [row["shards_transferred"] for row in rows] == sorted(
        (row["shards_transferred"] for row in rows), reverse=True
    )
    for row in rows:
        counts = truth.facts.counts(row["node_id"])
        for name, kind in COUNTED.items():
            assert row[name] == counts[kind.number], name
        for side, pair in (("assurer", (120, 125)), ("guarantor", (121, 125))):
            own = [us for node, us in found[pair] if node == row["node_id"]]
            assert row[f"{side}_latency_samples"] == len(own)
            if own:
                assert close(row[f"{side}_avg_latency_ms"], sum(own) / len(own))
        fetched, served = row["assurer_latency_samples"], row["guarantor_latency_samples"]
        assert (row["shards_fetched"], row["shards_served"]) == (fetched, served)
        assert row["active_shards"] == len(shards[row["node_id"]])
    node = rows[0]["node_id"]
    assert ask(truth, "/api/grafana/da-stats", node=node) == rows[:1]


@pytest.mark.parametrize(
    ("path", "transfers"),
    [
        ("/api/grafana/shard-latency", SHARDS),
        ("/api/grafana/bundle-latency", BUNDLES),
        ("/api/grafana/segment-latency", SEGMENTS),
        ("/api/grafana/preimage-latency", PREIMAGES),
    ],
)
def test_times_of_transfers(truth, path, transfers):
    rows, found = ask(truth, path, interval="1d"), durations(truth)
    failed = sum(truth.facts.counts()[kind.number] for kind in transfers.failures)
    assert sum(row["failed_count"] for row in rows) == failed
    for step in transfers.steps:
        samples = sorted(us for _, us in found[step.parent.number, step.end.number])
        assert samples, step.prefix
        assert sum(row[f"{step.prefix}_samples"] for row in rows) == len(samples)
        if len(rows) == 1:
            for number in step.percentiles:
                exact = nearest(samples, number / 100) / 1000
                # Half a bin, and whole milliseconds.
                assert rows[0][f"{step.prefix}_p{number}"] == pytest.approx(
                    exact, rel=0.091, abs=0.51 + 0.091 * exact
                ), step.prefix
    by_minute = ask(truth, path, interval="30s", core=1)
    assert sum(row["failed_count"] for row in by_minute) == failed
    assert all(time_us(row["ts"], "") % 60_000_000 == 0 for row in by_minute)
