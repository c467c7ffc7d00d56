"""The view of one core: its figures, its newest work-packages and its guarantors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tart.dash.core.arguments import whole_number
from tart.dash.core.cells import (
    duration_cell,
    id_cell,
    implementation_cell,
    missing_cell,
)
from tart.dash.core.format import (
    UNKNOWN,
    age_cell,
    compact,
    milliseconds,
    number,
    number_cell,
    percent,
    plain,
)
from tart.dash.core.model import (
    Answers,
    Cell,
    Column,
    Figure,
    Page,
    Place,
    Request,
    Row,
    Table,
    View,
)
from tart.dash.core.views.work import stage_cell

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        CoreBottlenecks,
        CoreMetrics,
        CorePackage,
        CoreValidator,
        CoreValidators,
        CoreWorkPackages,
        SlowValidator,
    )

_WINDOW = "1h"
_PACKAGES = 50
_MOST_CORE = (1 << 16) - 1

_PACKAGE_COLUMNS = (
    Column("age", "Age", "right"),
    Column("package", "Package"),
    Column("stage", "Stage"),
    Column("slot", "Slot", "right", descending=True),
    Column("elapsed_ms", "Took", "right", descending=True),
    Column("gas_used", "Gas", "right", descending=True),
    Column("guarantor", "Guarantor"),
    Column("last_update", "Last event", "right"),
)
_GUARANTORS = (
    Column("node", "Node"),
    Column("packages", "Packages", "right", descending=True),
    Column("guarantees", "Guar.", "right", descending=True),
    Column("signatures", "Signed", "right", descending=True),
    Column("failures", "Failed", "right", descending=True),
    Column("attempts", "Attempts", "right", descending=True),
    Column("average_ms", "Average", "right", descending=True),
    Column("slowdown", "× mean", "right", descending=True),
    Column("last_active", "Last seen", "right"),
    Column("implementation", "Implementation", width=24),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    window = {"core_index": whole_number(place, "core", _MOST_CORE), "duration": _WINDOW}
    return (
        Request("metrics", "core_metrics", window, every_seconds=2),
        Request(
            "packages",
            "core_work_packages",
            {**window, "limit": _PACKAGES},
            optional=True,
            every_seconds=2,
        ),
        Request("guarantors", "core_validators", window, optional=True, every_seconds=5),
        Request("bottlenecks", "core_bottlenecks", window, optional=True, every_seconds=5),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of a core."""
    metrics: CoreMetrics = answers["metrics"]
    packages: CoreWorkPackages | None = answers["packages"]
    guarantors: CoreValidators | None = answers["guarantors"]
    bottlenecks: CoreBottlenecks | None = answers["bottlenecks"]
    slow = {} if bottlenecks is None else _by_node(bottlenecks)
    tables = []
    if packages is not None:
        rows = tuple(_package_row(package, now) for package in packages["work_packages"])
        note = "" if rows else "The core had no package in the last hour."
        tables.append(Table("Packages", _PACKAGE_COLUMNS, rows, note))
    if guarantors is not None:
        nodes = guarantors["validators"]
        rows = tuple(_guarantor_row(node, slow.get(node["node_id"]), now) for node in nodes)
        note = "" if rows else "No node had a package of the core in the last hour."
        tables.append(Table("Guarantors", _GUARANTORS, rows, note))
    messages = [] if bottlenecks is None else bottlenecks["bottleneck_messages"]
    return Page(
        title=f"Core {metrics['core_index']}",
        figures=(*_figures(metrics), *_failure_figures(bottlenecks)),
        tables=tuple(tables),
        notes=tuple(plain(message["message"]) for message in messages),
    )


def _by_node(bottlenecks: CoreBottlenecks) -> Mapping[str, SlowValidator]:
    return {node["node_id"]: node for node in bottlenecks["slow_validators"]}


def _figures(metrics: CoreMetrics) -> tuple[Figure, ...]:
    stats = metrics["stats"]
    gas, per_second = stats["avg_gas_used"], metrics["throughput_per_second"]
    failed = stats["refinements_failed"]
    return (
        Figure("Received", number(stats["wps_received"]), stats["wps_received"]),
        Figure("Refined", number(stats["refinements_completed"]), stats["refinements_completed"]),
        Figure("Not refined", number(failed), failed, "bad" if failed else ""),
        Figure("Reports", number(stats["reports_built"]), stats["reports_built"]),
        Figure("Guarantees", number(stats["guarantees_built"]), stats["guarantees_built"]),
        Figure(
            "Distributed", number(stats["guarantees_distributed"]), stats["guarantees_distributed"]
        ),
        Figure("Throughput", _per_hour(per_second), per_second),
        Figure(
            "Average",
            milliseconds(metrics["average_completion_time_ms"]),
            metrics["average_completion_time_ms"],
        ),
        Figure("p95", milliseconds(metrics["p95_latency_ms"]), metrics["p95_latency_ms"]),
        Figure(
            "Gas a package",
            UNKNOWN if gas is None else compact(int(gas)),
            None if gas is None else int(gas),
        ),
        Figure(
            "Gas of limit", _share(metrics["gas_utilization_pct"]), metrics["gas_utilization_pct"]
        ),
    )


def _per_hour(per_second: float | None) -> str:
    """Return a rate of packages, of which a core has less than one a second."""
    return UNKNOWN if per_second is None else f"{3600 * per_second:,.4g}/h"


def _share(value: float | None) -> str:
    return UNKNOWN if value is None else percent(value / 100)


def _failure_figures(bottlenecks: CoreBottlenecks | None) -> tuple[Figure, ...]:
    if bottlenecks is None:
        return ()
    stats = bottlenecks["stats"]
    failures, attempts = stats["total_failures"], stats["total_events"]
    return (
        Figure(
            "Failed attempts",
            f"{number(failures)} of {number(attempts)}",
            failures,
            "bad" if failures else "",
        ),
        Figure("Superseded", number(bottlenecks["superseded"]), bottlenecks["superseded"]),
    )


def _package_row(package: CorePackage, now: datetime) -> Row:
    gas = package["gas_used"]
    cells = (
        age_cell(package["submitted_at"], now),
        id_cell(package["hash"]),
        stage_cell(package["stage"]),
        Cell(str(package["slot"]), package["slot"]),
        duration_cell(package["elapsed_ms"]),
        missing_cell() if gas is None else Cell(compact(int(gas)), int(gas)),
        id_cell(package["node_id"]),
        age_cell(package["last_update"], now, "dim"),
    )
    return Row(package["hash"], cells, Place("package", package["hash"]))


def _guarantor_row(node: CoreValidator, slow: SlowValidator | None, now: datetime) -> Row:
    factor = slow["slowdown_factor"] if slow else None
    cells = (
        id_cell(node["node_id"]),
        number_cell(node["packages"]),
        number_cell(node["guarantee_count"]),
        number_cell(node["signature_count"]),
        number_cell(slow["failure_count"], "bad" if slow["failure_count"] else "dim")
        if slow
        else missing_cell(),
        number_cell(slow["event_count"] if slow else None),
        duration_cell(slow["avg_processing_ms"] if slow else None),
        Cell(
            UNKNOWN if factor is None else f"{factor:.2f}",
            factor,
            "warning" if slow and slow["is_bottleneck"] else "",
        ),
        age_cell(node["last_active"], now),
        implementation_cell(node),
    )
    return Row(node["node_id"], cells, Place("node", node["node_id"]))


VIEW = View(
    name="core",
    aliases=(),
    title="",
    requests=requests,
    page=page,
    argument="CORE",
    argument_required=True,
)
