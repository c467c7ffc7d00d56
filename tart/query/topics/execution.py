"""Gas and time of authorization, refinement and accumulation.

Pure: rows of the aggregates in, the answer out. Every guarantor executes a package, so the
guarantors' reports add up to what was executed. The accumulation of a block is the same on every
node, so its gas counts once; only the time is each node's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tart.protocol.events import EventKind
from tart.query.answers import execution as answers
from tart.query.core.merge import Json

RECENT_KINDS = (EventKind.AUTHORIZED, EventKind.REFINED, EventKind.BLOCK_EXECUTED)


def execution(
    refinements: Iterable[Json],
    authorizations: Iterable[Json],
    executions: Iterable[Json],
    counts: Mapping[int, int],
    recent: Iterable[Json],
) -> answers.Execution:
    """Return the answer of ``/api/metrics/execution``.

    Args:
        refinements: Service, count, gas, elapsed_ns by service; a count is of work items.
        authorizations: Count, gas, elapsed_ns.
        executions: Hash, service, nodes, gas, elapsed_ns of each block and service.
        counts: Number of events by type.
        recent: The newest events of ``RECENT_KINDS``.
    """
    items, authorized, accumulated = _CostSum(), _CostSum(), _AccumulationSum()
    items_by_service: defaultdict[int | None, _CostSum] = defaultdict(_CostSum)
    accumulated_by_service: defaultdict[int | None, _AccumulationSum] = defaultdict(
        _AccumulationSum
    )
    for row in refinements:
        items.add(row)
        items_by_service[row["service"]].add(row)
    for row in authorizations:
        authorized.add(row)
    for row in executions:
        accumulated.add(row)
        accumulated_by_service[row["service"]].add(row)
    packages = counts.get(EventKind.REFINED, 0)
    return {
        "refinement": {
            "total_refined": items.count,
            "total_gas_used": items.gas,
            "average_gas_per_wp": _mean(items.gas, packages),
            "average_time_ns": _mean(items.elapsed_ns, items.count),
            "packages_refined": packages,
        },
        "authorization": {
            "total_authorized": authorized.count,
            "total_gas_used": authorized.gas,
            "average_gas": _mean(authorized.gas, authorized.count),
            "average_time_ns": _mean(authorized.elapsed_ns, authorized.count),
        },
        "accumulation": {
            "total_accumulated": accumulated.count,
            "total_gas_used": accumulated.gas,
            "average_gas": _mean(accumulated.gas, accumulated.count),
            "average_time_ns": _mean(accumulated.elapsed_ns, accumulated.nodes),
            "reports": accumulated.nodes,
        },
        "by_service": _by_service(items_by_service, accumulated_by_service),
        "recent": [_recent(event) for event in recent],
    }


@dataclass
class _CostSum:
    """Costs of executions, added up."""

    count: int = 0
    gas: int = 0
    elapsed_ns: int = 0

    def add(self, row: Json) -> None:
        self.count += row["count"]
        self.gas += row["gas"]
        self.elapsed_ns += row["elapsed_ns"]


@dataclass
class _AccumulationSum:
    """Costs of accumulations, added up; a service in a block counts once over all nodes."""

    count: int = 0
    gas: int = 0
    elapsed_ns: int = 0
    nodes: int = 0

    def add(self, row: Json) -> None:
        self.count += 1
        self.gas += row["gas"]
        self.elapsed_ns += row["elapsed_ns"]
        self.nodes += row["nodes"]


def _by_service(
    items: Mapping[int | None, _CostSum], accumulated: Mapping[int | None, _AccumulationSum]
) -> list[answers.ServiceExecution]:
    """Return the costs by service, most gas first; ``None`` is the service of unknown items."""

    def order(service: int | None) -> tuple[int, int]:
        gas = sum(costs[service].gas for costs in (items, accumulated) if service in costs)
        return -gas, -1 if service is None else service

    return [
        _service(
            service,
            items.get(service) or _CostSum(),
            accumulated.get(service) or _AccumulationSum(),
        )
        for service in sorted(items.keys() | accumulated.keys(), key=order)
    ]


def _service(
    service: int | None, items: _CostSum, accumulated: _AccumulationSum
) -> answers.ServiceExecution:
    return {
        "service_id": service,
        "items_refined": items.count,
        "refine_gas_used": items.gas,
        "refine_time_ns": items.elapsed_ns,
        "accumulations": accumulated.count,
        "accumulate_gas_used": accumulated.gas,
        "accumulate_average_time_ns": _mean(accumulated.elapsed_ns, accumulated.nodes),
    }


def _recent(event: Json) -> answers.ExecutionEvent:
    fields: Any = next(iter(event["data"].values()))
    costs = [cost["total"] for cost in _costs(event["event_type"], fields)]
    return {
        "timestamp": event["timestamp"],
        "event_type": event["event_type"],
        "node_id": event["node_id"],
        # Text as in jamtart: the sums may exceed what JSON numbers represent exactly.
        "gas_used": str(sum(cost["gas_used"] for cost in costs)),
        "elapsed_ns": str(sum(cost["elapsed_ns"] for cost in costs)),
        "id": event["id"],
    }


def _costs(number: int, fields: Any) -> list[Any]:
    if number == EventKind.AUTHORIZED:
        return [fields["cost"]]
    if number == EventKind.REFINED:
        return list(fields["costs"])
    return [cost for _, cost in fields["accumulate_costs"]]


def _mean(total: int, count: int) -> float | None:
    return total / count if count else None
