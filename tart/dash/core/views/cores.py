"""The view of cores: how busy each is, how far its work-packages come, and the failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tart.dash.core.cells import missing_cell, size_cell, words
from tart.dash.core.format import (
    UNKNOWN,
    age,
    compact,
    number,
    number_cell,
    percent,
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

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        Core,
        CoreGrid,
        CoresStatus,
        GridCore,
    )

_WINDOW = "1h"
# Slots of the grid: an hour of six seconds each.
_SLOTS = 600
# Cells of the strip of a row.
_STRIP = 20
_MARKS = {".": "·", "f": "×", "d": "!"}

_COLUMNS = (
    Column("core", "Core", "right"),
    Column("state", "State"),
    Column("packages", "Packages", "right", descending=True),
    Column("available", "Avail.", "right", descending=True),
    Column("lost", "Lost", "right", descending=True),
    Column("newest", f"Last {_STRIP} slots", width=_STRIP),
    Column("guarantees", "Guar.", "right", descending=True),
    Column("gas_used", "Gas", "right", descending=True),
    Column("slots_since_active", "Slot", "right"),
    Column("utilization_pct", "In use", "right", descending=True),
    Column("da_bytes", "Bundles", "right", descending=True),
    Column("imports", "Imports", "right", descending=True),
    Column("exports", "Exports", "right", descending=True),
    Column("extrinsic_bytes", "Extrinsics", "right", descending=True),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (
        Request("status", "cores_status", {"duration": _WINDOW}, every_seconds=2),
        Request(
            "grid",
            "cores_grid",
            {"duration": _WINDOW, "slots": _SLOTS},
            optional=True,
            every_seconds=6,
        ),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of all cores."""
    status: CoresStatus = answers["status"]
    grid: CoreGrid | None = answers["grid"]
    in_grid = {} if grid is None else {row["core_index"]: row for row in grid["cores"]}
    rows = tuple(_row(core, in_grid.get(core["core_index"]), grid) for core in status["cores"])
    return Page(
        title="Cores",
        figures=(*_figures(status, now), *_outcome_figures(grid)),
        tables=(Table("Cores", _COLUMNS, rows, _note(rows, grid)),),
    )


def _note(rows: Sequence[Row], grid: CoreGrid | None) -> str:
    """Return what the marks of the newest slots mean, or why there are no rows."""
    if not rows:
        return "No cores are known yet; nodes name their number when they connect."
    latest_first = reversed(grid["legend"] if grid else ())
    # Losses before all: a narrow terminal cuts the end.
    return ", ".join(
        f"{_MARKS.get(entry['symbol'], entry['symbol'])} {words(entry['stage'])}"
        for entry in sorted(latest_first, key=lambda entry: not entry["is_loss"])
    )


def _figures(status: CoresStatus, now: datetime) -> tuple[Figure, ...]:
    summary, telemetry = status["summary"], status["telemetry"]
    active, total = summary["active_cores"], summary["total_cores"]
    return (
        Figure("Active", f"{number(active)} of {number(total)}", active),
        Figure(
            "Packages",
            f"{'' if status['exact'] else 'about '}{number(telemetry['work_packages_last_hour'])}",
            telemetry["work_packages_last_hour"],
        ),
        Figure(
            "Guarantees",
            number(telemetry["guarantees_last_hour"]),
            telemetry["guarantees_last_hour"],
        ),
        Figure("Last activity", age(telemetry["last_activity"], now), telemetry["last_activity"]),
    )


def _outcome_figures(grid: CoreGrid | None) -> tuple[Figure, ...]:
    if grid is None:
        return ()
    outcomes = grid["outcomes"]
    packages, available = sum(outcomes.values()), outcomes.get("available", 0)
    lost = sum(outcomes.get(entry["stage"], 0) for entry in grid["legend"] if entry["is_loss"])
    share = f" ({percent(available / packages)})" if packages else ""
    return (
        Figure("Available", f"{number(available)}{share}", available),
        Figure("Lost", number(lost), lost, "bad" if lost else ""),
    )


def _row(core: Core, in_grid: GridCore | None, grid: CoreGrid | None) -> Row:
    index, active = core["core_index"], core["status"] == "active"
    since = core["slots_since_active"]
    cells: Mapping[str, Cell] = {
        "core": number_cell(index),
        "state": Cell(words(core["status"]), core["status"], "good" if active else "dim"),
        "packages": number_cell(core["work_packages_last_hour"]),
        "guarantees": number_cell(core["guarantees_last_hour"]),
        # Sums beyond 64 bits come as text.
        "gas_used": Cell(compact(int(core["gas_used"])), int(core["gas_used"])),
        "slots_since_active": _slots_ago(since),
        "utilization_pct": _percent_cell(core["utilization_pct"]),
        "da_bytes": size_cell(core["da_load"]),
        "imports": number_cell(core["imports"]),
        "exports": number_cell(core["exports"]),
        "extrinsic_bytes": size_cell(core["extrinsic_size"]),
        **(_grid_cells(in_grid, grid) if in_grid is not None and grid is not None else {}),
    }
    return Row(
        str(index),
        tuple(cells.get(column.key) or missing_cell() for column in _COLUMNS),
        Place("core", str(index)),
    )


def _slots_ago(since: int | None) -> Cell:
    """Return how many slots ago a core was active; 0 is the newest slot, without a sign."""
    if since is None:
        return Cell(UNKNOWN, None)
    return Cell(f"−{number(since)}" if since else "0", since)


def _percent_cell(value: float | None) -> Cell:
    return missing_cell() if value is None else Cell(percent(value / 100), value)


def _grid_cells(row: GridCore, grid: CoreGrid) -> Mapping[str, Cell]:
    """Return the outcomes of a core's packages, and its newest slots as one mark each."""
    by_stage = list(zip(grid["legend"], row["outcomes"], strict=True))
    lost = sum(count for entry, count in by_stage if entry["is_loss"])
    available = sum(count for entry, count in by_stage if entry["stage"] == "available")
    newest = row["cells"][-_STRIP:]
    return {
        "available": number_cell(available),
        "lost": number_cell(lost, "bad" if lost else "dim"),
        "newest": Cell("".join(_MARKS.get(mark, mark) for mark in newest), newest),
    }


VIEW = View(
    name="cores",
    aliases=(),
    title="Cores",
    requests=requests,
    page=page,
)
