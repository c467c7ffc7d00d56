"""jamtart's routes of 2026 about packages, guarantors and services against what really happened."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tart.query.core.rfc3339 import rfc3339_of_jce, server_time
from tart.query.core.windows import time_us
from tart.units import MINUTE_US
from tests.e2e.test_truth_grafana import ask
from tests.e2e.test_truth_metrics import close, nearest
from tests.e2e.test_truth_packages import PIPELINE
from tests.e2e.truth import OVER_SEVERAL_SHARDS

# Their figures are those of the other routes: one system, in which shards are merged, is enough.
pytestmark = OVER_SEVERAL_SHARDS
STEPS = ("received", "authorized", "refined", "built", "guaranteed", "distributed")
NAMES = ("received", "authorized", "refined", "report_built", "guarantee_built", "distributed")
STAGES = {
    "authorize": ("received", "authorized"),
    "refine": ("authorized", "refined"),
    "report": ("refined", "built"),
    "guarantee": ("built", "guaranteed"),
    "distribute": ("guaranteed", "distributed"),
    "total": ("received", "distributed"),
}


def reached(packages, core=None, start=None):
    """Of each package that somebody received: the stages it reached, and whether it failed."""
    found = {}
    for package, attempts in packages.by_hash.items():
        some = [a for a in attempts if core in (None, a.core)]
        if not any("received" in a.steps for a in some):
            continue
        marks = {step for a in some for step in a.steps if step in STEPS}
        if any(a.outcome == "failed" for a in some) and "guaranteed" not in marks:
            marks.add("failed")
        found[package] = marks
    return found


def counted(marks):
    total = Counter(mark for each in marks.values() for mark in each)
    return {
        **{name: total[step] for name, step in zip(NAMES, STEPS, strict=True)},
        "failed": total["failed"],
    }


def first_seen(packages, package):
    return min(time_us(packages.received(a.root), "") for a in packages.by_hash[package])


def test_packages_by_stage(truth, packages):
    marks = reached(packages)
    body = ask(truth, "/api/grafana/wp-funnel")
    assert body.pop("window")
    assert body == {"total": len(marks), **counted(marks)}
    assert 0 < body["failed"] < body["total"]
    stats = ask(truth, "/api/grafana/wp-stats")
    counts = truth.facts.counts()
    events = {"submissions": counts[90], "being_shared": counts[91], "duplicates": counts[93]}
    assert stats["totals"] == {**events, **counted(marks)}
    by_core = {row["core"]: row["count"] for row in stats["by_core"]}
    assert by_core == {core: len(reached(packages, core)) for core in by_core}
    assert sum(by_core.values()) == len(marks)


def test_packages_by_time_and_core(truth, packages):
    marks = reached(packages, 1)
    buckets = defaultdict(dict)
    for package, some in marks.items():
        at = first_seen(packages, package)
        buckets[at - at % MINUTE_US][package] = some
    rows = ask(truth, "/api/grafana/wp-funnel-timeseries", core=1)
    assert rows == [
        {"ts": server_time(start), "total": len(buckets[start]), **counted(buckets[start])}
        for start in sorted(buckets)
    ]


def times(attempts, stage, *, failed=True):
    """The times of a stage, of each attempt by its own clock."""
    first, last = STAGES[stage]
    return sorted(
        a.steps[last] - a.steps[first]
        for a in attempts
        if first in a.steps and last in a.steps and (failed or a.outcome != "failed")
    )


def mean(values):
    return round(sum(values) / len(values) / 1000, 3) if values else None


@pytest.mark.parametrize("core", [None, 0])
def test_times_of_stages(truth, packages, core):
    asked = {} if core is None else {"core": core}
    (body,) = ask(truth, "/api/grafana/bottlenecks", **asked)
    marks = reached(packages, core)
    failed = counted(marks)["failed"]
    assert (body["total_wps"], body["failed_wps"]) == (len(marks), failed)
    assert body["failure_rate"] == pytest.approx(failed / len(marks), abs=1e-6)
    attempts = [a for a in packages.attempts if core in (None, a.core)]
    for stage in STAGES:
        shown = body["stage_timing"]["pipeline_total" if stage == "total" else stage]
        samples = times(attempts, stage)
        assert close(shown["p50_ms"], nearest(samples, 0.5)), stage
        assert close(shown["p95_ms"], nearest(samples, 0.95)), stage
    assert body["avg_pipeline_ms"] == mean(times(attempts, "total"))
    rows = ask(truth, "/api/grafana/bottlenecks-timeseries", interval="1d", **asked)
    assert sum(row["total_wps"] for row in rows) == len(marks)
    assert sum(row["failed_wps"] for row in rows) == failed
    if len(rows) == 1:
        assert rows[0]["pipeline_p95"] == body["stage_timing"]["pipeline_total"]["p95_ms"]


def test_the_newest_packages(truth, packages):
    body = ask(truth, "/api/grafana/wp-active")
    marks = reached(packages)
    assert body["reached"] == counted(marks)
    at = Counter(
        "failed"
        if "failed" in some
        else f"at_{NAMES[max(STEPS.index(each) for each in some if each in STEPS)]}"
        for some in marks.values()
    )
    shown = dict(body["summary"])
    assert shown.pop("total") == len(marks) == sum(shown.values())
    assert {name: count for name, count in shown.items() if count} == dict(at)
    assert {row["wp_hash"] for row in body["work_packages"]} == marks.keys()
    reasons = Counter(a["data"]["reason"] for a in truth.facts.events("WorkPackageFailed"))
    assert {e["reason"]: e["count"] for e in body["failure_breakdown"]} == dict(reasons)
    for row in body["work_packages"]:
        check_row(packages, row)
        lead = packages.leads(row["wp_hash"])
        assert row["core"] in {a.core for a in lead}
        assert row["refine_gas_used"] in {a.refine_gas for a in lead}
    samples = times(packages.attempts, "authorize")
    percentiles = body["stage_duration_percentiles"]
    assert close(percentiles["authorize_p95_ms"], nearest(samples, 0.95))


def check_row(packages, row):
    """A package is at the stage of a guarantor that came furthest, with the services it has."""
    attempts = [a for a in packages.by_hash[row["wp_hash"]] if a.outcome != "duplicate"]
    lead = packages.leads(row["wp_hash"])
    stages = [max((i for i, s in enumerate(STEPS) if s in a.steps), default=0) for a in lead]
    assert row["stage"] in stages
    shown = tuple(row[f"{name}_at"] for name in NAMES)
    assert shown in {tuple(jce(a.steps.get(step)) for step in STEPS) for a in lead}
    assert row["first_seen"] == server_time(first_seen_of(packages, attempts))
    nodes = {a.root["node"] for a in attempts if "received" in a.steps}
    assert row["received_by"] == len(nodes)
    nodes = {a.root["node"] for a in attempts if "guaranteed" in a.steps}
    assert row["guaranteed_by"] == len(nodes)
    items = [services_of(a) for a in lead]
    assert row["service_ids"] in [[f"0x{s:08x}" for s in dict.fromkeys(each)] for each in items]
    failed = {jce(a.counted[-1]["node_us"]) for a in attempts if a.outcome == "failed"}
    assert row["failed_at"] in (failed or {None})


def first_seen_of(packages, attempts):
    return min(time_us(packages.received(a.root), "") for a in attempts)


def jce(value):
    return None if value is None else rfc3339_of_jce(value)


def services_of(attempt):
    received = attempt.one(94)
    return [i["service_id"] for i in received["data"]["outline"]["work_items"]] if received else []


def test_one_package_and_a_batch(truth, packages):
    hashes = sorted(packages.by_hash)[:20]
    response = truth.system.http.post(
        "/api/grafana/wp/batch", json=["0x" + hashes[0], *hashes[1:], "ab" * 32]
    )
    rows = response.json()
    assert {row["wp_hash"] for row in rows} == set(hashes)
    seen = [row["first_seen"] for row in rows]
    assert seen == sorted(seen, reverse=True)
    package = rows[0]["wp_hash"]
    body = truth.system.get(f"/api/grafana/wp/0x{package}")
    assert body["summary"] == rows[0]
    assert body["truncated"] is False
    # Of the newest package, whichever it is; what is told of bundles and segments is no stage.
    everything = [f for a in packages.by_hash[package] for f in (a.root, *a.facts)]
    facts = [f for f in everything if f["type"] in PIPELINE]
    assert facts
    shown = {(e["node_id"], e["event_type"], e["ts"]) for e in body["events"]}
    assert {(f["node"], f["type"], rfc3339_of_jce(f["node_us"])) for f in facts} <= shown
    assert [e["ts"] for e in body["events"]] == sorted(e["ts"] for e in body["events"])
    unknown = truth.system.get(f"/api/grafana/wp/{'ab' * 32}")
    assert (unknown["summary"], unknown["events"]) == (None, [])


def test_times_of_guarantors(truth, packages):
    body = ask(truth, "/api/grafana/validator-profiling")
    attempts = [a for a in packages.attempts if a.outcome != "duplicate"]
    ok = [a for a in attempts if a.outcome != "failed"]
    network = mean(times(ok, "total"))
    assert body["network_avg_total_ms"] == network
    assert {row["node_id"] for row in body["nodes"]} == {a.root["node"] for a in attempts}
    for row in body["nodes"]:
        own = [a for a in attempts if a.root["node"] == row["node_id"]]
        assert row["wp_count"] == sum(1 for a in own if a.outcome != "unfinished")
        assert row["failures"] == sum(1 for a in own if a.outcome == "failed")
        for stage in STAGES:
            assert row[f"avg_{stage}_ms"] == mean(times(own, stage, failed=False)), stage
        total = row["avg_total_ms"]
        assert row["slowdown_factor"] == (None if total is None else round(total / network, 2))
    totals = [row["avg_total_ms"] for row in body["nodes"] if row["avg_total_ms"] is not None]
    assert totals == sorted(totals, reverse=True)
    fastest = ask(truth, "/api/grafana/validator-profiling", sort="asc", limit=2)["nodes"]
    assert [row["avg_total_ms"] for row in fastest] == sorted(totals)[:2]
    node = body["nodes"][0]["node_id"]
    rows = ask(truth, "/api/grafana/validator-profiling-timeseries", node=node)
    assert {row["node_id"] for row in rows} == {node}
    own = [a for a in attempts if a.root["node"] == node]
    assert sum(row["wp_count"] for row in rows) == len(own)
    every = ask(truth, "/api/grafana/validator-profiling-timeseries")
    assert sum(row["failures"] for row in every) == sum(a.outcome == "failed" for a in attempts)


# --- Services ------------------------------------------------------------------------------


def executed(truth):
    """What a block cost a service: the nodes that reported it, gas, items, times."""
    found = defaultdict(list)
    for fact in truth.facts.events("BlockExecuted"):
        if fact["root"]["told"] == "sent":
            for service, cost in fact["data"]["accumulate_costs"]:
                found[fact["about"]["block"], service].append((fact, cost))
    return found


def work(packages):
    """By package and service: items, items refined, gas of refining, share of authorizing."""
    found = {}
    for package, attempts in packages.by_hash.items():
        received = [a for a in attempts if a.one(94)]
        if not received:
            continue
        services = services_of(received[0])
        refined = next((a.one(101) for a in received if a.one(101)), None)
        authorized = next((a.one(95) for a in received if a.one(95)), None)
        gas = authorized["data"]["cost"]["total"]["gas_used"] if authorized else 0
        for service in set(services):
            costs = refined["data"]["costs"] if refined else []
            mine = [c for s, c in zip(services, costs, strict=False) if s == service]
            found[package, service] = {
                "refined": len(mine),
                "gas": sum(each["total"]["gas_used"] for each in mine),
                "authorized": authorized is not None,
                "auth_gas": gas * services.count(service) / len(services),
            }
    return found


def test_work_of_services(truth, packages):
    rows = {row["service_id"]: row for row in ask(truth, "/api/grafana/services")}
    done, blocks = work(packages), executed(truth)
    services = {s for _, s in done} | {s for _, s in blocks}
    assert rows.keys() == {f"0x{service:08x}" for service in services}
    for service in services:
        row, mine = rows[f"0x{service:08x}"], [v for (_, s), v in done.items() if s == service]
        assert row["work_packages"] == len(mine)
        assert row["refinements"] == sum(each["refined"] for each in mine)
        assert row["refinement_gas"] == sum(each["gas"] for each in mine)
        assert row["authorizations"] == sum(each["authorized"] for each in mine)
        shares = sum(each["auth_gas"] for each in mine)
        assert row["authorization_gas"] == pytest.approx(shares, abs=len(mine))
        gas = [v[0][1]["total"]["gas_used"] for (_, s), v in blocks.items() if s == service]
        assert (row["executions"], row["execution_gas"]) == (len(gas), sum(gas))
    series = ask(truth, "/api/grafana/services/timeseries", service=f"{{{max(services)}}}")
    assert {row["service_id"] for row in series} == {f"0x{max(services):08x}"}
    total = rows[f"0x{max(services):08x}"]
    for name in ("work_packages", "refinement_gas", "authorization_gas", "execution_gas"):
        assert sum(row[name] for row in series) == total[name]


def test_costs_of_executions(truth):
    body = ask(truth, "/api/grafana/execution")
    authorized = [f["data"]["cost"] for f in truth.facts.events("Authorized")]
    refined = [c for f in truth.facts.events("Refined") for c in f["data"]["costs"]]
    for shown, costs in ((body["authorization"], authorized), (body["refinement"], refined)):
        assert shown["count"] == len(costs)
        assert shown["total_gas"] == sum(each["total"]["gas_used"] for each in costs)
        load = sum(each["load_ns"] for each in costs) / len(costs)
        assert shown["avg_load_ns"] == pytest.approx(load)
    blocks = executed(truth)
    costs = [cost for some in blocks.values() for _, cost in some]
    shown = body["accumulation"]
    assert shown["count"] == len(blocks)
    assert shown["total_gas"] == sum(some[0][1]["total"]["gas_used"] for some in blocks.values())
    elapsed = sum(each["total"]["elapsed_ns"] for each in costs) / len(costs)
    assert shown["avg_time_ns"] == pytest.approx(elapsed)
    assert shown["avg_load_ns"] == pytest.approx(sum(e["load_ns"] for e in costs) / len(costs))
    by_service = Counter(service for _, service in blocks)
    assert {
        row["service_id"]: row["count"]
        for row in body["by_service"]
        if row["phase"] == "accumulation"
    } == dict(by_service)


def test_statistics_on_chain_are_of_one_block_of_each_slot(truth):
    votes = defaultdict(lambda: defaultdict(Counter))
    for fact in truth.facts.events("BestBlockChanged", "FinalizedBlockChanged"):
        about = fact["about"]
        votes[about["slot"]][about["block"]][fact["type"]] += 1
    best = {
        max(blocks, key=lambda block: (blocks[block][12], blocks[block][11], block))
        for blocks in votes.values()
    }
    expected = defaultdict(list)
    for (block, service), some in executed(truth).items():
        if block in best:
            expected[service].append((some[0][0]["about"]["slot"], some[0][1]))
    rows = ask(truth, "/api/grafana/onchain/services")
    assert [row["service_id"] for row in rows] == [f"0x{s:08x}" for s in sorted(expected)]
    for row in rows:
        costs = [cost for _, cost in expected[int(row["service_id"], 16)]]
        assert row["accumulate_count"] == sum(each["num_items"] for each in costs)
        assert row["accumulate_gas"] == sum(each["total"]["gas_used"] for each in costs)
        assert row["refinement_gas"] is None
    service = max(expected)
    blocks = ask(truth, f"/api/grafana/onchain/services/0x{service:x}")
    slots = sorted((slot for slot, _ in expected[service]), reverse=True)
    assert [row["slot"] for row in blocks] == slots
    assert blocks[0]["timestamp"] == rfc3339_of_jce(slots[0] * 6_000_000)
    series = ask(truth, "/api/grafana/onchain/services/timeseries", service=service)
    gas = [row["accumulate_gas"] for row in rows if int(row["service_id"], 16) == service]
    assert [sum(row["accumulate_gas"] for row in series)] == gas


@pytest.mark.parametrize(
    "path",
    [
        "/api/grafana/onchain/cores",
        "/api/grafana/onchain/cores/timeseries",
        "/api/grafana/onchain/cores/1",
        "/api/grafana/onchain/validators",
        "/api/grafana/onchain/validators/timeseries",
        "/api/grafana/onchain/validators/1",
    ],
)
def test_statistics_that_no_event_tells_are_empty(truth, path):
    assert ask(truth, path) == []


def test_outside_the_window_there_is_nothing(truth):
    empty = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}
    for path in ("wp-funnel-timeseries", "bottlenecks-timeseries", "services"):
        assert truth.system.get(f"/api/grafana/{path}", **empty) == []
    (body,) = truth.system.get("/api/grafana/bottlenecks", **empty)
    assert (body["total_wps"], body["failure_rate"], body["avg_pipeline_ms"]) == (0, 0.0, None)
