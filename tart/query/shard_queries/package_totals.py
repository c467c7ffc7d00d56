"""Queries about work-packages that add up figures of guarantors and of services.

Pure. A shard has rows of guarantors (``query.shard_queries.packages``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from msgspec import Struct

from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window
from tart.query.shard_queries.packages import KEYS

Json = dict[str, Any]

# Stages by jamtart's names: the steps that begin and end them.
STAGES: Mapping[str, tuple[str, str]] = {
    "authorize": ("received", "authorized"),
    "refine": ("authorized", "refined"),
    "report": ("refined", "built"),
    "guarantee": ("built", "guaranteed"),
    "distribute": ("guaranteed", "distributed"),
    "total": ("received", "distributed"),
}
# Values of ``StageTotals`` in the order of its rows.
STAGE_VALUES = (
    "attempts",
    "ended",
    "failed",
    *(f"{name}_{part}" for name in STAGES for part in ("count", "us")),
)


class StageTotals(Query[list[list[Any]], list[Json]], frozen=True):
    """Guarantors' attempts at packages, and the times of their stages, added up.

    A row has the node, the bucket, then ``STAGE_VALUES``; merged rows are objects. Stages are of
    attempts that did not fail, by the node's own clock.

    Attributes:
        node: Of one guarantor; ``None`` means all.
        by_node: Whether attempts are added up by node.
        step_us: Length of the buckets in which attempts began; 0 for none.
    """

    name = "stage_totals"
    source = "aggregates"
    tables = ("packages",)
    window: Window
    core: int | None = None
    node: str | None = None
    by_node: bool = True
    step_us: int = 0

    def merge(self, partials: Partials[list[list[Any]]]) -> list[Json]:
        """Add up rows with the same node and bucket."""
        merged: dict[tuple[Any, Any], list[int]] = {}
        for _, rows in partials:
            for node, bucket, *values in rows:
                known = merged.setdefault((node, bucket), [0] * len(values))
                known[:] = [one + other for one, other in zip(known, values, strict=True)]
        return [
            {"node": node, "bucket": bucket, **dict(zip(STAGE_VALUES, values, strict=True))}
            for (node, bucket), values in merged.items()
        ]


class ServicePackage(NamedTuple):
    """The part of one package that is of one service, over all guarantors.

    Attributes:
        first_at: When the first guarantor began, Unix microseconds.
        items: Number of work items of the service.
        all_items: Number of all work items.
        refined: Number of items of the service that were refined.
        refine_gas: Gas that refining these used.
        auth_gas: Gas that authorizing the whole package used; ``None`` if it was not.
    """

    key: int
    service: int
    first_at: int
    items: int
    all_items: int
    refined: int
    refine_gas: int
    auth_gas: int | None


class ServiceRows(Struct, frozen=True):
    """One shard's packages by service.

    Attributes:
        rows: The members of ``ServicePackage``.
        below: The answer has only packages with smaller keys; ``None`` if it is not a sample.
    """

    rows: list[ServicePackage]
    below: int | None


class ServicePackages(NamedTuple):
    """The packages of a window by service.

    Attributes:
        scale: The number of packages that each stands for; 1 if it is not a sample.
    """

    packages: Sequence[ServicePackage]
    scale: Fraction


class PackageServices(Query[ServiceRows, ServicePackages], frozen=True):
    """The packages received in a window by the services of their work items.

    Guarantors execute the same package and report the same gas, so that each package counts once:
    with the greatest of what they report. Large answers are samples by hash.
    """

    name = "package_services"
    source = "aggregates"
    tables = ("packages",)
    window: Window

    def merge(self, partials: Partials[ServiceRows]) -> ServicePackages:
        """Return each package once for each service, from the hashes that all samples cover."""
        answers = [answer for _, answer in partials]
        below = min((each.below for each in answers if each.below is not None), default=None)
        merged: dict[tuple[int, int], ServicePackage] = {}
        for answer in answers:
            for row in answer.rows:
                if below is None or row.key < below:
                    known = merged.get((row.key, row.service))
                    merged[row.key, row.service] = (
                        row if known is None else join_attempts(known, row)
                    )
        scale = Fraction(1) if below is None else Fraction(KEYS, max(1, below))
        return ServicePackages(list(merged.values()), scale)


def join_attempts(one: ServicePackage, other: ServicePackage) -> ServicePackage:
    """Return what two guarantors, or the guarantors of two shards, report of one package."""
    gas = [each.auth_gas for each in (one, other) if each.auth_gas is not None]
    return ServicePackage(
        one.key,
        one.service,
        min(one.first_at, other.first_at),
        max(one.items, other.items),
        max(one.all_items, other.all_items),
        max(one.refined, other.refined),
        max(one.refine_gas, other.refine_gas),
        max(gas, default=None),
    )
