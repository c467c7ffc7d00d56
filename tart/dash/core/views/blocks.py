"""The view of blocks: the newest slots, who authored their blocks, how soon the nodes had them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tart.dash.core.cells import (
    duration_cell,
    id_cell,
    implementation_cell,
    missing_cell,
    size_cell,
)
from tart.dash.core.format import (
    age_cell,
    milliseconds,
    number,
    number_cell,
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
from tart.dash.core.network_figures import chain_figures

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        Latency,
        SlotBlock,
        Slots,
        SlotSummary,
    )

# Slots of the list: six minutes at six seconds each.
_SLOTS = 60
_WINDOW = "15m"
_STEPS = {"Verify": "Importing_to_BlockVerified", "Execute": "Importing_to_BlockExecuted"}
_CHAINS: Mapping[str, tuple[str, Tone]] = {
    "finalized": ("finalized", "good"),
    "best": ("best", ""),
    "fork": ("fork", "warning"),
    "unknown": ("not best", "dim"),
}
_WITHOUT_BLOCK: Mapping[str, tuple[str, Tone]] = {
    "missed": ("missed", "bad"),
    "pending": ("pending", "dim"),
}

_COLUMNS = (
    Column("slot", "Slot", "right", descending=True),
    Column("state", "State"),
    Column("age", "Age", "right", descending=True),
    Column("author", "Author"),
    Column("until_50_ms", "50 %", "right", descending=True),
    Column("until_90_ms", "90 %", "right", descending=True),
    Column("until_99_ms", "99 %", "right", descending=True),
    Column("nodes", "Nodes", "right"),
    Column("failures", "Failed", "right", descending=True),
    Column("implementation", "Implementation", width=24),
    Column("size_bytes", "Size", "right", descending=True),
    Column("guarantees", "Guar.", "right", descending=True),
    Column("assurances", "Assur.", "right", descending=True),
    Column("tickets", "Tickets", "right", descending=True),
    Column("preimages", "Preim.", "right", descending=True),
    Column("hash", "Hash"),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (
        Request("slots", "slots", {"count": _SLOTS}, every_seconds=2),
        Request(
            "steps",
            "latency",
            {"event_types": ("BlockVerified", "BlockExecuted"), "duration": _WINDOW},
            optional=True,
            every_seconds=10,
        ),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of the newest blocks."""
    slots: Slots = answers["slots"]
    # Of a network that was never heard of, the calendar's first slot is pending.
    newest = reversed(slots["slots"] if slots["newest_slot"] else [])
    rows = tuple(row for slot in newest for row in _rows(slot, slots["follows_calendar"], now))
    note = "No node has authored or imported a block yet." if not rows else ""
    return Page(
        title="Blocks",
        figures=(
            *_chain_figures(slots),
            *_propagation_figures(slots),
            *_step_figures(answers["steps"]),
        ),
        tables=(Table("Blocks", _COLUMNS, rows, note),),
    )


def _chain_figures(slots: Slots) -> tuple[Figure, ...]:
    ended = [each for each in slots["slots"] if each["state"] in ("authored", "missed")]
    authored = sum(each["state"] == "authored" for each in ended)
    missed = len(ended) - authored
    forks = sum(map(is_forked, slots["slots"]))
    return (
        *chain_figures(slots["best_slot"], slots["finalized_slot"]),
        Figure("Blocks", f"{authored} of {len(ended)}", authored),
        Figure("Missed", number(missed), missed, "bad" if missed else ""),
        Figure("Forks", number(forks), forks, "warning" if forks else ""),
    )


def _propagation_figures(slots: Slots) -> Iterator[Figure]:
    """Yield how soon half and nine tenths of the nodes had the blocks of the list."""
    blocks = [block for slot in slots["slots"] for block in slot["blocks"]]
    half = [block["until_50_ms"] for block in blocks if block["until_50_ms"] is not None]
    most = [block["until_90_ms"] for block in blocks if block["until_90_ms"] is not None]
    for label, times in (("Half", sorted(half)), ("Most", sorted(most))):
        yield from _percentiles(label, _nearest_rank(times, 0.5), _nearest_rank(times, 0.95))


def _nearest_rank(times: Sequence[float], share: float) -> float | None:
    """Return the time within which a share of the sorted times are; ``None`` without any."""
    return times[math.ceil(share * len(times)) - 1] if times else None


def _step_figures(answer: Latency | None) -> Iterator[Figure]:
    """Yield how long nodes verify blocks, and execute them, since they began to import."""
    steps = {} if answer is None else {each["step"]: each for each in answer["steps"]}
    for label, name in _STEPS.items():
        step = steps.get(name)
        p50, p95 = (step["p50_ms"], step["p95_ms"]) if step else (None, None)
        yield from _percentiles(label, p50, p95)


def _percentiles(label: str, p50: float | None, p95: float | None) -> Iterator[Figure]:
    for name, ms in (("p50", p50), ("p95", p95)):
        yield Figure(f"{label} {name}", milliseconds(ms), ms, "dim" if ms is None else "")


def is_forked(slot: SlotSummary) -> bool:
    """Return whether a slot has several blocks, or one that is not on the best chain."""
    return len(slot["blocks"]) > 1 or any(each["chain"] == "fork" for each in slot["blocks"])


def _rows(slot: SlotSummary, follows_calendar: bool, now: datetime) -> Iterator[Row]:
    """Yield a row for each block; one for a slot that was missed or may still get a block.

    Args:
        slot: The slot.
        follows_calendar: Whether blocks arrive at the times of their slots; if not, the age of a
            slot without a block is not known.
        now: The present.
    """
    failures = slot["authoring_failed"] + slot["import_failed"]
    opens = Place("slot", str(slot["slot"]))
    number_of_slot = Cell(str(slot["slot"]), slot["slot"])
    failed = number_cell(failures, "bad" if failures else "dim")
    if state := _WITHOUT_BLOCK.get(slot["state"]):
        text, tone = state
        yield Row(
            f"slot {slot['slot']}",
            (
                number_of_slot,
                Cell(text, slot["state"], tone),
                age_cell(slot["time"], now, "dim") if follows_calendar else missing_cell(),
                *[missing_cell()] * 5,
                failed,
                *[missing_cell()] * 7,
            ),
            opens,
        )
    for block in slot["blocks"]:
        yield Row(block["hash"], (number_of_slot, *_block_cells(block, failed, now)), opens)


def _block_cells(block: SlotBlock, failed: Cell, now: datetime) -> tuple[Cell, ...]:
    author = block["author"]
    text, tone = _CHAINS.get(block["chain"], (block["chain"], "dim"))
    return (
        Cell(text, block["chain"], tone),
        age_cell(block["first_had_at"], now),
        id_cell(author["node_id"] if author else None),
        duration_cell(block["until_50_ms"]),
        duration_cell(block["until_90_ms"]),
        duration_cell(block["until_99_ms"]),
        _nodes_cell(block),
        failed,
        implementation_cell(author),
        size_cell(block["size_bytes"]),
        number_cell(block["num_guarantees"]),
        number_cell(block["num_assurances"]),
        number_cell(block["num_tickets"]),
        number_cell(block["num_preimages"]),
        id_cell(block["hash"], "dim"),
    )


def _nodes_cell(block: SlotBlock) -> Cell:
    """Return the nodes that had a block, of those expected; its value is those that had it."""
    had, expected = block["nodes"], block["expected"]
    return Cell(f"{number(had)}/{number(expected)}", had, "" if had >= expected else "warning")


VIEW = View(
    name="blocks",
    aliases=("slots", "chain"),
    title="Blocks",
    requests=requests,
    page=page,
)
