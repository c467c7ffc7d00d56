"""Every figure of cores against what really happened."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict

import pytest

from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce
from tart.query.core.windows import time_us
from tart.units import JCE_US, SECOND_US
from tests.e2e.packages_truth import later
from tests.e2e.test_truth_packages import assert_in_bin, known, stage_of

CORES = (0, 1)
SLOT_US = 6 * SECOND_US


def of_core(packages, core):
    return [each for each in packages.attempts if each.core == core]


def by_node(attempts):
    found = defaultdict(list)
    for each in attempts:
        found[each.root["node"]].append(each)
    return found


def distinct(attempts, step):
    return {each.package for each in attempts if step in each.steps}


def last_heard(packages, attempts):
    return max(packages.received(fact) for each in attempts for fact in each.counted)


def per_package(attempts, value):
    """The value that guarantors agree on, by package; without those that know none."""
    found = {}
    for each in attempts:
        if (known_value := value(each)) is not None:
            found[each.package] = known_value
    return found


def outline(attempt):
    received = attempt.one(94)
    return received and received["data"]["outline"]


def items(name):
    def value(attempt):
        said = outline(attempt)
        return said and sum(each[name] for each in said["work_items"])

    return value


def imports(attempt):
    said = outline(attempt)
    return said and sum(len(each["imports"]) for each in said["work_items"])


def bundle(attempt):
    built = attempt.one(102)
    return built and built["data"]["outline"]["bundle_size"]


def block_slots(truth):
    """Slots of the blocks that somebody authored or imported; a failed authoring is none."""
    importing = {f["data"]["slot"] for f in truth.facts.events("Importing")}
    authored = {
        (f["node"], f["session"], f["root"]["event_id"]) for f in truth.facts.events("Authored")
    }
    return importing | {
        f["data"]["slot"]
        for f in truth.facts.events("Authoring")
        if (f["node"], f["session"], f["event_id"]) in authored
    }


def test_every_core_has_what_went_through_it(truth, packages):
    body = truth.system.get("/api/cores/status")
    assert [each["core_index"] for each in body["cores"]] == list(CORES)
    slots = block_slots(truth)
    for each in body["cores"]:
        attempts = of_core(packages, each["core_index"])
        guaranteed = distinct(attempts, "guaranteed")
        sizes = per_package(attempts, bundle)
        assert each["work_packages_last_hour"] == len(distinct(attempts, "received"))
        assert each["guarantees_last_hour"] == len(guaranteed)
        assert each["gas_used"] == sum(per_package(attempts, lambda a: a.refine_gas).values())
        assert each["da_load"] == sum(sizes[package] for package in guaranteed)
        assert each["imports"] == sum(per_package(attempts, imports).values())
        exported = per_package(attempts, items("num_exported_segments"))
        assert each["exports"] == sum(exported.values())
        extrinsics = per_package(attempts, items("sum_of_extrinsic_lengths"))
        assert each["extrinsic_size"] == sum(extrinsics.values())
        assert each["popularity_avg"] is each["extrinsic_count"] is None
        own = {a.one(105)["data"]["outline"]["slot"] for a in attempts if "guaranteed" in a.steps}
        assert (each["active_blocks"], each["window_blocks"]) == (len(own & slots), len(slots))
        assert each["utilization_pct"] == round(100 * len(own & slots) / len(slots), 2)
        assert each["last_active_slot"] == max(own)
        # Nobody is connected any more, so nobody knows which slot it is.
        assert each["slots_since_active"] is None
        assert each["status"] == "active"
    assert body["summary"] == {"total_cores": 2, "active_cores": 2, "idle_cores": 0}
    identified = [each for each in packages.attempts if each.package]
    assert body["telemetry"] == {
        "guarantees_last_hour": len(distinct(identified, "guaranteed")),
        "work_packages_last_hour": len(distinct(identified, "received")),
        "last_activity": last_heard(packages, [a for a in identified if a.core is not None]),
    }


def test_outside_the_window_cores_are_idle(truth):
    past = {"start": rfc3339(0), "end": rfc3339(1_000_000)}
    body = truth.system.get("/api/cores/status", **past)
    assert [each["status"] for each in body["cores"]] == ["idle", "idle"]
    assert {each["utilization_pct"] for each in body["cores"]} == {None}
    assert body["telemetry"]["last_activity"] is None
    body = truth.system.get("/api/cores/0/metrics", **past)
    assert body["processing_efficiency_pct"] is body["average_completion_time_ms"] is None


@pytest.mark.parametrize("core", CORES)
def test_a_core_s_guarantees_are_those_in_pools_and_those_built(truth, packages, core):
    body = truth.system.get(f"/api/cores/{core}/guarantees")
    last = {}
    for fact in truth.facts.events("Status"):
        known_fact = last.get(fact["node"])
        if known_fact is None or packages.received(known_fact) <= packages.received(fact):
            last[fact["node"]] = fact
    pools = {node: fact["data"]["num_guarantees"][core] for node, fact in last.items()}
    assert {each["node_id"]: each["guarantees"] for each in body["by_node"]} == pools
    told = {each["node_id"]: each["timestamp"] for each in body["by_node"]}
    assert told == {node: packages.received(fact) for node, fact in last.items()}
    # A third of the six have at least that.
    assert body["current_guarantees"] == sorted(pools.values(), reverse=True)[1]
    attempts = [each for each in of_core(packages, core) if "guaranteed" in each.steps]
    wanted = Counter(
        (
            each.root["node"],
            rfc3339_of_jce(each.steps["guaranteed"]),
            each.package,
            each.report,
            each.one(105)["data"]["outline"]["slot"],
        )
        for each in attempts
    )
    names = ("node_id", "timestamp", "work_package_hash", "work_report_hash", "slot")
    shown = Counter(tuple(e[name] for name in names) for e in body["guarantee_history"])
    assert shown == wanted
    assert {
        each["node_id"]: (each["guarantee_count"], each["last_guarantee"])
        for each in body["recent_guarantors"]
    } == {
        node: (len(some), rfc3339_of_jce(max(a.steps["guaranteed"] for a in some)))
        for node, some in by_node(attempts).items()
    }


REQUESTS = {
    "SegmentShardsTransferred": "SendingSegmentShardRequest",
    "SegmentsTransferred": "SendingSegmentRequest",
    "SegmentShardRequestFailed": "SendingSegmentShardRequest",
    "SegmentRequestFailed": "SendingSegmentRequest",
    "ShardsTransferred": "ReceivingShardRequest",
    "ShardRequestFailed": "ReceivingShardRequest",
}


def followed(truth):
    """By node and variant, how many events followed a request of the side in ``REQUESTS``."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    sent = {(f["node"], f["session"], f["event_id"]): f["event"] for f in truth.facts.sent}
    for variant, request in REQUESTS.items():
        for fact in truth.facts.events(variant):
            root = fact["root"] and fact["root"]["event_id"]
            if sent.get((fact["node"], fact["session"], root)) == request:
                counts[fact["node"]][variant] += 1
    return counts


def share(done, failed, digits=3):
    return round(done / (done + failed), digits) if done + failed else None


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("path", ["guarantors", "guarantors/enhanced"])
def test_a_core_s_guarantors_are_from_the_chain_of_events(truth, packages, core, path):
    body = truth.system.get(f"/api/cores/{core}/{path}")
    nodes, counts = by_node(of_core(packages, core)), followed(truth)
    states = {}
    for fact in truth.facts.events("Status"):
        if fact["node"] not in states or packages.received(states[fact["node"]]) <= (
            packages.received(fact)
        ):
            states[fact["node"]] = fact
    assert {each["node_id"] for each in body["guarantors"]} == set(nodes)
    assert body["active_guarantor_count"] == len(nodes)
    sizes = per_package(of_core(packages, core), bundle)
    guaranteed = distinct(of_core(packages, core), "guaranteed")
    assert body["core_total_da_bytes"] == sum(sizes[package] for package in guaranteed)
    for each in body["guarantors"]:
        attempts, of_node = nodes[each["node_id"]], counts[each["node_id"]]
        own = [a for a in attempts if "guaranteed" in a.steps]
        assert each["guarantee_count"] == len(own)
        assert each["signature_count"] == sum(1 for a in attempts if "signed" in a.steps)
        assert each["last_activity"] == last_heard(packages, attempts)
        assert each["da_usage_bytes"] == sum(bundle(a) or 0 for a in own)
        assert each["shards_stored"] == states[each["node_id"]]["data"]["num_shards"]
        assert each["shards_served"] == of_node["ShardsTransferred"]
        assert each["bytes_served"] is None
        served = share(of_node["ShardsTransferred"], of_node["ShardRequestFailed"])
        assert each["export_efficiency"] == served
        done = of_node["SegmentShardsTransferred"] + of_node["SegmentsTransferred"]
        failed = of_node["SegmentShardRequestFailed"] + of_node["SegmentRequestFailed"]
        assert each["import_efficiency"] == share(done, failed)


def test_shared_segments_are_the_requests_between_guarantors(truth, packages):
    asked_at_all = 0
    keys = {each.key for each in packages.attempts}
    for core in CORES:
        mine = {each.key for each in of_core(packages, core)}
        found = truth.system.get(f"/api/cores/{core}/guarantors/enhanced")["import_sharing"]
        asked = {
            (f["node"], f["session"], f["event_id"]): f
            for f in truth.facts.events("SendingSegmentRequest")
            if (f["node"], f["session"], f["root"]["event_id"]) in mine & keys
        }
        ended = [
            f
            for f in truth.facts.events("SegmentsTransferred")
            if (f["node"], f["session"], f["root"]["event_id"]) in asked
        ]
        assert max(len(asked), len(ended)) <= 50

        def row(fact):
            peer = "0x" + fact["data"]["prev_guarantor"]
            return (
                fact["node"],
                peer,
                str(fact["data"]["segments"]),
                rfc3339_of_jce(fact["node_us"]),
            )

        names = ("node_id", "peer_id", "segments", "timestamp")
        shown = [tuple(str(e[name]) for name in names) for e in found["sent"]]
        assert Counter(shown) == Counter(map(row, asked.values()))
        done = {(f["node"], f["session"], f["root"]["event_id"]) for f in ended}
        shown = [tuple(str(e[name]) for name in names) for e in found["transfers"]]
        assert Counter(shown) == Counter(row(asked[key]) for key in done)
        received = [(e["node_id"], e["request_id"]) for e in found["received"]]
        assert Counter(received) == Counter((f["node"], f["root"]["event_id"]) for f in ended)
        asked_at_all += len(asked)
    assert asked_at_all


@pytest.mark.parametrize("core", CORES)
def test_a_core_s_newest_packages_are_where_they_are(truth, packages, core):
    body = truth.system.get(f"/api/cores/{core}/work-packages", limit=1000)
    wanted = {n for n in known(packages) if packages.leads(n)[0].core == core}
    assert {each["hash"] for each in body["work_packages"]} == wanted
    assert body["total_recent"] == len(wanted)
    lists = truth.system.get("/api/workpackages/active", limit=1000)["work_packages"]
    active = {each["hash"]: each for each in lists}
    for each in body["work_packages"]:
        listed = active[each["hash"]]
        assert each["stage"] == stage_of(packages, each["hash"])
        assert each["work_package_hash"] == each["hash"]
        assert each["status"] == ("active" if each["is_active"] else each["stage"])
        assert each["gas_used"] in {a.refine_gas for a in packages.leads(each["hash"])}
        for name in ("is_active", "last_update", "elapsed_ms", "submitted_at", "node_id"):
            assert each[name] == listed[name], name
        assert each["submitting_node"] == listed["submitted_to"]
        begun = (time_us(each["submitted_at"], "") - JCE_US) // SLOT_US
        guaranteed = {
            a.one(105)["data"]["outline"]["slot"] if "guaranteed" in a.steps else begun
            for a in packages.leads(each["hash"])
        }
        assert each["slot"] in guaranteed
    assert body["queue_depth"] == sum(each["is_active"] for each in body["work_packages"])
    attempts = of_core(packages, core)
    took = [
        a.steps["built"] - a.steps["received"]
        for a in attempts
        if {"built", "received"} <= a.steps.keys()
    ]
    assert body["avg_processing_time_ms"] == pytest.approx(sum(took) / len(took) / 1000, abs=0.001)
    assert body["completed_last_hour"] == len(distinct(attempts, "distributed"))


@pytest.mark.parametrize("core", CORES)
def test_a_core_s_validators_are_those_that_worked_for_it(truth, packages, core):
    body = truth.system.get(f"/api/cores/{core}/validators")
    nodes = by_node(of_core(packages, core))
    said = {f["node"]: f for f in truth.facts.of("node")}
    best: Counter[str] = Counter()
    for fact in truth.facts.events("BestBlockChanged"):
        best[fact["node"]] = max(best[fact["node"]], fact["data"]["slot"])
    assert {each["node_id"] for each in body["validators"]} == set(nodes)
    assert body["validator_count"] == len(nodes)
    for each in body["validators"]:
        node, attempts = each["node_id"], nodes[each["node_id"]]
        assert each["packages"] == len(attempts)
        assert each["guarantee_count"] == sum(1 for a in attempts if "guaranteed" in a.steps)
        assert each["signature_count"] == sum(1 for a in attempts if "signed" in a.steps)
        assert each["last_active"] == last_heard(packages, attempts)
        assert each["implementation_name"] == said[node]["name"]
        assert each["implementation_version"] == said[node]["version"]
        assert each["validator_index"] is None
        assert each["latest_slot"] == best[node]


@pytest.mark.parametrize("core", CORES)
def test_a_core_s_metrics_are_over_attempts(truth, packages, core):
    window = later()
    body = truth.system.get(f"/api/cores/{core}/metrics", **window)
    attempts = of_core(packages, core)
    steps = {name: [a for a in attempts if name in a.steps] for name in COUNTED}
    failed = [
        a
        for a in attempts
        if a.outcome == "failed" and "received" in a.steps and "refined" not in a.steps
    ]
    refined = len(steps["refined"])
    assert body["processing_efficiency_pct"] == percent(refined, refined + len(failed))
    assert body["accumulate_efficiency_pct"] is None
    both = [a for a in steps["distributed"] if "guaranteed" in a.steps]
    guaranteed = len(steps["guaranteed"])
    assert body["distribution_efficiency_pct"] == percent(len(both), guaranteed)
    spread = [a.steps["distributed"] - a.steps["guaranteed"] for a in both]
    assert body["network_latency_ms"] == pytest.approx(mean(spread) / 1000, abs=0.001)
    took = sorted(a.steps["distributed"] - a.root["node_us"] for a in steps["distributed"])
    assert body["average_completion_time_ms"] == pytest.approx(mean(took) / 1000, abs=0.001)
    assert_in_bin(body["p95_latency_ms"], took, 0.95)
    assert body["sample_count"] == len(took)
    measured = [(a.refine_gas, a.gas_limit) for a in attempts]
    measured = [(gas, limit) for gas, limit in measured if None not in (gas, limit)]
    used, limit = (sum(each[at] for each in measured) for at in (0, 1))
    assert body["gas_utilization_pct"] == percent(used, limit)
    received = len(distinct(attempts, "received"))
    # An end in the future means now; the window begins with a whole minute.
    assert body["throughput_per_second"] == pytest.approx(received / (86_400 + 30), abs=1e-6)
    assert body["work_packages_processed_24h"] == len(distinct(attempts, "built"))
    assert body["stats"] == {
        "wps_received": received,
        "refinements_completed": refined,
        "refinements_failed": len(failed),
        "reports_built": len(steps["built"]),
        "guarantees_built": len(steps["guaranteed"]),
        "guarantees_distributed": len(steps["distributed"]),
        "active_validators": len(by_node(attempts)),
        "avg_gas_used": round(used / len(measured)),
        "avg_gas_limit": round(limit / len(measured)),
    }


COUNTED = ("refined", "built", "guaranteed", "distributed")


def mean(values):
    return sum(values) / len(values)


def percent(part, whole):
    return round(100 * part / whole, 2)


def guaranteed_elsewhere(packages, attempt):
    return any(
        each.package == attempt.package and "guaranteed" in each.steps and each.outcome != "failed"
        for each in packages.attempts
        if attempt.package
    )


@pytest.mark.parametrize("core", CORES)
def test_a_core_s_bottlenecks_are_who_is_slow_or_fails(truth, packages, core):
    body = truth.system.get(f"/api/cores/{core}/bottlenecks")
    nodes = by_node(of_core(packages, core))
    paces, tried, lost, late = {}, {}, {}, {}
    for node, attempts in nodes.items():
        took = [
            a.steps["built"] - a.steps["received"]
            for a in attempts
            if {"built", "received"} <= a.steps.keys()
        ]
        if took:
            paces[node] = mean(took)
        tried[node] = sum(1 for a in attempts if a.outcome != "duplicate")
        failed = [a for a in attempts if a.outcome == "failed"]
        # Another guarantor was faster: that is no failure.
        late[node] = sum(1 for a in failed if guaranteed_elsewhere(packages, a))
        lost[node] = len(failed) - late[node]
    assert body["stats"] == {
        "total_events": sum(tried.values()),
        "total_failures": sum(lost.values()),
        "failure_rate": round(sum(lost.values()) / sum(tried.values()), 4),
        "validator_count": len(nodes),
        "bottleneck_count": len(body["slow_validators"]),
    }
    assert body["superseded"] == sum(late.values())
    usual = mean(list(paces.values()))
    listed = {
        node
        for node in nodes
        if paces.get(node, 0) / usual > 1.2005 or lost[node] / max(1, tried[node]) > 0.05
    }
    assert {each["node_id"] for each in body["slow_validators"]} == listed
    for each in body["slow_validators"]:
        node = each["node_id"]
        assert each["avg_processing_ms"] == pytest.approx(paces[node] / 1000, abs=0.001)
        assert each["slowdown_factor"] == pytest.approx(paces[node] / usual, abs=0.001)
        assert (each["event_count"], each["failure_count"]) == (tried[node], lost[node])
        assert each["superseded"] == late[node]
        assert each["failure_rate"] == share(lost[node], tried[node] - lost[node], 4)
        slow = each["slowdown_factor"] > 1.5
        failing = each["failure_rate"] > 0.1
        assert each["is_bottleneck"] is (slow or failing)
        kinds = {m["type"] for m in body["bottleneck_messages"] if m["node_id"] == node}
        wanted = ({"slow_validator"} if slow else set()) | (
            {"high_failure_rate"} if failing else set()
        )
        assert kinds == wanted


def outcomes_of(packages):
    """Each package's core, slot and stage, by what happened; the network's slots are its own."""
    found = {}
    for name in known(packages):
        lead = packages.leads(name)[0]
        if lead.core is not None:
            built = lead.one(105) if "guaranteed" in lead.steps else None
            found[name] = (lead.core, built, stage_of(packages, name))
    return found


def test_the_grid_has_the_furthest_stage_of_each_core_and_slot(truth, packages):
    body = truth.system.get("/api/cores/grid", slots=600, **later())
    stages = [each["stage"] for each in body["legend"]]
    symbols = {each["stage"]: each["symbol"] for each in body["legend"]}
    assert [each["core_index"] for each in body["cores"]] == list(CORES)
    outcomes = outcomes_of(packages)
    cells, placed, shifts = defaultdict(set), [], []
    for name, (core, built, stage) in outcomes.items():
        begun = min(packages.received(a.root) for a in packages.by_hash[name] if not_twice(a))
        wall = (time_us(begun, "") - JCE_US) // SLOT_US
        slot = built and built["data"]["outline"]["slot"]
        placed.append((core, slot, wall, stage))
        if built:
            shifts.append(wall - slot)
    shift = int(statistics.median(shifts))
    shift = shift if abs(shift) > 14_400 else 0
    for core, slot, wall, stage in placed:
        cells[core, wall - shift if slot is None else slot].add(stage)
    width = body["last_slot"] - body["first_slot"] + 1
    for row in body["cores"]:
        assert len(row["cells"]) == width
        for slot, symbol in enumerate(row["cells"], body["first_slot"]):
            there = cells.pop((row["core_index"], slot), set())
            furthest = max(map(stages.index, there), default=None)
            assert symbol == ("." if furthest is None else symbols[stages[furthest]])
    assert not cells
    assert body["outside"] == 0
    assert body["exact"] is True
    counts = Counter(stage for *_, stage in placed)
    assert body["outcomes"] == {stage: counts[stage] for stage in stages}
    by_core = Counter((core, stage) for core, *_, stage in placed)
    for row in body["cores"]:
        assert row["outcomes"] == [by_core[row["core_index"], stage] for stage in stages]
        assert row["packages"] == sum(row["outcomes"])
    assert [sum(column) for column in zip(*body["slots"], strict=True)] == [
        counts[stage] for stage in stages
    ]


def not_twice(attempt):
    return attempt.outcome != "duplicate"
