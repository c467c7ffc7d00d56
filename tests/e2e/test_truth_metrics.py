"""Figures by second, by bucket, by step and by sender against what really happened."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tart.aggregate.columnar.counters import REFERENCE_STEPS
from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.protocol.events import EVENTS
from tart.query.core import log_histogram
from tart.query.core.chain_stats import slot_reached
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import time_us
from tart.query.shard_queries.packages import PAIRS
from tart.query.topics.time_series import CATEGORY_OF
from tart.units import MINUTE_US, SECOND_US
from tests.e2e.received import Received
from tests.e2e.truth import network, tell
from tests.running import running_system, wait_for

STEP = 5 * MINUTE_US


def shares(truth):
    return [each["node"] for each in truth.facts.of("node")]


def by_bucket(events):
    found = defaultdict(list)
    for each in events:
        found[each["at"] - each["at"] % STEP].append(each)
    return found


def first_named(received, number):
    """By bucket: blocks that were named best (11) or finalized (12) there for the first time."""
    first = {}
    for each in received.of(number):
        block = received.fields(each)["hash"]
        first[block] = min(first.get(block, each["at"]), each["at"])
    return Counter(at - at % STEP for at in first.values())


def series(truth, metric):
    """Rows by bucket; also that none is missing and which are partial."""
    body = truth.system.get("/api/metrics/timeseries", metric=metric)
    starts = [time_us(each["timestamp"], "") for each in body["data"]]
    assert starts == list(range(starts[0], starts[-1] - 1, -STEP))
    assert time_us(body["window"]["start"], "") == starts[-1]
    end = time_us(body["window"]["end"], "")
    assert starts[0] <= end < starts[0] + STEP
    assert [each["partial"] for each in body["data"]] == [True] + [False] * (len(starts) - 1)
    return dict(zip(starts, body["data"], strict=True)), end


def test_throughput(truth, received):
    rows, _ = series(truth, "throughput")
    events = by_bucket(received.events)
    best, finalized = first_named(received, 11), first_named(received, 12)
    for at, row in rows.items():
        counts = Counter(each["event_type"] for each in events[at])
        assert row | {"timestamp": 0, "partial": 0} == {
            "timestamp": 0,
            "partial": 0,
            "best_blocks": best[at],
            "finalized_blocks": finalized[at],
            "authored_blocks": counts[42],
            "block_announcements": counts[62],
            "work_package_events": sum(counts[number] for number in range(90, 114)),
            "guarantee_events": sum(counts[number] for number in range(105, 114)),
            "best_block_events": counts[11],
            "finalized_block_events": counts[12],
        }
    named = truth.facts.events("BestBlockChanged")
    assert sum(row["best_blocks"] for row in rows.values()) == len(
        {each["about"]["block"] for each in named}
    )
    assert sum(row["block_announcements"] for row in rows.values()) == truth.facts.counts()[62]


def test_blocks_by_time(truth, received):
    rows, _ = series(truth, "blocks")
    events = by_bucket(received.events)
    best, finalized = first_named(received, 11), first_named(received, 12)
    for at, row in rows.items():
        slots, authors = {}, set()
        for each in events[at]:
            if each["event_type"] == 11:
                slot = received.fields(each)["slot"]
                slots[each["node_id"]] = max(slots.get(each["node_id"], 0), slot)
            elif each["event_type"] == 42:
                authors.add(each["node_id"])
        counts = Counter(each["event_type"] for each in events[at])
        assert row | {"timestamp": 0, "partial": 0} == {
            "timestamp": 0,
            "partial": 0,
            "blocks": best[at],
            "finalized": finalized[at],
            "authored": counts[42],
            "best_block_events": counts[11],
            "authoring_nodes": len(authors),
            "max_slot": slot_reached(slots.values()),
        }


def test_events_by_time(truth, received):
    rows, end = series(truth, "events")
    events = by_bucket(received.events)
    for at, row in rows.items():
        seconds = (min(at + STEP, end) - at) / SECOND_US
        assert row["total_events"] == len(events[at])
        assert row["active_nodes"] == len({each["node_id"] for each in events[at]})
        assert row["event_types"] == len({each["event_type"] for each in events[at]})
        assert row["events_per_second"] == pytest.approx(len(events[at]) / seconds, abs=0.001)
    assert sum(row["total_events"] for row in rows.values()) == len(truth.facts.sent)


@pytest.mark.parametrize(("interval", "duration"), [(1, 1), (7, 2), (60, 24), (5, "90m")])
def test_buckets_of_any_length_contain_all_events(truth, interval, duration):
    body = truth.system.get(
        "/api/metrics/timeseries", metric="events", interval=interval, duration=duration
    )
    assert sum(row["total_events"] for row in body["data"]) == len(truth.facts.sent)
    assert all(time_us(row["timestamp"], "") % (interval * MINUTE_US) == 0 for row in body["data"])


def test_a_window_longer_than_a_day_has_buckets_of_whole_hours(truth):
    body = truth.system.get("/api/metrics/timeseries/grouped", duration=24 * 20, interval=5)
    assert body["interval_minutes"] == 60
    assert sum(row["events"] for row in body["data"]) == len(truth.facts.sent)


def grouped(truth, metric, group_by):
    body = truth.system.get("/api/metrics/timeseries/grouped", metric=metric, group_by=group_by)
    order = [(row["timestamp"], row[metric]) for row in body["data"]]
    assert order == sorted(order, reverse=True)
    found = defaultdict(Counter)
    for row in body["data"]:
        key = row[{"node": "node_id"}.get(group_by, group_by)]
        found[key].update({name: n for name, n in row.items() if type(n) is int and name != key})
    return body["data"], found


def test_events_by_node(truth, received):
    rows, found = grouped(truth, "events", "node")
    assert {node: each["events"] for node, each in found.items()} == {
        node: sum(truth.facts.counts(node).values()) for node in shares(truth)
    }
    buckets = by_bucket(received.events)
    for row in rows:
        some = buckets[time_us(row["timestamp"], "")]
        mine = [each["event_type"] for each in some if each["node_id"] == row["node_id"]]
        assert (row["events"], row["event_types"]) == (len(mine), len(set(mine)))


def test_events_by_type(truth, received):
    rows, found = grouped(truth, "events", "event_type")
    assert {number: each["events"] for number, each in found.items()} == dict(truth.facts.counts())
    buckets = by_bucket(received.events)
    for row in rows:
        some = buckets[time_us(row["timestamp"], "")]
        nodes = [each["node_id"] for each in some if each["event_type"] == row["event_type"]]
        assert (row["events"], row["nodes"]) == (len(nodes), len(set(nodes)))


def test_guarantees_by_core(truth):
    rows, found = grouped(truth, "guarantees", "core")
    cores = defaultdict(list)
    for attempt in truth.packages.attempts:
        for fact in attempt.facts:
            if fact["type"] == 105 and attempt.core is not None:
                cores[attempt.core].append(fact["node"])
    assert {core: each["guarantees"] for core, each in found.items()} == {
        core: len(nodes) for core, nodes in cores.items()
    }
    if len({row["timestamp"] for row in rows}) == 1:
        assert {row["core"]: row["nodes"] for row in rows} == {
            core: len(set(nodes)) for core, nodes in cores.items()
        }


def failed(truth):
    """Facts that say that something failed."""
    return [
        each
        for each in truth.facts.sent
        if each["type"] in FAILURES
        or each["data"].get("reason") in FAILED_REASONS.get(each["type"], ())
    ]


def test_failures_by_category(truth):
    rows, found = grouped(truth, "failures", "category")
    expected = defaultdict(list)
    for each in failed(truth):
        expected[CATEGORY_OF[each["type"]]].append(each["node"])
    assert {name: each["failures"] for name, each in found.items()} == {
        name: len(nodes) for name, nodes in expected.items()
    }
    if len({row["timestamp"] for row in rows}) == 1:
        assert {row["category"]: row["nodes"] for row in rows} == {
            name: len(set(nodes)) for name, nodes in expected.items()
        }


# --- Steps -------------------------------------------------------------------------------

# Half a bin and what rounding adds.
OFF = 2 ** (0.5 / log_histogram.PER_OCTAVE)


def close(shown_ms, exact_us):
    exact = max(exact_us, 1) / 1000
    return exact / OFF - 0.002 <= shown_ms <= exact * OFF + 0.002


def nearest(values, share):
    return values[max(0, -(-len(values) * round(share * 100) // 100) - 1)]


def check(step, samples):
    """A step's figures against its exact durations."""
    samples = sorted(samples)
    assert step["count"] == len(samples) == sum(each["count"] for each in step["histogram"])
    for name, share in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        assert close(step[name], nearest(samples, share)), (step["step"], name)
    assert close(step["mean_ms"], sum(max(each, 1) for each in samples) / len(samples))
    uppers = [each["up_to_ms"] for each in step["histogram"]]
    assert uppers == sorted(uppers)


def durations(truth):
    """By step: (node, microseconds) of every event that refers to one that was sent."""
    sent = {(f["node"], f["session"], f["event_id"]): f["type"] for f in truth.facts.sent}
    found = defaultdict(list)
    for each in truth.facts.sent:
        root = each["root"]
        parent = root and sent.get((each["node"], each["session"], root["event_id"]))
        if parent is not None and (parent, each["type"]) in REFERENCE_STEPS:
            found[parent, each["type"]].append((each["node"], root["after_us"]))
    return found | audits(truth) | finalizations(truth)


def finalizations(truth):
    """The same from a node's first best block to the same block as its finalized one."""
    found, best = defaultdict(list), {}
    for each in sorted(truth.facts.sent, key=lambda f: (f["node"], f["session"], f["event_id"])):
        if each["type"] in (11, 12):
            block = each["node"], each["session"], each["data"]["hash"]
            if each["type"] == 11:
                best.setdefault(block, each["node_us"])
            elif block in best:
                found[11, 12].append((each["node"], each["node_us"] - best.pop(block)))
    return found


def audits(truth):
    """The same of the events of an audit, which have its id and do not refer to one another."""
    found, times = defaultdict(list), {}
    for each in sorted(truth.facts.sent, key=lambda f: (f["node"], f["session"], f["event_id"])):
        if each["type"] not in (140, 146, 147):
            continue
        key = each["node"], each["session"], each["root"]["event_id"]
        audit = times.setdefault(key, {})
        if each["type"] == 140:
            audit.setdefault(140, each["node_us"])
        elif each["type"] == 146:
            audit[146] = each["node_us"]
        else:
            for parent in audit:
                found[parent, 147].append((each["node"], each["node_us"] - audit[parent]))
            audit.pop(146, None)
    return found


def test_latency_of_each_step(truth):
    found = truth.system.get("/api/metrics/latency")["steps"]
    expected = durations(truth)
    assert {(each["from_type"], each["to_type"]) for each in found} == expected.keys()
    assert len(expected) > 80
    for each in found:
        key = each["from_type"], each["to_type"]
        check(each, [duration for _, duration in expected[key]])
        names = EVENTS[key[0]].variant, EVENTS[key[1]].variant
        assert (each["from"], each["to"], each["step"]) == (*names, "_to_".join(names))
    counts = [each["count"] for each in found]
    assert counts == sorted(counts, reverse=True)


def test_counters_for_prometheus_are_those_of_the_process(truth):
    """They begin at 0 with it, and count each event, failure and duration once."""
    page = truth.system.http.get("/metrics/network").text
    found = defaultdict(dict)
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            name = sample.name.removeprefix("tart_network_")
            if sample.value and name in ("events_total", "failures_total", "latency_seconds_count"):
                labels = sample.labels.get("event") or sample.labels["step"]
                found[name][labels] = int(sample.value)
    if truth.restarted:
        assert found == {}
        return
    assert found["events_total"] == Counter(each["event"] for each in truth.facts.sent)
    assert found["failures_total"] == Counter(
        EVENTS[each["type"]].variant for each in failed(truth)
    )
    assert found["latency_seconds_count"] == {
        f"{EVENTS[parent].variant}_to_{EVENTS[number].variant}": len(samples)
        for (parent, number), samples in durations(truth).items()
    }


@pytest.mark.parametrize("group_by", ["node", "implementation"])
def test_latency_of_steps_by_group(truth, group_by):
    groups = {
        each["node"]: each["node"] if group_by == "node" else f"{each['name']} {each['version']}"
        for each in truth.facts.of("node")
    }
    found = truth.system.get("/api/metrics/latency", group_by=group_by, event_types="45,125")
    expected = defaultdict(list)
    for (parent, number), some in durations(truth).items():
        for node, duration in some:
            if number in (45, 125):
                expected[groups[node], parent, number].append(duration)
    shown = {(e["group"], e["from_type"], e["to_type"]): e for e in found["steps"]}
    assert shown.keys() == expected.keys()
    for key, samples in expected.items():
        check(shown[key], samples)


def test_latency_of_guarantors_by_core(truth):
    found = truth.system.get("/api/metrics/latency", group_by="core")["steps"]
    expected = defaultdict(list)
    for attempt in truth.packages.attempts:
        steps = {"started": attempt.root["node_us"], **attempt.steps}
        for name, (first, last) in PAIRS.items():
            if first in steps and last in steps:
                expected[name, attempt.core].append(steps[last] - steps[first])
    shown = {(each["step"], each["group"]): each for each in found}
    assert shown.keys() == expected.keys()
    for key, samples in expected.items():
        check(shown[key], samples)


# --- Senders -----------------------------------------------------------------------------


@pytest.mark.parametrize("types", [None, [62], [11, 131]])
def test_top_nodes(truth, types):
    parameters = {} if types is None else {"event_types": ",".join(map(str, types))}
    body = truth.system.get("/api/nodes/top", **parameters)
    counts = {
        node: sum(
            n for number, n in truth.facts.counts(node).items() if types is None or number in types
        )
        for node in shares(truth)
    }
    total = sum(counts.values())
    expected = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert [(each["node_id"], each["events"]) for each in body["nodes"]] == expected
    assert (body["total_events"], body["total_nodes"]) == (total, len(counts))
    introduced = {each["node"]: each for each in truth.facts.of("node")}
    start, end = (time_us(body["window"][name], "") for name in ("start", "end"))
    for each in body["nodes"]:
        node = introduced[each["node_id"]]
        assert each["implementation_name"] == node["name"]
        assert each["implementation_version"] == node["version"]
        assert each["share"] == round(each["events"] / total, 4)
        per_second = each["events"] / ((end - start) / SECOND_US)
        assert each["events_per_second"] == pytest.approx(per_second, abs=0.001)
    top = truth.system.get("/api/nodes/top", limit=1, event_type="62")["nodes"]
    assert len(top) == 1


# --- The last seconds --------------------------------------------------------------------


def seconds_of(events, start, end):
    found = defaultdict(list)
    for each in events:
        if start <= each["at"] < end:
            found[each["at"] // SECOND_US].append(each)
    return found


@pytest.mark.slow
def test_the_last_seconds_are_true_to_the_second(tmp_path):
    with running_system(tmp_path / "data", shards=2) as system:
        # A shard's first whole second has begun.
        wait_for(lambda: system.get("/api/metrics/realtime")["counted_seconds"], "a second")
        tell(system, network())
        over = int(time.time()) + 1
        wait_for(lambda: time.time() >= over, "the second to be over")
        body = system.get("/api/metrics/realtime", seconds=300)
        live = system.get("/api/metrics/live")["last_1m"]
        told = Received(Told(system))
    facts = network().facts
    counts, totals = facts.counts(), body["totals"]
    best = {each["about"]["block"] for each in facts.events("BestBlockChanged")}
    finalized = {each["about"]["block"] for each in facts.events("FinalizedBlockChanged")}
    tickets = counts[80] + counts[82] + counts[84]
    assert totals == {
        "events": len(facts.sent),
        "best_blocks": len(best),
        "finalized_blocks": len(finalized),
        "authored_blocks": counts[42],
        "announcements": counts[62],
        "tickets": tickets,
        "active_nodes": len(facts.of("node")),
        "latest_slot": None,
        "best_block_events": counts[11],
        "finalized_block_events": counts[12],
    }
    counted = body["counted_seconds"]
    assert body["window_seconds"] == 300
    assert body["rates"] == {
        "events_per_second": round(len(facts.sent) / counted, 3),
        "blocks_per_second": round(len(best) / counted, 4),
    }
    # On a busy machine telling them takes longer than a minute.
    start, end = time_us(live["start"], ""), time_us(live["end"], "")
    minute = [each for each in told.events if start <= each["at"] < end]
    assert minute
    assert (live["events"], live["blocks"], live["finalized"]) == (
        len(minute),
        *(
            len({told.fields(each)["hash"] for each in minute if each["event_type"] == n})
            for n in (11, 12)
        ),
    )
    start, end = time_us(body["start"], ""), time_us(body["end"], "")
    assert [row["timestamp"] for row in body["data"]] == [
        rfc3339(at) for at in range(end - SECOND_US, start - 1, -SECOND_US)
    ]
    seconds = seconds_of(told.events, start, end)
    for row in body["data"]:
        some = seconds[time_us(row["timestamp"], "") // SECOND_US]
        types = Counter(each["event_type"] for each in some)
        hashes = {
            number: {told.fields(each)["hash"] for each in some if each["event_type"] == number}
            for number in (11, 12)
        }
        assert row | {"timestamp": 0} == {
            "timestamp": 0,
            "events": len(some),
            "nodes": len({each["node_id"] for each in some}),
            "blocks": len(hashes[11]),
            "finalized": len(hashes[12]),
            "announcements": types[62],
            "tickets": types[80] + types[82] + types[84],
            "authored": types[42],
        }


class Told:
    """A system of our own that was told the network."""

    def __init__(self, system):
        self.system, self.facts = system, network().facts


def test_seconds_before_the_start_of_the_shards_are_left_out(truth):
    """Counters begin with the process: a restart is not silence."""
    body = truth.system.get("/api/metrics/realtime", seconds=300)
    start, end = time_us(body["start"], ""), time_us(body["end"], "")
    assert len(body["data"]) == body["counted_seconds"] == (end - start) // SECOND_US <= 300
    assert body["totals"]["events"] == sum(row["events"] for row in body["data"])
