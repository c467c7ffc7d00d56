"""Gas and time of authorization, refinement and accumulation.

Pure: rows of the aggregates in, the body out. Guarantors each execute a package, so what
they report adds up to what was executed; a block's accumulation is the same on every node,
so its gas counts once and only the time is each node's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tart.query.core.merge import Json

AUTHORIZED, REFINED, EXECUTED = 95, 101, 47
RECENT_TYPES = (AUTHORIZED, REFINED, EXECUTED)


def execution(
    refinements: Iterable[Json],
    authorizations: Iterable[Json],
    executions: Iterable[Json],
    counts: Mapping[int, int],
    recent: Iterable[Json],
) -> Json:
    """The body of ``/api/metrics/execution``.

    Args:
        refinements: service, count, gas, elapsed_ns by service; a count is a work item.
        authorizations: count, gas, elapsed_ns.
        executions: hash, service, nodes, gas, elapsed_ns of each block and service.
        counts: events by type.
        recent: the newest of RECENT_TYPES, as Events.
    """
    refined, authorized, accumulated = list(refinements), _Cost(), _Accumulated()
    items = _Cost()
    for row in refined:
        items.add(row)
    for row in authorizations:
        authorized.add(row)
    by_service: defaultdict[int | None, _Accumulated] = defaultdict(_Accumulated)
    for row in executions:
        accumulated.add(row)
        by_service[row["service"]].add(row)
    packages = counts.get(REFINED, 0)
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
        "accumulation": accumulated.as_json(),
        "by_service": _services(refined, by_service),
        "recent": [_recent(event) for event in recent],
    }


class _Cost:
    """What executions of one kind took together."""

    def __init__(self) -> None:
        self.count = self.gas = self.elapsed_ns = 0

    def add(self, row: Json) -> None:
        self.count += row["count"]
        self.gas += row["gas"]
        self.elapsed_ns += row["elapsed_ns"]


class _Accumulated:
    """Accumulations: of a service in a block, each once, however many nodes tell of it."""

    def __init__(self) -> None:
        self.count = self.gas = self.elapsed_ns = self.nodes = 0

    def add(self, row: Json) -> None:
        self.count += 1
        self.gas += row["gas"]
        self.elapsed_ns += row["elapsed_ns"]
        self.nodes += row["nodes"]

    def as_json(self) -> Json:
        return {
            "total_accumulated": self.count,
            "total_gas_used": self.gas,
            "average_gas": _mean(self.gas, self.count),
            "average_time_ns": _mean(self.elapsed_ns, self.nodes),
            "reports": self.nodes,
        }


def _services(
    refined: Iterable[Json], accumulated: Mapping[int | None, _Accumulated]
) -> list[Json]:
    """By service, that with the most gas first; ``None`` where the item is not known."""
    costs: defaultdict[int | None, _Cost] = defaultdict(_Cost)
    for row in refined:
        costs[row["service"]].add(row)
    listed = [
        {
            "service_id": service,
            "items_refined": costs[service].count,
            "refine_gas_used": costs[service].gas,
            "refine_time_ns": costs[service].elapsed_ns,
            **_named("accumulate", accumulated.get(service) or _Accumulated()),
        }
        for service in costs.keys() | accumulated.keys()
    ]
    return sorted(
        listed,
        key=lambda each: (
            -each["refine_gas_used"] - each["accumulate_gas_used"],
            -1 if each["service_id"] is None else each["service_id"],
        ),
    )


def _named(what: str, accumulated: _Accumulated) -> Json:
    return {
        "accumulations": accumulated.count,
        f"{what}_gas_used": accumulated.gas,
        f"{what}_average_time_ns": _mean(accumulated.elapsed_ns, accumulated.nodes),
    }


def _recent(event: Json) -> Json:
    inner: Any = next(iter(event["data"].values()))
    costs = [each["total"] for each in _costs(event["event_type"], inner)]
    return {
        "timestamp": event["timestamp"],
        "event_type": event["event_type"],
        "node_id": event["node_id"],
        # The peer writes them as text; they may be beyond what JSON numbers are good for.
        "gas_used": str(sum(each["gas_used"] for each in costs)),
        "elapsed_ns": str(sum(each["elapsed_ns"] for each in costs)),
        "id": event["id"],
    }


def _costs(number: int, inner: Any) -> list[Any]:
    if number == AUTHORIZED:
        return [inner["cost"]]
    if number == REFINED:
        return list(inner["costs"])
    return [cost for _, cost in inner["accumulate_costs"]]


def _mean(total: int, count: int) -> float | None:
    return total / count if count else None
