"""What judges a network: every figure against what really happened."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import ceil

import pytest

from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.protocol.events import EVENTS
from tart.query.core.chain_stats import slot_reached
from tart.query.core.failure_rates import PIPELINES
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce
from tart.query.core.windows import time_us
from tart.query.topics.node_activity import CONNECTION_KINDS
from tart.query.topics.time_series import DISCARDS
from tart.units import HOUR_US, JCE_US, MINUTE_US, SECOND_US
from tests.e2e.received import rooted

STEP = 5 * MINUTE_US


def nodes(truth):
    return [each["node"] for each in truth.facts.of("node")]


# --- Failures ----------------------------------------------------------------------------


def is_failure(fact):
    number = fact["type"]
    return number in FAILURES or fact["data"].get("reason") in FAILED_REASONS.get(number, ())


def failed(truth):
    return [each for each in truth.facts.sent if is_failure(each)]


def tried(counts):
    """Attempts of all pipelines, and all that was discarded or forgotten."""
    of_pipelines = [number for each in PIPELINES.values() for number in each.attempts]
    return sum(counts[number] for number in [*of_pipelines, *DISCARDS])


def test_failures_over_all_categories(truth):
    found = truth.system.get("/api/analytics/failure-rates")["overall"]
    counts = truth.facts.counts()
    attempts, failures = tried(counts), len(failed(truth))
    assert found == {
        "total_events": sum(counts.values()),
        "failed_events": failures,
        "failure_rate": round(failures / attempts, 4),
        "attempts": attempts,
        "refused": counts[20],
        "misbehaved": counts[28],
    }


def test_failures_by_category(truth):
    found = truth.system.get("/api/analytics/failure-rates")["by_category"]
    counts, wrong = truth.facts.counts(), Counter(each["type"] for each in failed(truth))
    expected = {}
    for name, pipeline in PIPELINES.items():
        attempts = sum(counts[number] for number in pipeline.attempts)
        failures = sum(counts[number] for number in pipeline.failures)
        expected[name] = (attempts, failures, round(failures / attempts, 4))
    for number, name in DISCARDS.items():
        rate = round(wrong[number] / counts[number], 4)
        expected[name] = (counts[number], wrong[number], rate)
    assert {
        each["category"]: (each["attempts"], each["failures"], each["rate"]) for each in found
    } == expected
    assert all(failures <= attempts for attempts, failures, _ in expected.values())
    assert sum(failures > 0 for _, failures, _ in expected.values()) > 20


def test_failures_by_node(truth):
    found = truth.system.get("/api/analytics/failure-rates")["by_node"]
    types = defaultdict(Counter)
    for each in failed(truth):
        types[each["node"]][each["type"]] += 1
    order = sorted(types, key=lambda node: (-types[node].total(), node))
    assert [each["node_id"] for each in found] == order
    for each in found:
        node = each["node_id"]
        counts = truth.facts.counts(node)
        attempts, failures = tried(counts), types[node].total()
        assert each == {
            "node_id": node,
            "total_events": sum(counts.values()),
            "failures": failures,
            "failure_rate": round(failures / attempts, 4),
            "top_failure_type": min(types[node], key=lambda n: (-types[node][n], n)),
            "attempts": attempts,
        }


def test_failures_by_reason_in_the_nodes_own_words(truth, received):
    found = truth.system.get("/api/analytics/failure-rates")["by_reason"]
    counts, who, last = Counter(), defaultdict(set), defaultdict(str)
    for each in failed(truth):
        key = each["type"], each["data"]["reason"]
        counts[key] += 1
        who[key].add(each["node"])
        last[key] = max(last[key], received.event(each)["received_at"])
    assert {
        (each["event_type"], each["reason"]): (each["count"], each["nodes"], each["last_at"])
        for each in found
    } == {key: (n, len(who[key]), last[key]) for key, n in counts.items()}
    assert all(each["event_name"] == EVENTS[each["event_type"]].variant for each in found)


def test_newest_failures(truth, received):
    found = truth.system.get("/api/analytics/failure-rates")["recent_failures"]
    facts = {}
    for each in failed(truth):
        facts[received.event(each)["id"]] = each
    times = sorted((received.event(each)["received_at"] for each in facts.values()), reverse=True)
    assert [each["received_at"] for each in found] == times[:20]
    for each in found:
        fact = facts[each["id"]]
        assert each["event_name"] == fact["event"]
        assert (each["event_type"], each["node_id"]) == (fact["type"], fact["node"])
        assert each["timestamp"] == rfc3339_of_jce(fact["node_us"])
        assert each["reason"] == fact["data"]["reason"]


# --- Propagation -------------------------------------------------------------------------


def offsets(received):
    """By node, shard and minute: how far its clock was behind, by its fastest message."""
    found = {}
    for each in received.events:
        key = each["node_id"], each["session"] & 0xFF, each["at"] // MINUTE_US
        behind = each["at"] - own(received, each)
        found[key] = min(found.get(key, behind), behind)
    return found


def own(received, event):
    return received.fields(event)["timestamp"] + JCE_US


def spread(times):
    """Delays in order, those in time, of a block's sights."""
    times = sorted(times)
    return [at - times[0] for at in times[1:] if at - times[0] <= MINUTE_US]


def ms(us):
    return None if us is None else round(us / 1000, 3)


def rank(values, share):
    return values[max(1, ceil(share * len(values) - 1e-9)) - 1] if values else None


def delays(blocks):
    every = sorted(delay for times in blocks.values() for delay in spread(times))
    return {
        "avg_propagation_ms": ms(sum(every) / len(every)),
        "p50_propagation_ms": ms(rank(every, 0.5)),
        "p95_propagation_ms": ms(rank(every, 0.95)),
        "p99_propagation_ms": ms(rank(every, 0.99)),
        "sample_count": len(every),
        "late": sum(len(times) - 1 for times in blocks.values()) - len(every),
    }


def until(times, share, connected):
    within = [0, *spread(times)]
    needed = ceil(share * connected - 1e-9)
    return within[needed - 1] if len(within) >= needed else None


def clocks(received):
    """Blocks by hash: times of first sights, by our clock and by the nodes', corrected."""
    behind = offsets(received)
    ours, theirs = {}, {}
    for block, some in received.sights().items():
        ours[block] = [each["at"] for each in some.values()]
        theirs[block] = [
            own(received, each)
            + behind[each["node_id"], each["session"] & 0xFF, each["at"] // MINUTE_US]
            for each in some.values()
        ]
    return ours, theirs


def test_block_propagation_delays(truth, received):
    found = truth.system.get("/api/analytics/block-propagation")
    ours, theirs = clocks(received)
    assert found["last_hour"] == {"clock": "received_at", **delays(ours)}
    assert found["node_clocks"] == {"clock": "node, corrected", **delays(theirs)}
    assert found["blocks"] == found["blocks_looked_at"] == len(ours) > 50


def connected(received):
    """How many nodes were heard of in each ten minutes."""
    found = defaultdict(set)
    for each in received.events:
        found[each["at"] // (10 * MINUTE_US)].add(each["node_id"])
    return {at: len(some) for at, some in found.items()}


def test_delays_until_a_share_of_the_nodes_has_a_block(truth, received):
    found = truth.system.get("/api/analytics/block-propagation")["coverage"]
    ours, theirs = clocks(received)
    there = connected(received)
    for name, blocks in (("received_at", ours), ("node_clocks", theirs)):
        assert [each["share"] for each in found[name]] == [0.5, 0.9, 0.99, 1.0]
        for each in found[name]:
            times = sorted(
                time
                for block, some in blocks.items()
                if (time := until(some, each["share"], there[min(ours[block]) // (10 * MINUTE_US)]))
                is not None
            )
            assert each == {
                "share": each["share"],
                "blocks": len(blocks),
                "blocks_reached": len(times),
                "p50_ms": ms(rank(times, 0.5)),
                "p95_ms": ms(rank(times, 0.95)),
                "max_ms": ms(times[-1] if times else None),
            }


def test_first_sightings_of_blocks_by_node(truth, received):
    found = truth.system.get("/api/analytics/block-propagation")["by_node"]
    sights = received.sights()
    kinds, late = defaultdict(Counter), defaultdict(list)
    for some in sights.values():
        first = min(each["at"] for each in some.values())
        for node, each in some.items():
            kind = {42: "blocks_originated", 62: "blocks_announced"}.get(each["event_type"])
            kinds[node][kind or "blocks_received"] += 1
            late[node].append(each["at"] - first)
    for each in found:
        node = each["node_id"]
        assert each["blocks_seen"] == kinds[node].total()
        for name in ("blocks_originated", "blocks_announced", "blocks_received"):
            assert each[name] == kinds[node][name]
        # Of nodes that saw a block at the same moment, any may be called the first.
        assert each["blocks_first_seen"] <= late[node].count(0)
        assert each["p95_ms"] <= ms(max(late[node]))
    assert {each["node_id"] for each in found} == kinds.keys()
    assert sum(each["blocks_first_seen"] for each in found) == len(sights)
    counts = [each["blocks_seen"] for each in found]
    assert counts == sorted(counts, reverse=True)


def test_propagation_of_the_newest_blocks(truth, received):
    found = truth.system.get("/api/analytics/block-propagation")["recent_blocks"]
    ours, _ = clocks(received)
    there = connected(received)
    slots = {each["block"]: each["slot"] for each in truth.facts.of("block")}
    firsts = sorted((min(times) for times in ours.values()), reverse=True)[:20]
    assert [each["first_seen_at"] for each in found] == [rfc3339(at) for at in firsts]
    for each in found:
        times = ours[each["hash"]]
        nodes_there = there[min(times) // (10 * MINUTE_US)]
        assert (each["slot"], each["nodes"]) == (slots[each["hash"]], len(times))
        assert each["connected_nodes"] == nodes_there
        assert received.sights()[each["hash"]][each["first_node"]]["at"] == min(times)
        for share in (50, 90, 99, 100):
            assert each[f"until_{share}_ms"] == ms(until(times, share / 100, nodes_there))


# --- Health ------------------------------------------------------------------------------


def percent(part, whole):
    return max(0, min(100, round(100 * part / whole)))


def test_network_health_by_component(truth, received):
    found = truth.system.get("/api/analytics/network-health")
    counts = truth.facts.counts()
    parts = {each["name"]: each for each in found["components"]}
    # The last minute begins with a bucket and ends with the window.
    end = time_us(found["window"]["end"], "") + 1
    start = end - end % (10 * SECOND_US) - MINUTE_US
    last_minute = [each for each in received.events if each["at"] >= start]
    connectivity = parts["Node Connectivity"]
    assert connectivity["metrics"]["active_1m"] == len({each["node_id"] for each in last_minute})
    assert connectivity["metrics"]["active_1h"] == len(nodes(truth))
    assert connectivity["metrics"]["connected"] == 0
    assert connectivity["score"] == percent(connectivity["metrics"]["active_1m"], len(nodes(truth)))
    production = parts["Block Production"]
    assert production["metrics"] == {
        "authored": counts[42],
        "attempts": counts[40],
        "failures": counts[41],
    }
    assert production["score"] == percent(counts[42], counts[40])
    availability = parts["Data Availability"]
    operations = counts[120] + counts[121]
    assert availability["metrics"] == {"operations": operations, "failures": counts[122]}
    assert availability["score"] == percent(operations - counts[122], operations)
    packages = parts["Work Packages"]
    begun = counts[90] + counts[91]
    assert packages["metrics"] == {
        "received": counts[94],
        "attempts": begun,
        "failures": counts[92],
        "guarantees": counts[105],
    }
    assert packages["score"] == percent(begun - counts[92], begun)
    assert parts["Event Throughput"]["metrics"]["events_per_minute"] == len(last_minute)
    scores = [each["score"] for each in found["components"]]
    assert found["health_score"] == round(sum(scores) / 5, 1)
    words = {"Data Availability": (90, 60), "Work Packages": (90, 60)}
    for name, part in parts.items():
        high, low = words.get(name, (80, 50))
        word = "healthy" if part["score"] >= high else "degraded" if part["score"] >= low else None
        assert part["status"] == (word or "unhealthy")


def test_alerts_about_failing_pipelines(truth):
    found = truth.system.get("/api/analytics/network-health")["alerts"]
    counts = truth.facts.counts()
    expected = set()
    for name, pipeline in PIPELINES.items():
        attempts = sum(counts[number] for number in pipeline.attempts)
        failures = sum(counts[number] for number in pipeline.failures)
        if attempts >= 20 and failures / attempts > 0.05:
            expected.add(f"{failures} of {attempts} failed in the window: {name}")
    assert {each["message"] for each in found if each["severity"] == "warning"} == expected
    assert expected
    assert not any(each["acknowledged"] for each in found)


# --- Nodes over time ---------------------------------------------------------------------


def rows(body):
    """Rows by bucket; also that none is missing."""
    step = body["interval_minutes"] * MINUTE_US
    starts = [time_us(each["timestamp"], "") for each in body["timeline"]]
    assert starts == list(range(starts[0], starts[-1] - 1, -step))
    assert [each["partial"] for each in body["timeline"]] == [True] + [False] * (len(starts) - 1)
    assert time_us(body["window"]["start"], "") == starts[-1]
    return dict(zip(starts, body["timeline"], strict=True)), step


@pytest.mark.parametrize("duration", [1, 24])
def test_nodes_in_sync_by_bucket(truth, received, duration):
    found, step = rows(truth.system.get("/api/analytics/sync-status/timeline", duration=duration))
    assert len(found) <= 74
    best, told = defaultdict(dict), []
    for each in received.of(11, 13):
        at, fields = each["at"] - each["at"] % step, received.fields(each)
        if each["event_type"] == 11:
            mine = best[at]
            mine[each["node_id"]] = max(mine.get(each["node_id"], 0), fields["slot"])
        else:
            told.append((each["at"], each["event_id"], each["node_id"], fields["synced"]))
    seen = 0
    for at, row in found.items():
        slots = best[at].values()
        network = slot_reached(slots)
        synced = sum(slot >= network - 2 for slot in slots)
        said = {node: claim for when, _, node, claim in sorted(told) if when < at + step}
        assert row | {"timestamp": 0, "partial": 0} == {
            "timestamp": 0,
            "partial": 0,
            "total_nodes": len(slots),
            "synced_nodes": synced,
            "behind_nodes": len(slots) - synced,
            "sync_percentage": round(100 * synced / len(slots), 2) if slots else None,
            "network_slot": network,
            "nodes_saying_synced": sum(said.values()),
            "nodes_saying_not_synced": len(said) - sum(said.values()),
        }
        seen += len(slots)
    assert seen >= len(nodes(truth))


def heard_until(received, node):
    """When the last event of a node came; after a restart its connection's end is known."""
    return rfc3339(max(each["at"] for each in received.events if each["node_id"] == node))


def test_nodes_in_sync_now(truth, received):
    found = truth.system.get("/api/analytics/sync-status/timeline")["current_status"]
    sessions = truth.system.get("/api/sessions", limit=1000)["sessions"]
    newest = {}
    for each in sessions:
        newest.setdefault(each["node_id"], each["session"])
    last = {}
    for each in sorted(received.of(11), key=lambda each: (each["at"], each["event_id"])):
        if each["session"] == newest[each["node_id"]]:
            last[each["node_id"]] = received.fields(each)["slot"]
    shown = {each["node_id"]: each for each in found}
    assert shown.keys() == set(nodes(truth))
    named = defaultdict(dict)
    for each in received.of(11):
        bucket = each["at"] // STEP
        slot = received.fields(each)["slot"]
        mine = named[each["node_id"]]
        mine[bucket] = max(mine.get(bucket, 0), slot)
    network = slot_reached(each["slot"] for each in found)
    for node, each in shown.items():
        # Who has not connected since a restart has the greatest of its last five minutes.
        greatest = named[node][max(named[node])]
        assert each["slot"] in (last.get(node), greatest)
        assert each["slots_behind"] == max(0, network - each["slot"])
        assert each["is_synced"] == (each["slot"] >= network - 2)
        assert each["is_connected"] is False
        assert heard_until(received, node) <= each["last_update"]
        assert each["last_update"] <= max(
            one["ended_at"] for one in sessions if one["node_id"] == node
        )
    order = [(-each["slot"], each["node_id"]) for each in found]
    assert order == sorted(order)


def test_telemetry_and_peer_connections_by_bucket(truth, received):
    body = truth.system.get("/api/analytics/connections/timeline")
    found, step = rows(body)
    sessions = truth.system.get("/api/sessions", limit=1000)["sessions"]
    events = defaultdict(list)
    for each in received.events:
        events[each["at"] - each["at"] % step].append(each)
    began, ended = (
        Counter(time_us(each[name], "") // step * step for each in sessions)
        for name in ("started_at", "ended_at")
    )
    now = 0
    for at, row in sorted(found.items()):
        types = Counter(each["event_type"] for each in events[at])
        now += began[at] - ended[at]
        assert row | {"timestamp": 0, "partial": 0} == {
            "timestamp": 0,
            "partial": 0,
            "connections": began[at],
            "disconnections": ended[at],
            "active_nodes": len({each["node_id"] for each in events[at]}),
            "net_change": began[at] - ended[at],
            "open": now,
            "refused": 0,
            "peer_connections": {name: types[number] for name, number in CONNECTION_KINDS.items()},
        }
    # Nodes that said nothing on a connection have not made one.
    opened = [each for each in truth.facts.of("closed") if each["events"]]
    assert sum(row["connections"] for row in found.values()) == len(opened)
    assert sum(row["disconnections"] for row in found.values()) == len(opened)
    counts = truth.facts.counts()
    assert sum(row["peer_connections"]["connected_in"] for row in found.values()) == counts[23]


def test_connections_by_node(truth, received):
    found = truth.system.get("/api/analytics/connections/timeline")["by_node"]
    sessions = truth.system.get("/api/sessions", limit=1000)["sessions"]
    assert {each["node_id"] for each in found} == set(nodes(truth))
    times = [each["last_seen"] for each in found]
    assert times == sorted(times, reverse=True)
    for each in found:
        node = each["node_id"]
        mine = [
            (time_us(one["started_at"], ""), time_us(one["ended_at"], ""))
            for one in sessions
            if one["node_id"] == node
        ]
        connected_us = sum(end - start for start, end in mine)
        events = [event["at"] for event in received.events if event["node_id"] == node]
        count = sum(truth.facts.counts(node).values())
        assert each | {"first_seen": 0, "last_seen": 0} == {
            "node_id": node,
            "first_seen": 0,
            "last_seen": 0,
            "uptime_hours": round(connected_us / HOUR_US, 4),
            "days_active": len({at // (24 * HOUR_US) for at in events}),
            "total_events": count,
            "events_per_hour": round(count / (connected_us / HOUR_US), 1),
            "events_per_second": round(count / (connected_us / SECOND_US), 3),
            "sessions": len(mine),
            "is_connected": False,
        }
        assert each["first_seen"] == rfc3339(min(start for start, _ in mine))
        assert heard_until(received, node) <= each["last_seen"]
        assert each["last_seen"] <= rfc3339(max(end for _, end in mine))


def test_numbers_of_nodes(truth, received):
    body = truth.system.get("/api/analytics/connections/timeline")
    now = time_us(body["window"]["end"], "")
    stats = body["health_stats"]
    last = {}
    for each in received.events:
        last[each["node_id"]] = max(last.get(each["node_id"], 0), each["at"])
    assert stats["total_nodes_seen"] == len(nodes(truth))
    assert stats["active_last_hour"] == len(nodes(truth))
    assert stats["connected"] == 0
    assert stats["currently_active"] == sum(at >= now - 5 * MINUTE_US for at in last.values())


# --- Assurances --------------------------------------------------------------------------


def test_assurances_by_anchor(truth, received):
    body = truth.system.get("/api/analytics/assurances", limit=1000, duration="1h")
    numbers = defaultdict(Counter)
    times = defaultdict(list)
    distributing = ("AssuranceSendFailed", "AssuranceSent", "AssuranceDistributed")
    facts = [
        *((each, each["data"]["anchor"]) for each in truth.facts.events("AssuranceReceived")),
        *((each, each["about"]["anchor"]) for each in truth.facts.events("DistributingAssurance")),
        *(
            (each, root["about"]["anchor"])
            for variant in distributing
            for each, root in rooted(truth.facts, variant, "DistributingAssurance")
        ),
    ]
    for fact, anchor in facts:
        numbers[anchor][fact["type"]] += 1
        tick = received.event(fact)["at"] // 100_000 * 100_000
        times[anchor].append((tick, fact["type"]))
    assert body["total_anchors"] == len(body["anchors"]) == len(numbers)
    names = {126: "distributing", 127: "send_failed", 128: "sent", 129: "distributed"}
    names[131] = "received"
    assert body["totals"] == {
        name: sum(counts[number] for counts in numbers.values()) for number, name in names.items()
    }
    firsts = [each["first_at"] for each in body["anchors"]]
    assert firsts == sorted(firsts, reverse=True)
    slots = {each["block"]: each["slot"] for each in truth.facts.of("block")}
    for each in body["anchors"]:
        counts, when = numbers[each["anchor"]], sorted(times[each["anchor"]])
        assert {name: each[name] for name in names.values()} == {
            name: counts[number] for number, name in names.items()
        }
        assert (each["first_at"], each["last_at"]) == (rfc3339(when[0][0]), rfc3339(when[-1][0]))
        soon = sum(kind == 131 and at < when[0][0] + 30 * SECOND_US for at, kind in when)
        assert each["received_within_5_slots"] == soon
        share = round(soon / counts[131], 4) if counts[131] else None
        assert each["share_within_5_slots"] == share
        per = round(counts[131] / counts[126], 3) if counts[126] else None
        assert each["receivers_per_assurance"] == per
        assert each["slot"] in (slots.get(each["anchor"]), None)
