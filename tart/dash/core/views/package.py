"""The view of one work-package: its journey over all nodes, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.dash.core.arguments import hash_argument
from tart.dash.core.cells import duration_cell, id_cell, missing_cell, words
from tart.dash.core.format import (
    clock,
    milliseconds,
    number,
    number_cell,
    plain,
    short_id,
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
from tart.dash.core.views.work import STAGE_TONES

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        Waterfall,
        WaterfallBar,
        WaterfallGroup,
        WaterfallRow,
    )

_STATUSES: Mapping[str, Tone] = {
    "completed": "good",
    "failed": "bad",
    "superseded": "dim",
    "in_progress": "",
}
_CHAIN = (
    ("guarantee_received_ms", "guarantee received"),
    ("included_ms", "included"),
    ("available_ms", "available"),
    ("discarded_ms", "discarded"),
)

_STEPS = (
    Column("start_ms", "Start", "right"),
    Column("node", "Node"),
    Column("step", "Step"),
    Column("took_ms", "Took", "right", descending=True),
    Column("status", "Status"),
    Column("reason", "Reason", width=24),
    Column("typical_p50_ms", "Typical", "right", descending=True),
    Column("typical_p95_ms", "p95", "right", descending=True),
    Column("critical", "Critical"),
    Column("role", "Role"),
    Column("peer", "Peer"),
    Column("event", "Event", "right"),
)
_GROUPS = (
    Column("event", "Event"),
    Column("count", "Events", "right", descending=True),
    Column("nodes", "Nodes", "right", descending=True),
    Column("first_ms", "First", "right"),
    Column("p50_ms", "Half", "right"),
    Column("last_ms", "Last", "right"),
    Column("reasons", "Reasons"),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    wanted = hash_argument(place, "work-package")
    return (Request("package", "waterfall", {"hash": wanted}, every_seconds=2),)


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of a work-package."""
    package: Waterfall = answers["package"]
    rows = sorted(_step_rows(package), key=lambda row: float(row.cells[0].value or 0))
    notes = []
    if package["truncated"]:
        notes.append("The journey has more events than were read.")
    uncorrected = [row for row in package["rows"] if not row["is_corrected"]]
    if uncorrected:
        notes.append(
            f"The offset of the clock of {plural(len(uncorrected), 'node')} is not known; its "
            "first event's arrival stands in."
        )
    return Page(
        title=f"Work-package {short_id(package['work_package_hash'])}",
        figures=_figures(package),
        tables=(
            Table("Steps", _STEPS, tuple(rows), f"package {plain(package['work_package_hash'])}"),
            Table(
                "Other nodes",
                _GROUPS,
                tuple(map(_group_row, package["groups"])),
                "" if package["groups"] else "No other node has reported anything of it yet.",
            ),
        ),
        notes=tuple(notes),
    )


def _figures(package: Waterfall) -> tuple[Figure, ...]:
    stage, reason = package["current_stage"], package["failure_reason"]
    guarantors = package["guarantors"]
    signers = ", ".join(map(short_id, guarantors[:3]))
    return (
        Figure("Stage", words(stage), stage, STAGE_TONES.get(stage, "")),
        Figure("Core", number(package["core_index"]), package["core_index"]),
        Figure("Slot", number(package["slot"]), package["slot"]),
        Figure("Began", clock(package["origin"]), package["origin"]),
        Figure("Took", milliseconds(package["duration_ms"]), package["duration_ms"]),
        Figure("Guarantors", f"{len(guarantors)}: {signers}" if signers else "0", len(guarantors)),
        *(
            Figure(label.capitalize(), milliseconds(ms), ms, "" if ms is not None else "dim")
            for label, ms in _chain(package)
            if ms is not None or label != "discarded"
        ),
        *([Figure("Failure", plain(reason), reason, "bad")] if reason else []),
    )


def _chain(package: Waterfall) -> Iterator[tuple[str, float | None]]:
    """Yield the stages beyond the guarantors, and the milliseconds until each."""
    chain: Mapping[str, float | None] = package["chain"]  # type: ignore[assignment]
    for key, label in _CHAIN:
        yield label, chain[key]


def _step_rows(package: Waterfall) -> Iterator[Row]:
    for row in package["rows"]:
        for index, bar in enumerate((*row["bars"], *row["shares"])):
            yield _bar_row(row, bar, index)
    for label, ms in _chain(package):
        if ms is not None:
            cells = {
                "start_ms": duration_cell(ms),
                "node": Cell("network", None, "dim"),
                "step": Cell(label, label),
            }
            yield Row(label, _fill(cells))


def _bar_row(row: WaterfallRow, bar: WaterfallBar, index: int) -> Row:
    event = bar["end_event_id"] if bar["end_event_id"] is not None else bar["start_event_id"]
    typical = bar["typical"]
    cells = {
        "start_ms": duration_cell(bar["start_ms"]),
        "node": id_cell(row["node_id"]),
        "step": Cell(words(bar["stage"]), bar["stage"]),
        "took_ms": duration_cell(round(bar["end_ms"] - bar["start_ms"], 3)),
        "status": Cell(words(bar["status"]), bar["status"], _STATUSES.get(bar["status"], "")),
        "reason": text_cell(bar["reason"]) if bar["reason"] else missing_cell(""),
        "typical_p50_ms": duration_cell(typical["p50_ms"] if typical else None, "dim"),
        "typical_p95_ms": duration_cell(typical["p95_ms"] if typical else None, "dim"),
        "critical": Cell("yes" if bar["is_critical"] else "", bar["is_critical"]),
        "role": text_cell(row["role"], "dim"),
        "peer": id_cell(bar["peer_id"]),
        "event": number_cell(event) if event is None else Cell(str(event), event, "dim"),
    }
    return Row(
        f"{row['node_id']} {row['session']} {index}",
        _fill(cells),
        None if event is None else Place("event", str(event)),
    )


def _fill(cells: Mapping[str, Cell]) -> tuple[Cell, ...]:
    return tuple(cells.get(column.key) or missing_cell("") for column in _STEPS)


def _group_row(group: WaterfallGroup) -> Row:
    reasons = ", ".join(f"{reason} ({count})" for reason, count in group["reasons"].items())
    event = group["last_event_id"]
    cells = (
        Cell(words(group["name"]), group["name"]),
        number_cell(group["count"]),
        number_cell(group["nodes"]),
        duration_cell(group["first_ms"]),
        duration_cell(group["p50_ms"]),
        duration_cell(group["last_ms"]),
        text_cell(reasons),
    )
    return Row(group["name"], cells, None if event is None else Place("event", str(event)))


VIEW = View(
    name="package",
    aliases=("journey",),
    title="",
    requests=requests,
    page=page,
    argument="HASH",
    argument_required=True,
)
