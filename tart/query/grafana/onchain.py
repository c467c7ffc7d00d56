"""Statistics on chain for jamtart's routes of 2026.

Pure. jamtart reads the statistics of cores, services and validators from the state of a node.
Where tart follows the chain, ``chain_statistics`` has the same; elsewhere ``from_telemetry`` gives
what telemetry tells of them: what services accumulated in each block (Block executed).

Statistics are of blocks on the best chain: of several blocks of a slot, the one that most nodes
reported as finalized, or else as their best block.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tart.protocol.events import EventKind
from tart.query.answers import grafana_onchain as answers
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.grafana.convergence import slot_time
from tart.query.grafana.work_packages import service_text

# Blocks of a list, the newest.
MAX_BLOCKS = 1_000


class ServiceStatistics(NamedTuple):
    """Statistics of a service in one block; ``None`` is unknown.

    Attributes:
        at_us: The time of the block, Unix microseconds.
    """

    at_us: int
    slot: int
    service: int
    provided_count: int | None = None
    provided_size: int | None = None
    refinement_count: int | None = None
    refinement_gas: int | None = None
    imports: int | None = None
    extrinsic_count: int | None = None
    extrinsic_size: int | None = None
    exports: int | None = None
    accumulate_count: int | None = None
    accumulate_gas: int | None = None


@dataclass(frozen=True)
class ChainStatistics:
    """Statistics of blocks, from one source.

    Attributes:
        services: In any order.
    """

    services: Sequence[ServiceStatistics]


def from_telemetry(executions: Iterable[Json], reached: Iterable[Json]) -> ChainStatistics:
    """Return what telemetry tells of the statistics on chain.

    Args:
        executions: Rows of hash, slot, service, seen_at, gas and items, one for each block and
            service.
        reached: Rows of hash, type, slot and count: blocks that nodes reported as best or
            finalized.
    """
    canonical = _canonical(reached)
    return ChainStatistics(
        [
            ServiceStatistics(
                row["seen_at"],
                row["slot"],
                row["service"],
                accumulate_count=row["items"],
                accumulate_gas=row["gas"],
            )
            for row in executions
            if row["slot"] is not None and row["hash"] in canonical
        ]
    )


def _canonical(reached: Iterable[Json]) -> set[str]:
    """Return the hash of each slot's block on the best chain."""
    votes: defaultdict[int, defaultdict[str, Counter[int]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for row in reached:
        votes[row["slot"]][row["hash"]][row["type"]] += row["count"]

    def order(item: tuple[str, Counter[int]]) -> tuple[int, int, str]:
        block, counts = item
        finalized = counts[EventKind.FINALIZED_BLOCK_CHANGED]
        return finalized, counts[EventKind.BEST_BLOCK_CHANGED], block

    return {max(blocks.items(), key=order)[0] for blocks in votes.values()}


def services(
    statistics: ChainStatistics, wanted: Collection[int] | None
) -> list[answers.GrafanaChainService]:
    """Return the answer of ``/api/grafana/onchain/services``, in order of ids."""
    groups = _groups(statistics, wanted, lambda row: (row.service,))
    return [_statistics_of(service, rows) for (service,), rows in sorted(groups.items())]


def services_by_time(
    statistics: ChainStatistics, wanted: Collection[int] | None, step_us: int
) -> list[answers.GrafanaChainServiceBucket]:
    """Return the answer of ``/api/grafana/onchain/services/timeseries``."""
    groups = _groups(statistics, wanted, lambda row: (row.at_us // step_us * step_us, row.service))
    return [
        {"ts": server_time(start), **_statistics_of(service, rows)}
        for (start, service), rows in sorted(groups.items())
    ]


def service_blocks(
    statistics: ChainStatistics, service: int, seconds: int | None
) -> list[answers.GrafanaChainServiceBlock]:
    """Return the answer of ``/api/grafana/onchain/services/{service_id}``, newest first.

    Args:
        statistics: Of the window.
        service: The service.
        seconds: Length of a slot, ``None`` if it is not known.
    """
    groups = _groups(statistics, {service}, lambda row: (row.slot,))
    newest = sorted(groups.items(), reverse=True)[:MAX_BLOCKS]
    return [
        {"timestamp": slot_time(slot, seconds), "slot": slot, **_statistics_of(service, rows)}
        for (slot,), rows in newest
    ]


def _groups(
    statistics: ChainStatistics,
    wanted: Collection[int] | None,
    key: Callable[[ServiceStatistics], tuple[int, ...]],
) -> Mapping[tuple[int, ...], list[ServiceStatistics]]:
    groups: defaultdict[tuple[int, ...], list[ServiceStatistics]] = defaultdict(list)
    for row in statistics.services:
        if wanted is None or row.service in wanted:
            groups[key(row)].append(row)
    return groups


def _statistics_of(service: int, rows: Sequence[ServiceStatistics]) -> answers.GrafanaChainService:
    return {
        "service_id": service_text(service),
        "provided_count": _sum(row.provided_count for row in rows),
        "provided_size": _sum(row.provided_size for row in rows),
        "refinement_count": _sum(row.refinement_count for row in rows),
        "refinement_gas": _sum(row.refinement_gas for row in rows),
        "imports": _sum(row.imports for row in rows),
        "extrinsic_count": _sum(row.extrinsic_count for row in rows),
        "extrinsic_size": _sum(row.extrinsic_size for row in rows),
        "exports": _sum(row.exports for row in rows),
        "accumulate_count": _sum(row.accumulate_count for row in rows),
        "accumulate_gas": _sum(row.accumulate_gas for row in rows),
    }


def _sum(values: Iterable[int | None]) -> int | None:
    """Return the sum of the known values, ``None`` if none is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
