"""Nodes, topology, data availability, execution: figures held against what really happened."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tart.query.core import log_histogram
from tart.query.topics.node_activity import CATEGORIES, CONNECTION_KINDS, category_of
from tests.running import wait_for

EVER = "30d"


def ask(truth, path, **parameters):
    found = truth.system.get(path, **{"duration": EVER, **parameters})
    assert "shards" not in found, found["shards"]
    return found


def ids(truth):
    return [each["node"] for each in truth.facts.of("node")]


def rooted(truth, variant, *after):
    """Events of a type whose root, of one of these types, was sent in the same session."""
    known = {
        (each["node"], each["session"], each["event_id"]): each
        for name in after
        for each in truth.facts.events(name)
    }
    for each in truth.facts.events(variant):
        root = each["root"] and known.get((each["node"], each["session"], each["root"]["event_id"]))
        if root:
            yield each, root


# --- Topology ----------------------------------------------------------------------------


def directed(events, side):
    """By sender and receiver: how many the one told of, and the other."""
    links = defaultdict(Counter)
    for each in events:
        peer, local = each["data"]["peer"], each["data"][side] == "Local"
        ends = (each["node"], peer) if local else (peer, each["node"])
        links[ends]["sent" if local else "received"] += 1
    return {
        ends: (max(count["sent"], count["received"]), count["sent"], count["received"])
        for ends, count in links.items()
    }


def shown(links):
    return {
        (each["from_node"], each["to_node"]): (
            each["message_count"],
            each["sent"],
            each["received"],
        )
        for each in links
    }


def test_links_of_block_announcements(truth):
    found = ask(truth, "/api/network/topology")
    expected = directed(truth.facts.events("BlockAnnounced"), "announcer")
    assert shown(found["connections"]) == expected
    counts = [each["message_count"] for each in found["connections"]]
    assert counts == sorted(counts, reverse=True)
    assert {each["connection_type"] for each in found["connections"]} == {None}


def test_links_of_ticket_transfers(truth):
    found = ask(truth, "/api/network/topology")
    expected = directed(truth.facts.events("TicketTransferred"), "sender")
    assert shown(found["ticket_transfers"]) == expected


def test_block_transfers_by_node_with_distinct_slots(truth):
    found = ask(truth, "/api/network/topology")["block_transfers"]
    slots = defaultdict(list)
    for each in truth.facts.events("BlockTransferred"):
        slots[each["node"]].append(each["data"]["slot"])
    assert {
        each["node_id"]: (each["blocks_transferred"], each["unique_slots"]) for each in found
    } == {node: (len(some), len(set(some))) for node, some in slots.items()}


def test_totals_of_the_topology(truth):
    found = ask(truth, "/api/network/topology")
    stats, facts, counts = found["network_stats"], truth.facts, truth.facts.counts()
    variants = ("BlockAnnounced", "BlockTransferred", "TicketTransferred")
    active = {each["node"] for each in facts.events(*variants)}
    peers = {
        (each["node"], each["data"]["peer"])
        for each in facts.events("BlockAnnounced", "TicketTransferred")
    }
    assert stats == {
        "total_connections": len(directed(facts.events("BlockAnnounced"), "announcer")),
        "block_announcements_last_hour": counts[62],
        "block_transfers_last_hour": counts[68],
        "ticket_transfers_last_hour": counts[84],
        "average_peers_per_node": round(len(peers) / len(active), 2),
        "active_nodes": len(active),
    }


def test_times_are_within_the_window_by_the_servers_clock(truth):
    found = ask(truth, "/api/network/topology")
    window = found["window"]
    times = [each["last_seen"] for each in found["connections"] + found["ticket_transfers"]]
    times += [each["last_transfer"] for each in found["block_transfers"]]
    assert all(window["start"] <= each <= window["end"] for each in times)


# --- Validators and cores ----------------------------------------------------------------


def resolved(truth, variant):
    """By node and core: events of packages whose beginning and core the node has told of."""
    roots = ("WorkPackageSubmission", "WorkPackageBeingShared")
    known = {
        (each["node"], each["session"], each["event_id"]) for each in truth.facts.events(*roots)
    }
    cores, told = Counter(), {}
    for each in sorted(truth.facts.sent, key=lambda each: each["event_id"]):
        key = each["node"], each["session"], each["root"] and each["root"]["event_id"]
        if key not in known:
            continue
        if each["event"] in ("WorkPackageReceived", "DuplicateWorkPackage"):
            told.setdefault(key, each["data"]["core"])
        if each["event"] == variant and key in told:
            cores[each["node"], told[key]] += 1
    return cores


def primary(counted, node):
    """The core with the most, of equals the lowest."""
    some = [(-count, core) for (of, core), count in counted.items() if of == node]
    return min(some)[1] if some else None


def test_guarantees_by_node_and_core(truth):
    found = ask(truth, "/api/validators/cores")
    expected = resolved(truth, "GuaranteeBuilt")
    assert {
        (each["node_id"], each["core_index"]): each["guarantee_count"]
        for each in found["guarantee_activity"]
    } == expected
    assert {
        each["node_id"]: (each["primary_core"], each["guarantee_count"])
        for each in found["node_core_mapping"]
    } == {
        node: (
            primary(expected, node),
            sum(count for (of, _), count in expected.items() if of == node),
        )
        for node, _ in expected
    }
    assert {
        each["core_index"]: (each["active_validators"], each["total_guarantees"])
        for each in found["core_summary"]
    } == {
        core: (
            sum(of == core for _, of in expected),
            sum(count for (_, of), count in expected.items() if of == core),
        )
        for _, core in expected
    }


def tickets(truth):
    """By node and epoch: tickets, generations, failures."""
    found = defaultdict(lambda: [0, 0, 0])
    for variant in ("TicketsGenerated", "TicketGenerationFailed"):
        for each, root in rooted(truth, variant, "GeneratingTickets"):
            entry = found[each["node"], root["data"]["epoch"]]
            entry[0] += len(each["data"].get("ids", ()))
            entry[1] += 1
            entry[2] += variant == "TicketGenerationFailed"
    return found


def test_tickets_by_node_and_epoch(truth):
    found = ask(truth, "/api/validators/cores")["ticket_activity"]
    assert {
        (each["node_id"], int(each["epoch"])): [
            each["ticket_count"],
            each["generations"],
            each["failures"],
        ]
        for each in found
    } == tickets(truth)
    times = [each["last_generated"] for each in found]
    assert times == sorted(times, reverse=True)


# --- One node ----------------------------------------------------------------------------


def test_cores_guarantees_and_tickets_of_a_node(truth):
    received = resolved(truth, "WorkPackageReceived")
    guaranteed = resolved(truth, "GuaranteeBuilt")
    made = tickets(truth)
    for node in ids(truth):
        counts = truth.facts.counts(node)
        found = ask(truth, f"/api/nodes/{node}/status/enhanced")
        active = sorted((-count, core) for (of, core), count in received.items() if of == node)
        assert found["cores_active"] == [core for _, core in active]
        assert found["assigned_core"] == primary(received, node)
        guarantees = found["guarantee_activity"]
        assert guarantees["guarantees_built"] == counts[105]
        assert guarantees["guarantees_signed"] == counts[103]
        assert guarantees["primary_core"] == primary(guaranteed, node)
        activity = found["ticket_activity"]
        assert activity["tickets_generated"] == sum(
            some[0] for (of, _), some in made.items() if of == node
        )
        assert (activity["generations"], activity["generations_failed"]) == (
            counts[80],
            counts[81],
        )
        assert activity["tickets_sealed"] is None


def test_the_enhanced_status_contains_the_status(truth):
    for node in ids(truth):
        plain = truth.system.get(f"/api/nodes/{node}/status")
        found = ask(truth, f"/api/nodes/{node}/status/enhanced")
        for name, value in {**plain["node"], **plain}.items():
            assert name == "node" or found[name] == value, name


STATUS = ("num_peers", "num_val_peers", "num_sync_peers", "num_shards", "shards_size")
STATUS += ("num_preimages", "preimages_size")


def statuses(truth, node):
    """What a node's Status events say, in order of arrival, newest first.

    Two connections of a node may be read by two shards at once, so only the server knows which
    came last; that each came, once and in its connection's order, is the truth's.
    """
    count = sum(truth.facts.counts(node)[number] for number in range(10, 14))

    def all_committed():
        page = ask(truth, f"/api/nodes/{node}/timeline", categories="status", limit=1000)
        return page if page["event_count"] == count else None

    page = wait_for(all_committed, f"{count} events in a timeline")
    assert not page["has_more"]
    found = defaultdict(list)
    said = [each for each in page["events"] if each["event_type"] == 10]
    for each in reversed(said):
        found[each["session"]].append(told(each["data"]["Status"]))
    expected = defaultdict(list)
    for each in truth.facts.events("Status"):
        if each["node"] == node:
            expected[each["session"]].append(told(each["data"]))
    assert sorted(found.values()) == sorted(expected.values())
    return [each["data"]["Status"] for each in said]


def told(fields):
    return [fields[name] for name in STATUS]


def test_peers_of_a_node(truth):
    for node in ids(truth):
        found = ask(truth, f"/api/nodes/{node}/peers")
        said = statuses(truth, node)
        last = said[0]
        assert found["total_peers"] == last["num_peers"]
        assert found["validator_peers"] == last["num_val_peers"]
        assert found["non_validator_peers"] == last["num_peers"] - last["num_val_peers"]
        assert found["sync_peers"] == last["num_sync_peers"]
        opened = truth.facts.events("BlockAnnouncementStreamOpened")
        assert found["block_announcement_peers"] == len(
            {each["data"]["peer"] for each in opened if each["node"] == node}
        )
        counts = truth.facts.counts(node)
        assert found["connections"] == {
            name: counts[number] for name, number in CONNECTION_KINDS.items()
        }
        names = ("num_peers", "num_val_peers", "num_sync_peers")
        history = [
            [each["total_peers"], each["validator_peers"], each["sync_peers"]]
            for each in found["history"]
        ]
        assert history == [[each[name] for name in names] for each in said[:100]]


def test_timeline_of_a_node_by_category(truth):
    node = ids(truth)[0]
    expected = Counter()
    for number, count in truth.facts.counts(node).items():
        expected[category_of(number)] += count
    for category in CATEGORIES:
        found = ask(truth, f"/api/nodes/{node}/timeline", categories=category, limit=1000)
        counted = {each["category"]: each["count"] for each in found["category_counts"]}
        assert counted == expected
        assert found["event_count"] == len(found["events"]) == min(1000, expected[category])
        assert {each["category"] for each in found["events"]} <= {category}
        times = [each["created_at"] for each in found["events"]]
        assert times == sorted(times, reverse=True)
        assert found["time_range"]["end"] == (times[0] if times else None)
        assert found["time_range"]["start"] == (times[-1] if times else None)


def test_pages_of_a_timeline_contain_all_events(truth):
    node = ids(truth)[1]
    path, wanted = f"/api/nodes/{node}/timeline", {"categories": "shard,other", "limit": 50}
    page = ask(truth, path, **wanted)
    found = page["events"]
    while page["has_more"]:
        page = ask(truth, path, cursor=page["next_cursor"], **wanted)
        found += page["events"]
    assert Counter(each["event_type"] for each in found) == {
        number: count
        for number, count in truth.facts.counts(node).items()
        if category_of(number) in ("shard", "other")
    }


# --- Data availability -------------------------------------------------------------------

STORED = ("num_shards", "shards_size", "num_preimages", "preimages_size")


def stored(truth):
    return {node: statuses(truth, node)[0] for node in ids(truth)}


def test_stored_shards_and_preimages_by_node(truth):
    found = ask(truth, "/api/da/stats")
    last = stored(truth)
    names = ("num_shards", "shard_size_bytes", "num_preimages", "preimages_size_bytes")
    assert {each["node_id"]: [each[name] for name in names] for each in found["by_node"]} == {
        node: [said[name] for name in STORED] for node, said in last.items()
    }
    assert all(
        each["preimage_size_bytes"] == each["preimages_size_bytes"] for each in found["by_node"]
    )
    totals = [sum(said[name] for said in last.values()) for name in STORED]
    assert found["aggregate"] == {
        "total_shards": totals[0],
        "total_shard_size_bytes": totals[1],
        "total_preimages": totals[2],
        "total_preimages_size_bytes": totals[3],
        "average_shards_per_node": round(totals[0] / len(last), 3),
        "node_count": len(last),
    }
    counts = truth.facts.counts()
    assert found["preimage_activity"] == {
        "announced": counts[191],
        "forgotten": counts[192],
        "transferred": counts[198],
        "discarded": counts[199],
    }


SIDES = {"ask": "SendingShardRequest", "serve": "ReceivingShardRequest"}


def requests(truth):
    """By side, node and outcome: durations by the node's clock of requests for shards."""
    found = defaultdict(list)
    for side, began in SIDES.items():
        for outcome in ("ShardsTransferred", "ShardRequestFailed"):
            for each, _ in rooted(truth, outcome, began):
                found[side, each["node"], outcome].append(each["root"]["after_us"])
    return found


def rate(done, failed):
    return round(done / (done + failed), 4) if done + failed else None


@pytest.mark.parametrize(
    ("side", "done", "failed", "success", "latency"),
    [
        *[("serve", "read_ops_last_hour", "reads_failed", "transfer_success_rate", "read")],
        *[("ask", "write_ops_last_hour", "writes_failed", "fetch_success_rate", "write")],
    ],
)
def test_outcomes_and_latencies_of_requests_for_shards(truth, side, done, failed, success, latency):
    ended = requests(truth)
    for each in ask(truth, "/api/da/stats/enhanced")["by_node"]:
        node = each["node_id"]
        taken = ended[side, node, "ShardsTransferred"]
        lost = ended[side, node, "ShardRequestFailed"]
        assert (each[done], each[failed]) == (len(taken), len(lost))
        assert each[success] == rate(len(taken), len(lost))
        mean = each[f"avg_{latency}_latency_ms"]
        # Of a histogram: each duration is at most a bin's half width off.
        off = 2 ** (0.5 / log_histogram.PER_OCTAVE)
        exact = sum(taken) / len(taken) / 1000
        assert exact / off - 0.001 <= mean <= exact * off + 0.001


def test_shards_and_preimages_in_the_enhanced_statistics(truth):
    found = ask(truth, "/api/da/stats/enhanced")
    last = stored(truth)
    assert {each["node_id"] for each in found["by_node"]} == set(last)
    for each in found["by_node"]:
        said, counts = last[each["node_id"]], truth.facts.counts(each["node_id"])
        assert each["num_shards"] == said["num_shards"]
        assert each["shard_size_bytes"] == said["shards_size"]
        assert each["preimages_in_pool"] == said["num_preimages"]
        assert each["preimages_announced"] == counts[191]
        assert (each["requests_sent"], each["requests_received"]) == (counts[120], counts[121])
        assert each["bytes_written"] is each["bytes_transferred"] is None
    totals = [sum(said[name] for said in last.values()) for name in STORED]
    assert found["aggregate"] == {
        "total_shards": totals[0],
        "total_shard_size_bytes": totals[1],
        "total_preimages": totals[2],
        "total_preimage_size_bytes": totals[3],
        "average_shards_per_node": round(totals[0] / len(last), 3),
        "average_shard_size_per_node": round(totals[1] / len(last), 3),
        "nodes_reporting": len(last),
    }


def test_availability_rate_and_health_of_nodes(truth):
    found = ask(truth, "/api/da/stats/enhanced")
    ended = requests(truth)

    def total(side, outcome):
        return sum(
            len(some) for (of, _, how), some in ended.items() if (of, how) == (side, outcome)
        )

    done, failed = total("ask", "ShardsTransferred"), total("ask", "ShardRequestFailed")
    assert found["availability_rate"] == rate(done, failed)
    for each in found["node_health"]:
        node = each["node_id"]
        served = len(ended["serve", node, "ShardsTransferred"])
        lost = len(ended["serve", node, "ShardRequestFailed"])
        share = rate(served, lost)
        word = "healthy" if share >= 0.9 else "degraded" if share >= 0.5 else "unhealthy"
        assert each["status"] == word
        assert each["shards_stored"] == stored(truth)[node]["num_shards"]
        assert each["storage_used_pct"] is None
        reasons = Counter(
            fact["data"]["reason"]
            for fact in truth.facts.events("ShardRequestFailed")
            if fact["node"] == node
        )
        said = each["issues"][1 if lost else 0 :]
        assert not lost or each["issues"][0] == f"{lost} of the requests for its shards failed"
        counted = [text.split(": ", 1) for text in said]
        assert [int(count) for count, _ in counted] == [n for _, n in reasons.most_common(3)]
        assert all(reasons[reason] == int(count) for count, reason in counted)


def test_requests_by_shard_index(truth):
    found = ask(truth, "/api/da/stats/enhanced")["shard_distribution"]
    sent, received, nodes = Counter(), Counter(), defaultdict(set)
    for each in truth.facts.events("SendingShardRequest"):
        sent[each["data"]["shard"]] += 1
        nodes[each["data"]["shard"]].add(each["node"])
    for each in truth.facts.events("ShardRequestReceived"):
        received[each["data"]["shard"]] += 1
    assert [
        [each[name] for name in ("shard_index", "requests_sent", "requests_received", "nodes")]
        for each in found
    ] == [[i, sent[i], received[i], len(nodes[i])] for i in sorted(sent.keys() | received.keys())]
    assert all(each["count"] == each["requests_sent"] + each["requests_received"] for each in found)


def test_preimages_requested_and_received(truth):
    found = ask(truth, "/api/da/stats/enhanced")["preimage_activity"]
    counts = truth.facts.counts()
    got = list(rooted(truth, "PreimageTransferred", "SendingPreimageRequest"))
    assert found == {
        "announced_last_hour": counts[191],
        "requested_last_hour": counts[193],
        "received_last_hour": len(got),
    }


def newest(truth, path, name, *types, count):
    """A route's newest, and what the list of events says of them, once all are committed."""
    wanted = {"event_types": ",".join(map(str, types)), "limit": count}

    def both():
        found = ask(truth, path)[name]
        events = truth.system.get("/api/events/search", **wanted)["events"]
        same = [each["id"] for each in found] == [each["id"] for each in events]
        return (found, events) if same else None

    found, events = wait_for(both, f"the same newest events in {path}")
    assert len(found) == count
    return zip(found, events, strict=True)


def test_newest_operations_on_shards(truth):
    path = "/api/da/stats/enhanced"
    for each, event in newest(truth, path, "recent_operations", 122, 125, count=20):
        inner = next(iter(event["data"].values()))
        assert each["node_id"] == event["node_id"]
        assert each["reason"] == inner.get("reason")
        assert each["operation"] == ("transferred" if event["event_type"] == 125 else "failed")


# --- Execution ---------------------------------------------------------------------------


def total(costs):
    return [
        len(costs),
        sum(each["total"]["gas_used"] for each in costs),
        sum(each["total"]["elapsed_ns"] for each in costs),
    ]


def test_authorization(truth):
    found = ask(truth, "/api/metrics/execution")["authorization"]
    count, gas, time = total([each["data"]["cost"] for each in truth.facts.events("Authorized")])
    assert found == {
        "total_authorized": count,
        "total_gas_used": gas,
        "average_gas": gas / count,
        "average_time_ns": time / count,
    }


def test_refinement(truth):
    found = ask(truth, "/api/metrics/execution")["refinement"]
    events = truth.facts.events("Refined")
    count, gas, time = total([cost for each in events for cost in each["data"]["costs"]])
    assert found == {
        "total_refined": count,
        "total_gas_used": gas,
        "average_gas_per_wp": gas / len(events),
        "average_time_ns": time / count,
        "packages_refined": len(events),
    }


def accumulated(truth):
    """By block and service: gas, and each node's time; of blocks whose hash the node told."""
    hashes = {}
    for each in truth.facts.events("Importing"):
        hashes[each["node"], each["session"], each["event_id"]] = each["about"]["block"]
    authored = set(rooted_keys(truth, "Authored", "Authoring"))
    found = defaultdict(list)
    for each, root in rooted(truth, "BlockExecuted", "Importing", "Authoring"):
        key = root["node"], root["session"], root["event_id"]
        if key in hashes or key in authored:
            for service, cost in each["data"]["accumulate_costs"]:
                found[each["about"]["block"], service].append(cost["total"])
    return found


def rooted_keys(truth, variant, after):
    for _, root in rooted(truth, variant, after):
        yield root["node"], root["session"], root["event_id"]


def test_accumulation_counts_a_block_once(truth):
    found = ask(truth, "/api/metrics/execution")["accumulation"]
    costs = accumulated(truth)
    gas = sum(some[0]["gas_used"] for some in costs.values())
    times = [each["elapsed_ns"] for some in costs.values() for each in some]
    assert found == {
        "total_accumulated": len(costs),
        "total_gas_used": gas,
        "average_gas": gas / len(costs),
        "average_time_ns": sum(times) / len(times),
        "reports": len(times),
    }


def test_execution_by_service(truth):
    found = ask(truth, "/api/metrics/execution")["by_service"]
    blocks = defaultdict(list)
    for (_, service), some in accumulated(truth).items():
        blocks[service].append(some)
    shown = {each["service_id"]: each for each in found}
    for service, every in blocks.items():
        times = [each["elapsed_ns"] for some in every for each in some]
        assert shown[service]["accumulations"] == len(every)
        assert shown[service]["accumulate_gas_used"] == sum(some[0]["gas_used"] for some in every)
        assert shown[service]["accumulate_average_time_ns"] == sum(times) / len(times)
    refined = refined_by_service(truth)
    assert {
        service: [
            each[f"{name}"] for name in ("items_refined", "refine_gas_used", "refine_time_ns")
        ]
        for service, each in shown.items()
        if each["items_refined"]
    } == {service: total(costs) for service, costs in refined.items()}


def refined_by_service(truth):
    """Costs by the service of their item; of packages the node has not told of, of none."""
    items = {
        (each["node"], each["session"], root["event_id"]): [
            item["service_id"] for item in each["data"]["outline"]["work_items"]
        ]
        for each, root in rooted(
            truth, "WorkPackageReceived", "WorkPackageSubmission", "WorkPackageBeingShared"
        )
    }
    found = defaultdict(list)
    for each in truth.facts.events("Refined"):
        services = items.get((each["node"], each["session"], each["root"]["event_id"]), [])
        for at, cost in enumerate(each["data"]["costs"]):
            found[services[at] if at < len(services) else None].append(cost)
    return found


def test_newest_executions(truth):
    path = "/api/metrics/execution"
    for each, event in newest(truth, path, "recent", 95, 101, 47, count=100):
        inner = next(iter(event["data"].values()))
        costs = {
            95: lambda inner: [inner["cost"]],
            101: lambda inner: inner["costs"],
            47: lambda inner: [cost for _, cost in inner["accumulate_costs"]],
        }[event["event_type"]](inner)
        _, gas, time = total(costs)
        assert (each["gas_used"], each["elapsed_ns"]) == (str(gas), str(time))
        assert (each["node_id"], each["timestamp"]) == (event["node_id"], event["timestamp"])


# --- All nodes as columns ----------------------------------------------------------------


def column(found, name):
    return dict(zip(found["nodes"]["node_id"], found["nodes"][name], strict=True))


def test_the_table_of_nodes_has_what_each_node_did(truth):
    found = ask(truth, "/api/nodes/summary")
    facts = truth.facts
    assert found["nodes"]["node_id"] == sorted(ids(truth))
    counts = {node: facts.counts(node) for node in ids(truth)}
    assert column(found, "events") == {node: count.total() for node, count in counts.items()}
    assert {node: sum(some) for node, some in column(found, "series").items()} == column(
        found, "events"
    )
    assert column(found, "dropped_messages") == {node: count[0] for node, count in counts.items()}
    dropped = {node: 0 for node in ids(truth)}
    for fact in facts.of("closed"):
        dropped[fact["node"]] += fact["dropped"]
    assert column(found, "dropped") == dropped
    peers = {node: statuses(truth, node)[0] for node in ids(truth)}
    assert column(found, "peers") == {node: said["num_peers"] for node, said in peers.items()}
    assert column(found, "validator_peers") == {
        node: said["num_val_peers"] for node, said in peers.items()
    }
    versions = found["implementations"]
    assert {node: versions[at]["name"] for node, at in column(found, "implementation").items()} == {
        each["node"]: each["name"] for each in facts.of("node")
    }


def test_the_table_of_nodes_agrees_with_the_routes_of_single_nodes(truth):
    found = ask(truth, "/api/nodes/summary")
    for node in ids(truth):
        known = truth.system.get(f"/api/nodes/{node}")
        assert column(found, "best_slot")[node] == known["best"]["slot"]
        assert column(found, "last_seen_at")[node] == known["last_seen_at"]
        assert column(found, "undecodable")[node] == known["undecodable"]
        conformance = ask(truth, f"/api/nodes/{node}/conformance")
        severities = Counter(each["severity"] for each in conformance["findings"])
        assert column(found, "errors")[node] == severities["error"]
        assert column(found, "warnings")[node] == severities["warning"]
        assert column(found, "infos")[node] == severities["info"]
    # Nobody is connected any more.
    assert (found["connected"], found["levels"]["well"]) == (0, 0)
    assert set(found["nodes"]["state"]) <= {"disconnected", "gone"}


def test_failures_of_each_node_are_those_of_the_failure_rates(truth):
    found = ask(truth, "/api/nodes/summary")
    rates = ask(truth, "/api/analytics/failure-rates")
    assert sum(column(found, "failures").values()) == sum(
        each["count"] for each in rates["by_reason"]
    )


# --- Links as columns --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "variant", "side"),
    [
        ("announcements", "BlockAnnounced", "announcer"),
        ("tickets", "TicketTransferred", "sender"),
        ("streams", "BlockAnnouncementStreamOpened", "opener"),
    ],
)
def test_links_as_columns_are_what_was_sent(truth, kind, variant, side):
    found = ask(truth, "/api/network/links", kind=kind)
    expected = directed(truth.facts.events(variant), side)
    names, links = found["nodes"]["node_id"], found["links"]
    assert {
        (names[source], names[target]): count
        for source, target, count in zip(
            links["source"], links["target"], links["messages"], strict=True
        )
    } == {ends: counts[0] for ends, counts in expected.items()}
    assert (found["total_links"], found["complete"]) == (len(expected), True)
    node = ids(truth)[0]
    own = ask(truth, "/api/network/links", kind=kind, node_id=node)
    assert own["total_links"] == sum(node in ends for ends in expected)


# --- Durations of a node's steps ---------------------------------------------------------


def imports(truth):
    """Durations of the imports of each node, microseconds."""
    found = defaultdict(list)
    for each, _ in rooted(truth, "BlockExecuted", "Importing"):
        found[each["node"]].append(each["root"]["after_us"])
    return found


def near(shown_ms, exact_us):
    """Whether a figure of a histogram is at most half a bin off."""
    off = 2 ** (0.5 / log_histogram.PER_OCTAVE)
    return exact_us / off / 1000 - 0.001 <= shown_ms <= exact_us * off / 1000 + 0.001


def test_imports_of_a_node_against_those_of_all_nodes(truth):
    durations = imports(truth)
    every = [value for some in durations.values() for value in some]
    for node in ids(truth):
        found = ask(truth, f"/api/nodes/{node}/latencies")
        steps = {each["step"]: each for each in found["steps"]}
        step = steps["Importing_to_BlockExecuted"]
        own = sorted(durations[node])
        assert (step["node"]["count"], step["network"]["count"]) == (len(own), len(every))
        assert near(step["node"]["p50_ms"], own[(len(own) - 1) // 2])
        assert sum(step["series"]["count"]) == len(own)
        assert sum(step["band"]["count"]) == len(every)


def test_the_slowest_imports_of_a_node_are_those_that_took_longest(truth):
    durations = imports(truth)
    for node in ids(truth):
        path = f"/api/nodes/{node}/latencies/slowest"
        found = ask(truth, path, step="Importing_to_BlockExecuted", limit=5)
        longest = sorted(durations[node], reverse=True)[:5]
        assert [each["duration_ms"] for each in found["examples"]] == [
            round(value / 1000, 3) for value in longest
        ]
    example = found["examples"][0]
    last, first = (truth.system.get(f"/api/events/{example[name]}") for name in ("id", "from_id"))
    assert (last["event_type"], first["event_type"]) == (47, 43)
    ((_, begun),), ((_, ended),) = first["data"].items(), last["data"].items()
    assert ended["timestamp"] - begun["timestamp"] == round(example["duration_ms"] * 1000)


# --- Implementations ---------------------------------------------------------------------


def test_figures_of_implementations_are_those_of_their_nodes(truth):
    found = ask(truth, "/api/implementations")
    members = defaultdict(list)
    for each in truth.facts.of("node"):
        members[each["name"]].append(each["node"])
    durations = imports(truth)
    assert {each["name"]: each["nodes"] for each in found["implementations"]} == {
        name: len(nodes) for name, nodes in members.items()
    }
    for each in found["implementations"]:
        nodes = members[each["name"]]
        assert each["events"] == sum(truth.facts.counts(node).total() for node in nodes)
        taken = sorted(value for node in nodes for value in durations[node])
        assert each["imports"] == len(taken)
        assert near(each["import_p50_ms"], taken[(len(taken) - 1) // 2])
        assert (each["changed"], each["connected"]) == (0, 0)
        # Everything was told within one hour, or across the end of one.
        assert max(each["series"]) == len(nodes)
    assert max(found["buckets"]["total"]) == len(ids(truth))


def test_implementations_are_compared_by_the_durations_of_their_nodes(truth):
    members = defaultdict(list)
    for each in truth.facts.of("node"):
        members[each["name"]].append(each["node"])
    durations = imports(truth)
    found = ask(truth, "/api/implementations/compare", step="Importing_to_BlockExecuted")
    assert {each["group"] for each in found["groups"]} == set(members)
    for each in found["groups"]:
        # Nodes with fewer than ten durations are left out.
        of_nodes = [durations[node] for node in members[each["name"]] if durations[node]]
        some = [values for values in of_nodes if len(values) >= 10]
        assert (each["nodes"], each["nodes_left_out"]) == (len(some), len(of_nodes) - len(some))
        assert each["events"] == sum(map(len, some))
        taken = sorted(value for values in some for value in values)
        if taken:
            assert near(each["p50_ms"], taken[(len(taken) - 1) // 2])
    names = sorted(members)
    assert {(each["a"], each["b"]) for each in found["differences"]} == {
        (one, other) for place, one in enumerate(names) for other in names[place + 1 :]
    }
    assert not any(each["significant"] for each in found["differences"])


def test_the_summary_has_the_figures_of_every_node(truth):
    found = truth.system.get("/api/summary")
    assert sorted(found["added"]) == sorted(ids(truth))
    columns = found["nodes"]
    shown = {
        node: (events, dropped)
        for node, events, dropped in zip(
            found["added"], columns["event_count"], columns["dropped_count"], strict=True
        )
    }
    sent = Counter(each["node"] for each in truth.facts.sent)
    dropped = Counter()
    for each in truth.facts.events("Dropped"):
        dropped[each["node"]] += each["data"]["num"]
    assert shown == {node: (sent[node], dropped[node]) for node in ids(truth)}
    assert found["events_total"] == sum(sent.values())
    nodes = {each["node_id"]: each for each in truth.system.get("/api/nodes")["nodes"]}
    for position, node in enumerate(found["added"]):
        best, finalized = nodes[node]["best"], nodes[node]["finalized"]
        assert columns["best_slot"][position] == (best and best["slot"])
        assert columns["finalized_slot"][position] == (finalized and finalized["slot"])
        assert columns["synced"][position] == nodes[node]["synced"]
        assert columns["undecodable"][position] == nodes[node]["undecodable"]
    # Nobody is connected any more, so nobody says what the chain has reached.
    assert (found["nodes_connected"], found["best_block"]) == (0, None)
    assert found["nodes_known"] == len(nodes)
