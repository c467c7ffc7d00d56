"""The view of work: the newest work-packages, the time in each stage, and the failures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.dash.core.cells import duration_cell, id_cell, missing_cell, words
from tart.dash.core.format import (
    age_cell,
    number,
    number_cell,
    parse_time,
    percent,
    text_cell,
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
    Tone,
    View,
)

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        ActiveWorkpackage,
        ActiveWorkpackages,
        Percentiles,
        WorkFailureGroup,
        WorkFunnel,
    )

_WINDOW = "1h"
_PACKAGES = 100
# Time from one stage to the next where both are by one clock: the guarantor's, then the server's.
_STEPS = (
    ("authorize_ms", "Author.", "received", "authorized"),
    ("refine_ms", "Refine", "authorized", "refined"),
    ("report_ms", "Report", "refined", "report_built"),
    ("guarantee_ms", "Guar.", "report_built", "guarantee_built"),
    ("distribute_ms", "Distrib.", "guarantee_built", "distributed"),
    ("include_ms", "Include", "guarantee_received", "included"),
    ("available_ms", "Avail.", "included", "available"),
)
STAGE_TONES: Mapping[str, Tone] = {"available": "good", "discarded": "warning", "failed": "bad"}

_PACKAGE_COLUMNS = (
    Column("age", "Age", "right"),
    Column("package", "Package"),
    Column("core", "Core", "right"),
    Column("stage", "Stage"),
    Column("elapsed_ms", "Took", "right", descending=True),
    Column("reason", "Reason", width=24),
    *(Column(key, title, "right", descending=True) for key, title, _, _ in _STEPS),
    Column("guarantors", "Nodes", "right", descending=True),
    Column("guarantor", "Guarantor"),
    Column("last_update", "Last event", "right"),
)
_FAILURES = (
    Column("count", "Events", "right", descending=True),
    Column("nodes", "Nodes", "right", descending=True),
    Column("event", "Event", width=24),
    Column("reason", "Reason"),
    Column("last_at", "Newest", "right"),
    Column("last_node", "By"),
)
_LATENCIES = (
    Column("step", "Step"),
    Column("p50_ms", "p50", "right", descending=True),
    Column("p95_ms", "p95", "right", descending=True),
    Column("samples", "Samples", "right", descending=True),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (
        Request(
            "packages",
            "active_workpackages",
            {"duration": _WINDOW, "limit": _PACKAGES},
            every_seconds=2,
        ),
        Request("funnel", "work_funnel", {"duration": _WINDOW}, optional=True, every_seconds=5),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of the newest work-packages."""
    packages: ActiveWorkpackages = answers["packages"]
    funnel: WorkFunnel | None = answers["funnel"]
    rows = tuple(_package_row(package, now) for package in packages["work_packages"])
    failures = [] if funnel is None else funnel["failure_groups"]
    steps = packages["stage_duration_percentiles"]
    return Page(
        title="Work",
        figures=_figures(funnel),
        tables=(
            Table("Packages", _PACKAGE_COLUMNS, rows, _package_note(packages)),
            Table(
                "Failures",
                _FAILURES,
                tuple(_failure_row(group, now) for group in failures),
                "" if failures else "Nothing failed in the last hour.",
            ),
            Table(
                "Steps",
                _LATENCIES,
                tuple(_step_row(*step) for step in steps.items()),
                "" if steps else "none",
            ),
        ),
    )


def _package_note(packages: ActiveWorkpackages) -> str:
    count = len(packages["work_packages"])
    if not count:
        return "No work-package began in the last hour."
    if count == _PACKAGES or not packages["complete"]:
        return f"The newest {plural(count, 'package')} of the last hour."
    return ""


def _figures(funnel: WorkFunnel | None) -> tuple[Figure, ...]:
    if funnel is None:
        return ()
    packages = funnel["packages"]
    available = funnel["stages"][-1]["reached"]
    lost = sum(stage["lost"] for stage in funnel["stages"])
    waiting = sum(stage["waiting"] for stage in funnel["stages"])
    stopped = sum(stage["stopped"] for stage in funnel["stages"])
    unnamed = funnel["unidentified"]["submissions"] + funnel["unidentified"]["shares"]
    share = f" ({percent(available / packages)})" if packages else ""
    estimated = "" if funnel["exact"] else "about "
    return (
        Figure("Packages", f"{estimated}{number(packages)}", packages),
        Figure("Available", f"{number(available)}{share}", available),
        Figure("In progress", number(waiting), waiting),
        Figure("Lost", number(lost), lost, "bad" if lost else ""),
        Figure("Stopped", number(stopped), stopped, "warning" if stopped else ""),
        Figure("Unnamed", number(unnamed), unnamed),
    )


def _package_row(package: ActiveWorkpackage, now: datetime) -> Row:
    stages = package["stages"]
    cells = (
        age_cell(package["submitted_at"], now),
        id_cell(package["hash"]),
        number_cell(package["core_index"]),
        stage_cell(package["current_stage"], package["superseded"]),
        duration_cell(package["elapsed_ms"]),
        _reason_cell(package),
        *(_step_cell(stages.get(begin), stages.get(end)) for _, _, begin, end in _STEPS),
        number_cell(package["nodes_involved"]),
        id_cell(package["node_id"]),
        age_cell(package["last_update"], now, "dim"),
    )
    return Row(package["hash"], cells, Place("package", package["hash"]))


def stage_cell(stage: str, superseded: bool = False) -> Cell:
    """Return the cell of a package's stage."""
    if superseded and stage == "failed":
        return Cell("superseded", stage, "dim")
    return Cell(words(stage), stage, STAGE_TONES.get(stage, ""))


def _step_cell(begin: str | None, end: str | None) -> Cell:
    if begin is None or end is None:
        return missing_cell()
    return duration_cell(round((parse_time(end) - parse_time(begin)).total_seconds() * 1000, 3))


def _reason_cell(package: ActiveWorkpackage) -> Cell:
    reason = package["failure_reason"] or package["discard_reason"]
    if reason is None:
        return missing_cell("")
    return text_cell(reason, "dim" if package["superseded"] else "warning")


def _failure_row(group: WorkFailureGroup, now: datetime) -> Row:
    example = group["example_event_id"]
    cells = (
        number_cell(group["count"]),
        number_cell(group["nodes"]),
        text_cell(group["event_name"]),
        text_cell(group["reason"]),
        age_cell(group["last_at"], now),
        id_cell(group["last_node"]),
    )
    return Row(
        f"{group['event_type']} {group['reason']}",
        cells,
        None if example is None else Place("event", str(example)),
    )


def _step_row(name: str, step: Percentiles) -> Row:
    cells = (
        Cell(words(name), name),
        duration_cell(step["p50_ms"]),
        duration_cell(step["p95_ms"]),
        number_cell(step["sample_count"]),
    )
    return Row(name, cells)


VIEW = View(
    name="work",
    aliases=("packages", "wp"),
    title="Work",
    requests=requests,
    page=page,
)
