"""Services and executions for jamtart's routes of 2026.

Pure. A package counts once, whichever guarantors report it, and the accumulation of a service in a
block once, whichever nodes do: they all execute the same. jamtart counts every report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tart.query.answers import grafana_packages as answers
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.grafana.work_packages import service_text
from tart.query.shard_queries.package_totals import ServicePackage, ServicePackages

_MAX_SERVICES = 50


@dataclass
class _Work:
    """The work of a service."""

    packages: int = 0
    refined: int = 0
    refine_gas: int = 0
    authorized: int = 0
    auth_gas: int = 0
    executions: int = 0
    execution_gas: int = 0

    def add_package(self, package: ServicePackage, auth_gas: int) -> None:
        self.packages += 1
        self.refined += package.refined
        self.refine_gas += package.refine_gas
        self.authorized += package.auth_gas is not None
        self.auth_gas += auth_gas

    def add_execution(self, row: Json) -> None:
        self.executions += 1
        self.execution_gas += row["gas"]


def authorization_shares(packages: Sequence[ServicePackage]) -> dict[tuple[int, int], int]:
    """Divide the gas of each package's authorization among its services.

    Returns:
        By package and service, gas in proportion to the service's work items; the parts of a
        package add up to its gas.
    """
    by_package: defaultdict[int, list[ServicePackage]] = defaultdict(list)
    for package in packages:
        by_package[package.key].append(package)
    shares: dict[tuple[int, int], int] = {}
    for key, parts in by_package.items():
        items, total = 0, sum(part.items for part in parts)
        gas = max((part.auth_gas or 0 for part in parts), default=0)
        for part in sorted(parts, key=lambda part: part.service):
            before = gas * items // total
            items += part.items
            shares[key, part.service] = gas * items // total - before
    return shares


def services(
    packages: ServicePackages, executions: Iterable[Json], wanted: Collection[int] | None
) -> list[answers.GrafanaService]:
    """Return the answer of ``/api/grafana/services``, in ascending order of ids.

    Args:
        packages: The packages of the window by service.
        executions: Rows of service and gas, one for each block and service.
        wanted: Only these services; ``None`` means all.
    """
    work = _by_key(packages, executions, wanted, 0)
    scale = packages.scale
    return [
        {
            "service_id": service_text(service),
            "work_packages": round(each.packages * scale),
            "refinements": round(each.refined * scale),
            "refinement_gas": round(each.refine_gas * scale),
            "authorizations": round(each.authorized * scale),
            "authorization_gas": round(each.auth_gas * scale),
            "executions": each.executions,
            "execution_gas": each.execution_gas,
        }
        for (_, service), each in sorted(work.items())
    ]


def services_by_time(
    packages: ServicePackages,
    executions: Iterable[Json],
    wanted: Collection[int] | None,
    step_us: int,
) -> list[answers.GrafanaServiceBucket]:
    """Return the answer of ``/api/grafana/services/timeseries``.

    Args:
        packages: See ``services``.
        executions: Rows of service, gas and ``seen_at``.
        wanted: See ``services``.
        step_us: Length of a bucket.
    """
    work, scale = _by_key(packages, executions, wanted, step_us), packages.scale
    return [
        {
            "ts": server_time(start),
            "service_id": service_text(service),
            "work_packages": round(each.packages * scale),
            "authorization_gas": round(each.auth_gas * scale),
            "refinement_gas": round(each.refine_gas * scale),
            "execution_gas": each.execution_gas,
        }
        for (start, service), each in sorted(work.items())
    ]


def _by_key(
    packages: ServicePackages,
    executions: Iterable[Json],
    wanted: Collection[int] | None,
    step_us: int,
) -> dict[tuple[int, int], _Work]:
    """Return work by bucket and service; the bucket is 0 without ``step_us``."""
    work: defaultdict[tuple[int, int], _Work] = defaultdict(_Work)
    shares = authorization_shares(packages.packages)
    for package in packages.packages:
        if wanted is None or package.service in wanted:
            start = package.first_at // step_us * step_us if step_us else 0
            share = shares[package.key, package.service]
            work[start, package.service].add_package(package, share)
    for row in executions:
        if wanted is None or row["service"] in wanted:
            start = row["seen_at"] // step_us * step_us if step_us else 0
            work[start, row["service"]].add_execution(row)
    return work


@dataclass
class _Cost:
    """Costs, added up.

    Attributes:
        count: Number of executions.
        timed: Number of reports of their time, which nodes have of their own.
    """

    count: int = 0
    timed: int = 0
    gas: int = 0
    elapsed_ns: int = 0
    load_ns: int = 0

    def add(self, row: Json, count: int, timed: int) -> None:
        self.count += count
        self.timed += timed
        self.gas += row["gas"]
        self.elapsed_ns += row["elapsed_ns"]
        self.load_ns += row["load_ns"]

    @property
    def time_ns(self) -> float:
        return self.elapsed_ns / self.timed if self.timed else 0.0

    @property
    def loading_ns(self) -> float:
        return self.load_ns / self.timed if self.timed else 0.0


def execution(
    authorizations: Iterable[Json], refinements: Iterable[Json], executions: Iterable[Json]
) -> answers.GrafanaExecution:
    """Return the answer of ``/api/grafana/execution``.

    Args:
        authorizations: Rows of count, gas, elapsed_ns and load_ns.
        refinements: The same by service; a count is of work items.
        executions: Rows of service, nodes, gas, elapsed_ns and load_ns, one for each block and
            service.
    """
    authorized, refined, accumulated = _Cost(), _Cost(), _Cost()
    by_service: defaultdict[tuple[int, str], _Cost] = defaultdict(_Cost)
    for row in authorizations:
        authorized.add(row, row["count"], row["count"])
    for row in refinements:
        refined.add(row, row["count"], row["count"])
        if row["service"] is not None:
            by_service[row["service"], "refinement"].add(row, row["count"], row["count"])
    for row in executions:
        accumulated.add(row, 1, row["nodes"])
        by_service[row["service"], "accumulation"].add(row, 1, row["nodes"])
    most_gas = sorted(by_service.items(), key=lambda item: (-item[1].gas, item[0]))
    return {
        "authorization": _cost(authorized),
        "refinement": _cost(refined),
        "accumulation": _cost(accumulated),
        "by_service": [
            {
                "service_id": service,
                "service": service_text(service),
                "phase": phase,
                "total_gas": cost.gas,
                "count": cost.count,
                "avg_time_ns": cost.time_ns,
                "avg_load_ns": cost.loading_ns,
            }
            for (service, phase), cost in most_gas[:_MAX_SERVICES]
        ],
    }


def _cost(cost: _Cost) -> answers.GrafanaExecutionCost:
    return {
        "count": cost.count,
        "total_gas": cost.gas,
        "avg_gas": cost.gas / cost.count if cost.count else 0.0,
        "avg_time_ns": cost.time_ns,
        "avg_load_ns": cost.loading_ns,
    }
