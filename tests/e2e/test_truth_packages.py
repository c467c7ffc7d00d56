"""Every figure of work-packages and their journeys against what really happened."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from tart.query.core.log_histogram import PER_OCTAVE
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce
from tart.query.core.windows import time_us
from tart.query.shard_queries.packages import PAIRS
from tests.e2e.packages_truth import STEPS, later

MARKS = {
    "submissions": lambda a: a.kind == 90,
    "being_shared": lambda a: a.kind == 91,
    "failed": lambda a: a.outcome == "failed",
    "duplicates": lambda a: a.outcome == "duplicate",
    "received": lambda a: "received" in a.steps,
    "refined": lambda a: "refined" in a.steps,
    "work_reports_built": lambda a: "built" in a.steps,
    "guarantees_built": lambda a: "guaranteed" in a.steps,
    "distributed": lambda a: "distributed" in a.steps,
    "packages": lambda a: True,
}
EVENTS = {
    "submissions": 90,
    "being_shared": 91,
    "failed": 92,
    "duplicates": 93,
    "received": 94,
    "refined": 101,
    "work_reports_built": 102,
    "guarantees_built": 105,
}
STAGE_OF = {
    "received": "received",
    "authorized": "authorized",
    "refined": "refined",
    "report_built": "built",
    "guarantee_built": "guaranteed",
    "distributed": "distributed",
}
ON_CHAIN = "PackageReportedOnChain"


@pytest.fixture(scope="module")
def active(truth, packages):
    """The answer about all packages, by hash."""
    body = truth.system.get("/api/workpackages/active", limit=1000)
    return {**body, "by_hash": {each["hash"]: each for each in body["work_packages"]}}


def known(packages):
    """Packages of which more than a second submission is known."""
    return {
        name: attempts
        for name, attempts in packages.by_hash.items()
        if any(each.outcome != "duplicate" for each in attempts)
    }


def some(packages):
    """Every twelfth package, and all where something went wrong."""
    return [
        name
        for at, (name, attempts) in enumerate(known(packages).items())
        if at % 12 == 0
        or any(each.outcome not in ("distributed", "signed") for each in attempts)
        or report_of(packages, name) is None
    ]


def test_totals_are_distinct_packages_and_events_are_events(truth, packages):
    body = truth.system.get("/api/workpackages")
    for name, mark in MARKS.items():
        wanted = {h for h, attempts in packages.by_hash.items() if any(map(mark, attempts))}
        assert body["totals"][name] == len(wanted), name
    counts = truth.facts.counts()
    assert body["events"] == {name: counts[number] for name, number in EVENTS.items()}
    assert body["exact"] is True


def test_attempts_of_unknown_packages_stand_apart(truth, packages):
    nameless = [each for each in packages.attempts if each.package is None]
    assert nameless
    assert truth.system.get("/api/workpackages")["unidentified"] == {
        "submissions": sum(1 for each in nameless if each.kind == 90),
        "shares": sum(1 for each in nameless if each.kind == 91),
        "failed": sum(1 for each in nameless if each.outcome == "failed"),
    }


def test_packages_by_core_and_the_newest_received(truth, packages):
    body = truth.system.get("/api/workpackages")
    of_core = defaultdict(set)
    for attempt in packages.attempts:
        if "received" in attempt.steps:
            of_core[attempt.core].add(attempt.package)
    assert body["by_core"] == [{"core": c, "count": len(of_core[c])} for c in sorted(of_core)]
    received = {packages.event(f)["id"]: f for f in truth.facts.events("WorkPackageReceived")}
    wanted = Counter(
        (
            f["node"],
            rfc3339_of_jce(f["node_us"]),
            str(f["data"]["core"]),
            str(f["data"]["outline"]["work_package_size"]),
            f["about"]["package"],
        )
        for f in received.values()
    )
    names = ("node_id", "timestamp", "core", "work_package_size", "hash")
    found = Counter(tuple(each[name] for name in names) for each in body["recent"])
    assert sum(found.values()) == min(100, len(received))
    assert not found - wanted


def test_every_package_is_in_the_list_once(active, packages):
    assert len(active["work_packages"]) == len(active["by_hash"])
    assert active["by_hash"].keys() == known(packages).keys()
    assert active["complete"] is True


def test_a_package_has_its_leading_guarantor_s_stages_by_its_clock(active, packages):
    for name in known(packages):
        shown = active["by_hash"][name]
        leads = {each.root["node"]: each for each in packages.leads(name)}
        assert shown["node_id"] in leads
        lead = leads[shown["node_id"]]
        assert shown["core_index"] == lead.core
        for stage, step in STAGE_OF.items():
            at = lead.steps.get(step)
            assert shown["stages"][stage] == (None if at is None else rfc3339_of_jce(at)), stage


def report_of(packages, name):
    """The report that is known of a package."""
    lead = packages.leads(name)[0]
    reports = {each.report for each in packages.by_hash[name] if each.report}
    assert len(reports) <= 1
    return lead.report or next(iter(reports), None)


def heard_of(packages, report):
    """112 and 113 of a report: received, on chain, discarded otherwise."""
    received = packages.heard("GuaranteeReceived", report=report)
    discarded = packages.heard("GuaranteeDiscarded", report=report)
    included = [f for f in discarded if f["data"]["reason"] == ON_CHAIN]
    return received, included, [f for f in discarded if f["data"]["reason"] != ON_CHAIN]


def first(packages, facts):
    return min(map(packages.received, facts), default=None)


def test_what_others_heard_is_by_our_clock(active, packages):
    for name in known(packages):
        shown, report = active["by_hash"][name], report_of(packages, name)
        assert shown["report_hash"] == report
        received, included, discarded = heard_of(packages, report) if report else ([], [], [])
        assert shown["stages"]["guarantee_received"] == first(packages, received)
        assert shown["stages"]["included"] == first(packages, included)
        assert shown["stages"]["discarded"] == first(packages, discarded)
        reasons = Counter(f["data"]["reason"] for f in discarded)
        if reasons:
            assert reasons[shown["discard_reason"]] == max(reasons.values())
        else:
            assert shown["discard_reason"] is None
        asked = packages.linked.get(shown["erasure_root"], [])
        assert shown["stages"]["available"] == first(packages, asked)


def stage_of(packages, name):
    """How far a package came, by the facts."""
    report = report_of(packages, name)
    received, included, discarded = heard_of(packages, report) if report else ([], [], [])
    lead = packages.leads(name)[0]
    if included:
        roots = {each.erasure_root for each in packages.by_hash[name] if each.erasure_root}
        return "available" if any(packages.linked.get(each) for each in roots) else "included"
    if any(f["data"]["reason"] == "CannotReportOnChain" for f in discarded):
        return "discarded"
    if received:
        return "guarantee_received"
    if lead.outcome == "failed":
        return "failed"
    came = [stage for stage, step in STAGE_OF.items() if step in lead.steps]
    return came[-1] if came else "submitted"


def superseded(packages, name):
    """Whether an attempt failed while another guarantor guaranteed the package."""
    lead = packages.leads(name)[0]
    others = [each for each in packages.by_hash[name] if each is not lead]
    guaranteed = "guaranteed" in lead.steps and lead.outcome != "failed"
    return guaranteed and any(each.outcome == "failed" for each in others)


def test_the_stage_is_by_what_happened(active, packages):
    for name in known(packages):
        shown = active["by_hash"][name]
        assert shown["current_stage"] == stage_of(packages, name)
        assert shown["superseded"] is superseded(packages, name)


def failures(packages, name):
    return [each for each in packages.by_hash[name] if each.outcome == "failed"]


def test_failures_have_the_events_own_reasons(active, packages, truth):
    for name in known(packages):
        shown, failed = active["by_hash"][name], failures(packages, name)
        if not failed:
            assert (shown["failure_reason"], shown["stages"]["failed"]) == (None, None)
            continue
        furthest = max((each.rank, each.kind == 90) for each in failed)
        told = {
            (each.reason, rfc3339_of_jce(each.counted[-1]["node_us"]))
            for each in failed
            if (each.rank, each.kind == 90) == furthest
        }
        assert (shown["failure_reason"], shown["stages"]["failed"]) in told
    assert any(failures(packages, name) for name in known(packages))
    reasons = Counter(f["data"]["reason"] for f in truth.facts.events("WorkPackageFailed"))
    assert active["failure_breakdown"] == dict(reasons)


def test_times_of_a_package_are_when_it_was_heard_of(active, packages):
    for name in known(packages):
        shown = active["by_hash"][name]
        tried = [each for each in packages.by_hash[name] if each.outcome != "duplicate"]
        begun = min(packages.received(each.root) for each in tried)
        heard = [packages.received(fact) for each in tried for fact in each.counted]
        report = report_of(packages, name)
        heard += [packages.received(f) for some in heard_of(packages, report) for f in some]
        heard += map(packages.received, packages.linked.get(shown["erasure_root"], []))
        assert shown["submitted_at"] == begun
        assert shown["last_update"] == max(heard)
        took = time_us(max(heard), "") - time_us(begun, "")
        assert shown["elapsed_ms"] == pytest.approx(took / 1000)
        assert shown["nodes_involved"] == len({each.root["node"] for each in tried})
        taken = [each.root["node"] for each in tried if each.kind == 90]
        assert shown["submitted_to"] in (taken or [None])


def test_the_summary_counts_what_is_listed(active, packages):
    names = {
        "report_built": "reports_built",
        "guarantee_built": "guarantees_built",
    }
    stages = Counter(stage_of(packages, name) for name in known(packages))
    summary = active["summary"]
    assert summary["total"] == sum(stages.values())
    for stage in ("submitted", "received", "authorized", "refined", "report_built", "failed"):
        assert summary[names.get(stage, stage)] == stages[stage], stage
    for stage in ("guarantee_built", "distributed", "guarantee_received", "included"):
        assert summary[names.get(stage, stage)] == stages[stage], stage
    assert (summary["available"], summary["discarded"]) == (
        stages["available"],
        stages["discarded"],
    )
    assert summary["superseded"] == sum(superseded(packages, name) for name in known(packages))
    assert summary["active"] == sum(each["is_active"] for each in active["work_packages"])
    for stage, count in active["reached"].items():
        assert count == sum(1 for each in active["work_packages"] if each["stages"][stage]), stage


FUNNEL = (
    ("submitted", ()),
    ("received", ("received",)),
    ("authorized", ("authorized",)),
    ("refined", ("refined",)),
    ("report_built", ("built",)),
    ("guarantee_built", ("guaranteed",)),
    ("distributed", ("distributed",)),
)


def furthest(packages, name):
    """The furthest stage that a package reached, whether or not it failed then."""
    stage = stage_of(packages, name)
    if stage in ("included", "available"):
        return stage
    report = report_of(packages, name)
    if report and heard_of(packages, report)[0]:
        return "guarantee_received"
    steps = packages.leads(name)[0].steps
    return [stage for stage, names in FUNNEL if all(each in steps for each in names)][-1]


def test_the_funnel_has_every_package_once_and_the_reasons_of_those_lost(truth, packages):
    body = truth.system.get("/api/workpackages/funnel", **later())
    stages = [each["stage"] for each in body["stages"]]
    came = {name: furthest(packages, name) for name in known(packages)}
    for at, each in enumerate(body["stages"]):
        assert each["reached"] == sum(stages.index(stage) >= at for stage in came.values())
        here = [name for name, stage in came.items() if stage == each["stage"]]
        lost = [name for name in here if stage_of(packages, name) in ("failed", "discarded")]
        assert each["lost"] == len(lost)
        # Those of the last minute of the window wait; which these are depends on the clock.
        last = each["stage"] == "available"
        assert each["waiting"] + each["stopped"] == (0 if last else len(here) - len(lost))
        reasons = Counter(
            "CannotReportOnChain"
            if stage_of(packages, name) == "discarded"
            else packages.leads(name)[0].reason
            for name in lost
        )
        assert {reason["reason"]: reason["count"] for reason in each["reasons"]} == reasons
    assert body["packages"] == len(came)
    assert body["exact"] is True
    assert any(each["lost"] for each in body["stages"])


def test_failure_groups_have_their_newest_event(truth, packages):
    body = truth.system.get("/api/workpackages/funnel")
    kinds = (
        "WorkPackageFailed",
        "WorkPackageSharingFailed",
        "GuaranteeSendFailed",
        "GuaranteeReceiveFailed",
        "ShardRequestFailed",
    )
    wanted = defaultdict(list)
    for kind in kinds:
        for fact in truth.facts.events(kind):
            wanted[kind, fact["data"]["reason"]].append(fact)
    groups = body["failure_groups"]
    assert len(groups) == min(20, len(wanted))
    assert [each["count"] for each in groups] == sorted(map(len, wanted.values()), reverse=True)[
        :20
    ]
    for each in groups:
        facts = wanted[each["event_name"], each["reason"]]
        assert each["count"] == len(facts)
        assert each["nodes"] == len({fact["node"] for fact in facts})
        newest = max(map(packages.received, facts))
        assert each["last_at"] == newest
        examples = [packages.event(fact) for fact in facts if packages.received(fact) == newest]
        assert each["example_event_id"] in {event["id"] for event in examples}
        assert each["last_node"] in {event["node_id"] for event in examples}


def test_a_package_is_active_until_its_guarantors_are_done(active, packages):
    over = {"distributed", "included", "available", "discarded", "failed"}
    for name in known(packages):
        done = "distributed" in packages.leads(name)[0].steps
        assert active["by_hash"][name]["is_active"] is (
            stage_of(packages, name) not in over and not done
        )


def test_durations_are_between_steps_by_the_node_s_clock(active, packages):
    pairs = {
        "received_to_authorized": ("received", "authorized"),
        "authorized_to_refined": ("authorized", "refined"),
        "refined_to_report_built": ("refined", "built"),
        "report_built_to_guarantee_built": ("built", "guaranteed"),
        "guarantee_built_to_distributed": ("guaranteed", "distributed"),
    }
    assert active["stage_duration_percentiles"].keys() == pairs.keys()
    for name, (one, other) in pairs.items():
        durations = sorted(
            each.steps[other] - each.steps[one]
            for each in packages.attempts
            if one in each.steps and other in each.steps
        )
        found = active["stage_duration_percentiles"][name]
        assert found["sample_count"] == len(durations)
        for key, share in (("p50_ms", 0.5), ("p95_ms", 0.95)):
            assert_in_bin(found[key], durations, share)


def assert_in_bin(found_ms, durations, share):
    rank = max(1, -(-round(share * len(durations) * 1e6) // 1_000_000))
    wanted = durations[rank - 1] / 1000
    assert wanted / 2 ** (1 / PER_OCTAVE) <= found_ms <= wanted * 2 ** (1 / PER_OCTAVE)


# --- Journeys ---------------------------------------------------------------------------

STAGE_NAMES = {
    90: "submitted",
    91: "being_shared",
    92: "failed",
    93: "duplicate",
    94: "received",
    95: "authorized",
    96: "extrinsic_received",
    97: "imports_received",
    98: "sharing",
    99: "sharing_failed",
    100: "bundle_sent",
    101: "refined",
    102: "report_built",
    103: "signature_sent",
    104: "signature_received",
    105: "guarantee_built",
    106: "guarantee_sending",
    107: "guarantee_send_failed",
    108: "guarantee_sent",
    109: "guarantees_distributed",
    112: "guarantee_received",
    120: "shard_requested",
    122: "shard_request_failed",
    124: "shard_received",
    125: "shards_transferred",
}
OF_BUNDLES = (142, 144, 145, 150, 152, 153)
PIPELINE = range(90, 110)


def way(packages, name):
    """All facts of a package that a journey shows."""
    attempts = packages.by_hash[name]
    facts = [f for each in attempts for f in each.facts if f["type"] in PIPELINE]
    report = report_of(packages, name)
    roots = {each.erasure_root for each in attempts if each.erasure_root}
    facts += [f for some in heard_of(packages, report) for f in some] if report else []
    asked = [f for root in roots for f in packages.linked.get(root, [])]
    return facts, [f for f in asked if f["type"] not in OF_BUNDLES], asked


def name_of(packages, fact, name):
    if fact["type"] == 113:
        return "included" if fact["data"]["reason"] == ON_CHAIN else "discarded"
    if fact["type"] == 92 and superseded(packages, name):
        return "superseded"
    return STAGE_NAMES[fact["type"]]


def test_a_journey_has_every_event_of_its_package_and_no_other(truth, packages):
    for name in some(packages):
        body = truth.system.get(f"/api/workpackages/{name}/journey", limit=1000)
        own, asked, _ = way(packages, name)
        wanted = Counter(
            (
                packages.event(f)["id"],
                name_of(packages, f, name),
                f["node"],
                f["type"],
                packages.session(f),
                f["event_id"],
                rfc3339_of_jce(f["node_us"]),
            )
            for f in [*own, *asked]
        )
        names = ("id", "stage", "node_id", "event_type", "session", "event_id", "timestamp")
        found = Counter(tuple(each[key] for key in names) for each in body["stages"])
        assert found == wanted
        for stage in body["stages"]:
            event = packages.exported[stage["node_id"], stage["session"], stage["event_id"]]
            assert stage["data"] == event["data"]
            assert stage["received_at"] == event["received_at"]
        times = [each["received_at"] for each in body["stages"]]
        assert times == sorted(times)
        assert body["work_package_hash"] == name
        assert body["core_index"] == packages.leads(name)[0].core
        assert body["current_stage"] == stage_of(packages, name)
        assert body["failed"] is (stage_of(packages, name) in ("failed", "discarded"))
        assert body["superseded"] is superseded(packages, name)
        reasons = {each.reason for each in failures(packages, name)}
        assert body["failure_reason"] in (reasons or {None})
        assert body["truncated"] is False


IN_PROGRESS = (91, 96, 97, 98, 100, 106, 120)
FAILING = (92, 99, 107, 122)
ENHANCED = {96: "extrinsic_data_received", 109: "guaranteed"}


def test_an_enhanced_journey_has_durations_costs_signers_and_errors(truth, packages):
    errors_seen = 0
    for name in some(packages):
        body = truth.system.get(f"/api/workpackages/{name}/journey/enhanced", limit=1000)
        own, asked, _ = way(packages, name)
        facts = {packages.event(f)["id"]: f for f in [*own, *asked]}
        assert body["stage_count"] == len(body["stages"]) == len(facts)
        before = {}
        for attempt in packages.by_hash[name]:
            chain = [f for f in attempt.facts if f["type"] in PIPELINE]
            before |= {
                packages.event(f)["id"]: f["node_us"] - one["node_us"] for one, f in pairwise(chain)
            }
        errors = []
        for stage in body["stages"]:
            fact = facts[stage["id"]]
            gap = before.get(stage["id"])
            wanted = None if gap is None else pytest.approx(gap / 1000, abs=0.001)
            assert stage["duration_ms"] == wanted
            off_chain = fact["type"] == 113 and fact["data"]["reason"] != ON_CHAIN
            bad = fact["type"] in FAILING or off_chain
            late = fact["type"] == 92 and superseded(packages, name)
            good = "in_progress" if fact["type"] in IN_PROGRESS else "completed"
            assert stage["status"] == ("superseded" if late else "failed" if bad else good)
            assert stage["error_code"] == (fact["data"]["reason"] if bad else None)
            told = name_of(packages, fact, name)
            assert stage["stage"] == ENHANCED.get(fact["type"], told)
            assert_shown(stage["data"], fact)
            if bad and not late:
                errors.append((stage["stage"], fact["data"]["reason"], fact["node"]))
        assert errors == [(e["stage"], e["error_code"], e["node_id"]) for e in body["errors"]]
        assert all(each["message"] == each["error_code"] for each in body["errors"])
        assert body["has_errors"] is bool(errors)
        errors_seen += len(errors)
        times = sorted(packages.received(f) for f in facts.values())
        assert (body["started_at"], body["completed_at"]) == (times[0], times[-1])
        took = time_us(times[-1], "") - time_us(times[0], "")
        wanted = pytest.approx(took / 1000) if len(times) > 1 else None
        assert body["timing"]["total_duration_ms"] == wanted
        assert body["current_status"] == body["stages"][-1]["status"]
        assert_costs(body, packages.leads(name))
        assert_signers(body, own)
    assert errors_seen


def assert_shown(data, fact):
    said = fact["data"]
    match fact["type"]:
        case 94:
            size = str(said["outline"]["work_package_size"])
            assert data == {"core": str(said["core"]), "work_package_size": size}
        case 101:
            assert data == {"refine_costs": said["costs"]}
        case 105:
            outline = said["outline"]
            assert data == {"slot": str(outline["slot"]), "guarantors": outline["guarantors"]}
        case 112:
            assert data == {"slot": str(said["outline"]["slot"])}
        case 113:
            slot = str(said["outline"]["slot"])
            assert data == {"reason": said["reason"], "slot": slot}
        case 120:
            assert data == {"shard": str(said["shard"])}
        case 124:
            asked = str(fact["root"]["event_id"])
            assert data == {"shard": str(said["shard"]), "request_id": asked}
        case 122 | 125:
            assert data == {"request_id": str(fact["root"]["event_id"])}
        case _:
            assert data == {}


def assert_costs(body, leads):
    timing, costs = body["timing"], body["execution_details"]
    possible = []
    for lead in leads:
        begun, done = lead.root["node_us"], lead.steps.get("guaranteed")
        authorized = lead.one(95)
        gas = authorized and authorized["data"]["cost"]["total"]["gas_used"]
        to_guarantee = None if done is None else pytest.approx((done - begun) / 1000)
        possible.append((to_guarantee, gas, lead.refine_gas))
    found = (
        timing["submission_to_guarantee_ms"],
        costs and costs["authorization_gas"],
        costs and costs["refine_gas"],
    )
    assert found in possible


def assert_signers(body, own):
    built = {f["node"] for f in own if f["type"] == 105}
    signed = {f["node"] for f in own if f["type"] == 103}
    told = {f["data"]["secondary"] for f in own if f["type"] == 104}
    found = {(e["node_id"], e["role"], e["is_local"]) for e in body["guarantor_info"]}
    wanted = {(node, "primary", True) for node in built}
    wanted |= {(node, "secondary", True) for node in signed - built}
    wanted |= {(node, "secondary", False) for node in told - built - signed}
    assert found == wanted
    assert all(each["guarantor_index"] is None for each in body["guarantor_info"])


def test_latency_over_time_has_every_pair_of_steps_once(truth, packages):
    body = truth.system.get("/api/workpackages/latency", duration="24h")
    shown = {each["stage"]: each for each in body["stages"]}
    for name, (one, other) in PAIRS.items():
        durations = sorted(
            max(0, each.steps[other] - each.steps[one])
            for each in packages.attempts
            if one in each.steps and other in each.steps
        )
        if one != "started":
            assert sum(shown[name]["counts"]) == len(durations)
    # All that happened within one bucket has the percentiles of the whole.
    whole = truth.system.get("/api/workpackages/active", duration="24h")
    for name, known_durations in whole["stage_duration_percentiles"].items():
        counts = shown[name]["counts"]
        assert sum(counts) == known_durations["sample_count"]
        if max(counts) == sum(counts):
            assert shown[name]["p95_ms"][counts.index(max(counts))] == known_durations["p95_ms"]


WATERFALL = {
    "received": ("submit", "receive_share"),
    "authorized": ("authorize",),
    "refined": ("refine",),
    "built": ("report",),
    "signed": ("sign",),
    "guaranteed": ("guarantee",),
    "distributed": ("distribute",),
}


def test_a_waterfall_has_the_guarantors_steps_and_counts_what_others_did(truth, packages):
    for name in some(packages):
        body = truth.system.get(f"/api/workpackages/{name}/waterfall")
        attempts = Counter(
            (a.root["node"], packages.session(a.root), a.kind) for a in packages.by_hash[name]
        )
        kinds = {"primary": 90, "secondary": 91}
        assert attempts == Counter(
            (row["node_id"], row["session"], kinds[row["role"]]) for row in body["rows"]
        )
        for row in body["rows"]:
            (attempt,) = [
                a
                for a in packages.by_hash[name]
                if packages.session(a.root) == row["session"]
                and packages.event(a.root)["id"]
                in (row["bars"][0]["start_event_id"] if row["bars"] else None, None)
            ] or [None]
            if attempt is None:
                continue
            begun = attempt.root["node_us"]
            for bar in row["bars"]:
                for step, stages in WATERFALL.items():
                    if bar["stage"] in stages and bar["status"] == "completed":
                        passed = (attempt.steps[step] - begun) / 1000
                        ended = bar["end_ms"] - row["start_ms"]
                        assert ended == pytest.approx(passed, abs=0.0015)
            ended = attempt.counted[-1]
            if attempt.outcome == "failed":
                last = row["bars"][-1]
                assert last["status"] == ("superseded" if superseded(packages, name) else "failed")
                assert last["reason"] == attempt.reason
                assert last["end_event_id"] == packages.event(ended)["id"]
        report = report_of(packages, name)
        received, included, discarded = heard_of(packages, report) if report else ([], [], [])
        groups = {group["name"]: group for group in body["groups"]}
        for group, facts in (
            ("guarantees_received", received),
            ("reported_on_chain", included),
            ("guarantees_discarded", discarded),
        ):
            shown = groups.get(group, {"count": 0, "nodes": 0})
            assert shown["count"] == len(facts)
            assert shown["nodes"] == len({fact["node"] for fact in facts})
        origin = time_us(body["origin"], "")
        for member, facts in (("guarantee_received_ms", received), ("included_ms", included)):
            at = first(packages, facts)
            wanted = None if at is None else pytest.approx((time_us(at, "") - origin) / 1000)
            assert body["chain"][member] == wanted


def test_stage_durations_are_the_leading_guarantor_s(truth, packages):
    for name in some(packages)[:6]:
        body = truth.system.get(f"/api/workpackages/{name}/journey/enhanced", limit=1000)
        wanted = [
            {
                stage["stage"]: stage["duration_ms"]
                for stage in body["stages"]
                if stage["node_id"] == lead.root["node"] and stage["duration_ms"] is not None
            }
            for lead in packages.leads(name)
        ]
        assert body["timing"]["stage_durations"] in wanted


def test_an_audit_is_what_140_to_153_tell_of_the_erasure_root(truth, packages):
    audited = 0
    for name in some(packages):
        body = truth.system.get(f"/api/workpackages/{name}/audit-progress", limit=1000)
        own, _, asked = way(packages, name)
        types = Counter(f["type"] for f in own)
        bundles = [f for f in asked if f["type"] in OF_BUNDLES]
        counts = Counter(f["type"] for f in bundles)
        progress = body["audit_progress"]
        assert progress["guarantees_built"] == types[105]
        assert progress["guarantees_signed"] == types[103]
        assert progress["guarantees_shared"] == types[108]
        assert progress["auditors_completed"] is None
        for key, number in (
            ("bundle_shards_served", 144),
            ("bundle_shards_transferred", 145),
            ("bundle_shards_failed", 142),
            ("bundles_served", 152),
            ("bundles_transferred", 153),
            ("bundles_failed", 150),
        ):
            assert progress[key] == counts[number], key
        auditors = {f["about"]["asker"] for f in bundles if f["type"] in (144, 152)}
        assert progress["auditor_node_ids"] == sorted(auditors)
        told = Counter((e["event_type"], e["node_id"], e["timestamp"]) for e in body["events"])
        assert told == Counter(
            (f["type"], f["node"], rfc3339_of_jce(f["node_us"])) for f in bundles
        )
        failed = stage_of(packages, name) in ("failed", "discarded")
        assert body["is_failed"] is failed
        assert (body["tranche"], body["panic_mode"], body["is_accumulated"]) == (None, None, None)
        if bundles:
            assert body["status"] == ("failed" if failed else "auditing")
        audited += bool(bundles)
    assert audited


def test_equal_event_ids_of_different_connections_never_mix(truth, packages):
    by_id = defaultdict(list)
    for attempt in packages.attempts:
        by_id[attempt.root["event_id"]].append(attempt)
    single, several = [], []
    for number, attempts in by_id.items():
        ambiguous = len({each.package or each.key for each in attempts}) > 1
        (several if ambiguous else single).append((number, attempts, ambiguous))
    assert several
    # Some of each kind: all of them take long.
    for number, attempts, ambiguous in several[::6] + single[::24]:
        response = truth.system.http.get(f"/api/workpackages/{number}/journey")
        if ambiguous:
            assert response.status_code == 409
            error = response.json()["error"]
            named = {each["work_package_hash"] for each in error["candidates"]}
            assert named - {None} == {each.package for each in attempts if each.package}
            assert (error["code"], error["param"]) == ("ambiguous", "hash")
        else:
            assert response.status_code == 200
        for attempt in attempts:
            node = {"node_id": attempt.root["node"], "session": packages.session(attempt.root)}
            body = truth.system.get(f"/api/workpackages/{number}/journey", **node, limit=1000)
            assert body["work_package_hash"] == (attempt.package or str(number))
            ids = {each["id"] for each in body["stages"]}
            assert {packages.event(f)["id"] for f in attempt.facts if f["type"] < 110} <= ids


def test_a_package_is_found_by_its_report_and_its_erasure_root(truth, packages):
    for name in some(packages)[:3]:
        for attempt in packages.by_hash[name]:
            for other in filter(None, (attempt.report, attempt.erasure_root)):
                body = truth.system.get(f"/api/workpackages/0x{other}/journey")
                assert body["work_package_hash"] == name


def test_a_batch_has_the_steps_of_each_package_that_is_known(truth, packages):
    names = list(known(packages))[:49]
    asked = {"hashes": [*names, "ab" * 32]}
    response = truth.system.http.post("/api/workpackages/batch/journey", json=asked)
    assert response.status_code == 200
    body = response.json()
    assert (body["requested"], body["found"]) == (50, 49)
    assert [each["hash"] for each in body["journeys"]] == names
    types = {**STEPS, 90: "", 91: "", 92: "", 93: "", 96: "", 97: ""}
    for item in body["journeys"]:
        name, attempts = item["hash"], packages.by_hash[item["hash"]]
        firsts = {}
        for attempt in attempts:
            for fact in attempt.counted:
                if fact["type"] in types:
                    firsts.setdefault((attempt.key, fact["type"]), fact)
        wanted = Counter(
            (f["node"], f["type"], rfc3339_of_jce(f["node_us"])) for f in firsts.values()
        )
        shown = ((e["node_id"], e["event_type"], e["timestamp"]) for e in item["stages"])
        assert Counter(shown) == wanted
        assert item["stage_count"] == len(item["stages"])
        assert item["current_stage"] == stage_of(packages, name)
        assert item["nodes_involved"] == len({each.root["node"] for each in attempts})
        tried = [each for each in attempts if each.outcome != "duplicate"]
        assert item["first_seen"] == min(packages.received(each.root) for each in tried)
        assert item["superseded"] is superseded(packages, name)
        bad = any(each.outcome == "failed" for each in attempts)
        assert item["has_errors"] is (bad and not superseded(packages, name))


def test_what_is_not_known_is_404_and_what_is_no_hash_400(truth):
    for path in ("journey", "journey/enhanced", "audit-progress"):
        for reference, status in (("ab" * 32, 404), ("xyz", 400), (str(2**63), 404)):
            response = truth.system.http.get(f"/api/workpackages/{reference}/{path}")
            assert response.status_code == status
            assert response.json()["error"]["param"] == "hash"


def test_outside_the_window_nothing_happened(truth):
    past = {"start": rfc3339(0), "end": rfc3339(1_000_000)}
    body = truth.system.get("/api/workpackages", **past)
    assert set(body["totals"].values()) == set(body["events"].values()) == {0}
    assert (body["by_core"], body["recent"]) == ([], [])
    assert truth.system.get("/api/workpackages/active", **past)["summary"]["total"] == 0
