"""``tart/query/packages/cores.py``: figures of cores that cannot be seen in a whole network."""

from __future__ import annotations

from fractions import Fraction

from tart.protocol.events import EventKind
from tart.query.packages import cores
from tart.query.shard_queries.packages import COUNT_COLUMNS, PackageSet
from tests.query.shard_queries.test_packages import answer, merged, row

NOTHING = PackageSet((), Fraction(1), {})


def tally(node="a", **counts):
    zero = dict.fromkeys(COUNT_COLUMNS, 0) | {
        "last_slot": None,
        "last_guaranteed": None,
        "cores": {},
    }
    return zero | {"node": node, "core": 0} | counts


def node(count, *, connected=True):
    return {"is_connected": connected, "node_info": {"params": {"core_count": count}}}


def test_the_core_count_is_that_of_most_connected_nodes():
    assert cores.core_count([node(2), node(2), node(9), node(9, connected=False)]) == 2
    assert cores.core_count([node(3, connected=False)]) == 3
    assert cores.core_count([]) is None


def test_an_idle_core_has_zeros_for_counts_and_null_for_unknown_values():
    body = cores.status(NOTHING, [], [], {}, 1)
    (core,) = body["cores"]
    assert (core["status"], core["gas_used"], core["utilization_pct"]) == ("idle", 0, None)
    assert body["summary"] == {"total_cores": 1, "active_cores": 0, "idle_cores": 1}


def test_slots_since_active_are_counted_from_the_best_block():
    packages = merged(answer(row(1, "received", "guaranteed", guarantee_slot=5)))
    body = cores.status(packages, [tally(last_slot=5)], [4, 5], {"a": (9, None)}, None)
    (core,) = body["cores"]
    assert (core["active_blocks"], core["window_blocks"], core["utilization_pct"]) == (1, 2, 50.0)
    assert (core["last_active_slot"], core["slots_since_active"]) == (5, 4)


def test_current_guarantees_come_from_a_third_of_the_fresh_pools():
    minute = 60_000_000
    told = [
        {"node": "a", "seen_at": 2 * minute, "num_guarantees": "0003"},
        {"node": "b", "seen_at": 2 * minute, "num_guarantees": "0002"},
        {"node": "c", "seen_at": 2 * minute, "num_guarantees": None},
        {"node": "old", "seen_at": 0, "num_guarantees": "00ff"},
    ]
    body = cores.guarantees(1, told, [], [])
    assert body["current_guarantees"] == 3
    assert [each["node_id"] for each in body["by_node"]] == ["a", "b", "old"]
    assert cores.guarantees(7, told, [], [])["current_guarantees"] is None


def test_metrics_of_a_core_without_packages_are_null():
    body = cores.metrics(0, NOTHING, NOTHING, [], {"p95_ms": None, "sample_count": 0}, None)
    for name in ("processing_efficiency_pct", "gas_utilization_pct", "throughput_per_second"):
        assert body[name] is None


def test_bottlenecks_list_slow_and_failing_guarantors():
    rows = [
        tally("slow" * 16, rows=4, processed=2, processing_us=8_000),
        tally("quick", rows=4, processed=2, processing_us=2_000),
        tally("fails", rows=5, duplicates=1, failed=1, processed=2, processing_us=2_000),
    ]
    body = cores.bottlenecks(0, rows)
    assert [each["node_id"] for each in body["slow_validators"]] == ["slow" * 16, "fails"]
    assert [each["type"] for each in body["bottleneck_messages"]] == [
        "slow_validator",
        "high_failure_rate",
    ]
    assert body["slow_validators"][1]["failure_rate"] == 0.25
    assert body["stats"]["failure_rate"] == round(1 / 12, 4)
    assert cores.bottlenecks(0, [])["stats"]["failure_rate"] is None


def test_a_superseded_attempt_is_not_a_failure():
    failed = [{"node": "a", "hash": each} for each in ("x", "y")] + [{"node": "b", "hash": "y"}]
    late = cores.count_superseded(failed, [{"hash": "y"}])
    assert late == {"a": 1, "b": 1}
    rows = [
        tally(node, rows=4, duplicates=0, failed=failed, processed=2, processing_us=2_000)
        for node, failed in (("a", 2), ("b", 1))
    ]
    body = cores.bottlenecks(0, rows, late)
    (slow,) = body["slow_validators"]
    assert (slow["node_id"], slow["failure_count"], slow["superseded"]) == ("a", 1, 1)
    assert slow["failure_rate"] == 0.25
    assert [each["node_id"] for each in body["bottleneck_messages"]] == ["a"]
    stats = body["stats"]
    assert (stats["total_failures"], body["superseded"]) == (1, 2)
    assert stats["failure_rate"] == round(1 / 8, 4)


def test_only_answered_segment_requests_are_transfers():
    def event(number, event_id, **fields):
        data = {"Variant": {"timestamp": 0, **fields}}
        return {"node_id": "a", "session": 1, "event_id": event_id, "timestamp": "", "data": data}

    asked = [
        event(173, 4, prev_guarantor="0x01", segments=[1]),
        event(173, 5, prev_guarantor="0x02", segments=[2]),
    ]
    body = cores.import_sharing(asked, [event(178, 9, request_id=5)])
    assert [each["peer_id"] for each in body["transfers"]] == ["0x02"]
    assert (len(body["sent"]), len(body["received"])) == (2, 1)


def test_guarantors_of_a_core_have_their_shares_of_requests_that_succeeded():
    counts = [
        tally("a", guaranteed=1, signed=3, last_at=0, bundle_bytes=10),
        tally("b", guaranteed=2, signed=0, last_at=0, bundle_bytes=20),
    ]
    requests = [
        {"node": "a", "parent": EventKind.RECEIVING_SHARD_REQUEST, "type": kind, "count": count}
        for kind, count in (
            (EventKind.SHARDS_TRANSFERRED, 3),
            (EventKind.SHARD_REQUEST_FAILED, 1),
        )
    ]
    packages = merged(answer(row(1, "received", "guaranteed"), row(2, "received")))
    body = cores.guarantors(1, packages, counts, requests, [{"node": "a", "num_shards": 8}])
    first, second = body["guarantors"]
    assert (first["node_id"], first["guarantee_count"], first["shards_stored"]) == ("b", 2, None)
    assert (first["shards_served"], first["export_efficiency"]) == (0, None)
    assert (second["shards_served"], second["shards_stored"]) == (3, 8)
    assert (second["export_efficiency"], second["import_efficiency"]) == (0.75, None)
    assert body["active_guarantor_count"] == 2


def test_validators_of_a_core_are_active_until_two_minutes_before_the_end():
    end = 10 * cores.ACTIVE_US
    counts = [
        tally("a", guaranteed=1, signed=0, last_at=end - cores.ACTIVE_US),
        tally("b", guaranteed=0, signed=2, last_at=end - cores.ACTIVE_US - 1),
    ]
    nodes = [{"node_id": "a", "implementation_name": "jam", "implementation_version": None}]
    body = cores.validators(3, counts, nodes, [{"node": "b", "best": 7}], end)
    assert [
        (each["node_id"], each["is_active"], each["latest_slot"], each["implementation_name"])
        for each in body["validators"]
    ] == [("a", True, None, "jam"), ("b", False, 7, "unknown")]
    assert body["validator_count"] == 2
