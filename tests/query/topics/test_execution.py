"""``tart/query/topics/execution.py``: gas per block and per guarantor."""

from tart.protocol.events import EventKind
from tart.query.topics.execution import execution

NOW = "2026-11-20T12:00:00.000000Z"


def cost(**keys):
    return {"count": 2, "gas": 10, "elapsed_ns": 6, **keys}


def block(service, gas=5, nodes=3, **keys):
    return {"service": service, "gas": gas, "nodes": nodes, "elapsed_ns": 12, **keys}


def test_means_without_executions_are_null():
    found = execution([], [], [], {}, [])
    means = [
        found["refinement"]["average_gas_per_wp"],
        found["refinement"]["average_time_ns"],
        found["authorization"]["average_gas"],
        found["accumulation"]["average_time_ns"],
    ]
    assert means == [None] * 4
    assert found["accumulation"]["total_gas_used"] == 0


def test_means_divide_by_packages_items_and_authorizations():
    found = execution([cost(service=1), cost(service=2)], [cost()], [], {EventKind.REFINED: 5}, [])
    assert found["refinement"]["average_gas_per_wp"] == 4
    assert found["refinement"]["average_time_ns"] == 3
    assert found["authorization"]["average_gas"] == 5


def test_gas_counts_once_per_block_and_time_once_per_node():
    found = execution([], [], [block(1), block(1, 7, 1), block(2)], {}, [])
    assert found["accumulation"] == {
        "total_accumulated": 3,
        "total_gas_used": 17,
        "average_gas": 17 / 3,
        "average_time_ns": 36 / 7,
        "reports": 7,
    }
    assert [each["service_id"] for each in found["by_service"]] == [1, 2]


def test_an_unknown_service_is_listed_as_null():
    found = execution([cost(service=None, gas=99)], [], [block(4)], {}, [])
    assert [each["service_id"] for each in found["by_service"]] == [None, 4]


def test_costs_of_recent_events_are_text():
    def event(number, **data):
        names = {"id": number, "timestamp": NOW, "node_id": "aa" * 32, "event_type": number}
        return {**names, "data": {"Any": {"timestamp": 1, **data}}}

    large = {"total": {"gas_used": (1 << 64) - 1, "elapsed_ns": 2}}
    events = [
        event(EventKind.AUTHORIZED, cost=large),
        event(EventKind.REFINED, costs=[large, large]),
        event(EventKind.BLOCK_EXECUTED, accumulate_costs=[[7, large]]),
    ]
    found = execution([], [], [], {}, events)["recent"]
    assert [each["gas_used"] for each in found] == [
        str((1 << 64) - 1),
        str((1 << 65) - 2),
        str((1 << 64) - 1),
    ]
    assert [each["elapsed_ns"] for each in found] == ["2", "4", "2"]
