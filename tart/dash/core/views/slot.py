"""The view of one slot: its blocks, their stages over all nodes, and the latest nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.dash.core.arguments import whole_number
from tart.dash.core.cells import (
    duration_cell,
    id_cell,
    implementation_cell,
    words,
)
from tart.dash.core.format import (
    age_cell,
    milliseconds,
    number,
    number_cell,
    plain,
    short_id,
    size,
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
        BlockPropagationDetail,
        NodeStages,
        SlotNode,
        SlotPropagation,
    )

# Columns of ``NodeStages`` in the order of a block's way, and their headings.
_STAGES = (
    ("announced_to", "Announced to"),
    ("transferred", "Transferred"),
    ("importing", "Importing"),
    ("verified", "Verified"),
    ("announced_by", "Announced by"),
    ("executed", "Executed"),
    ("best", "Best"),
    ("finalized", "Finalized"),
)
_DURATIONS = (("verification_ms", "Verification"), ("execution_ms", "Execution"))
_TIMES = tuple(key for key, _ in (*_STAGES, *_DURATIONS))
_NEVER = Cell("never", None, "bad")
_STATES: dict[str, Tone] = {"authored": "good", "missed": "bad"}

_NODES = (
    Column("node", "Node"),
    Column("had", "Had it", "right", descending=True),
    Column("verified", "Verified", "right", descending=True),
    Column("executed", "Executed", "right", descending=True),
    Column("implementation", "Implementation", width=20),
    Column("verification_ms", "Verify", "right", descending=True),
    Column("execution_ms", "Execute", "right", descending=True),
    *(
        Column(key, title, "right", descending=True)
        for key, title in _STAGES
        if key not in ("verified", "executed")
    ),
    Column("block", "Block"),
)
_STAGE_COLUMNS = (
    Column("stage", "Stage"),
    Column("nodes", "Nodes", "right", descending=True),
    Column("first", "First", "right", descending=True),
    Column("median", "Median", "right", descending=True),
    Column("last", "Last", "right", descending=True),
    Column("block", "Block"),
)
_BLOCKS = (
    Column("hash", "Block"),
    Column("chain", "Chain"),
    Column("nodes", "Nodes", "right"),
    Column("until_90_ms", "90 %", "right", descending=True),
    Column("author", "Author"),
    Column("implementation", "Implementation", width=24),
    Column("parent", "Parent"),
)
_FAILURES = (
    Column("age", "Age", "right", descending=True),
    Column("node", "Node"),
    Column("stage", "Stage"),
    Column("ms", "After", "right", descending=True),
    Column("reason", "Reason"),
    Column("block", "Block"),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (Request("slot", "slot_propagation", {"slot": slot_of(place)}, every_seconds=2),)


def slot_of(place: Place) -> int:
    """Return the slot of a place.

    Raises:
        UnknownPlace: The argument is not a slot.
    """
    return whole_number(place, "slot", (1 << 32) - 1)


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of a slot."""
    slot: SlotPropagation = answers["slot"]
    blocks = slot["blocks"]
    tables = []
    if blocks:
        tables.append(Table("Stages", _STAGE_COLUMNS, tuple(_stage_rows(blocks))))
    if len(blocks) > 1:
        tables.append(Table("Blocks", _BLOCKS, tuple(map(_block_row, blocks))))
    if slot["failures"]:
        tables.append(Table("Failures", _FAILURES, tuple(_failure_rows(slot, now))))
    tables.append(Table("Nodes", _NODES, tuple(_node_rows(slot)), _note(slot)))
    return Page(
        title=f"Slot {slot['slot']}",
        figures=(*_slot_figures(slot), *(_block_figures(blocks[0]) if blocks else ())),
        tables=tuple(tables),
        notes=tuple(_notes(slot)),
    )


def _note(slot: SlotPropagation) -> str:
    """Return the order of the nodes, or why there are none."""
    if slot["blocks"]:
        return "the latest first; times since authoring"
    if not slot["newest_slot"]:
        return "No block is known yet."
    if slot["slot"] > slot["newest_slot"]:
        return f"This slot has not begun; the newest is {slot['newest_slot']}."
    return {
        "pending": "No block yet; the slot may still get one.",
        "missed": "Missed: nodes were connected, and none had a block of this slot.",
    }.get(slot["state"], "Not known: no node was connected then, or the events have expired.")


def _notes(slot: SlotPropagation) -> Iterator[str]:
    if len(slot["blocks"]) > 1:
        yield f"A fork: {plural(len(slot['blocks']), 'block')}; the figures are of the first."
    for block in slot["blocks"]:
        if block["reference"] == "first_had":
            yield f"Times of {short_id(block['hash'])} count from the first node that had it."


def _slot_figures(slot: SlotPropagation) -> tuple[Figure, ...]:
    failures = len(slot["failures"])
    return (
        Figure("State", plain(slot["state"]), slot["state"], _STATES.get(slot["state"], "dim")),
        Figure("Blocks", number(len(slot["blocks"])), len(slot["blocks"])),
        Figure("Failures", number(failures), failures, "bad" if failures else ""),
    )


def _block_figures(block: BlockPropagationDetail) -> tuple[Figure, ...]:
    author, never = block["author"], len(block["never"])
    return (
        Figure(
            "Author",
            short_id(author["node_id"] if author else None),
            author["node_id"] if author else None,
        ),
        Figure("Runs", implementation_cell(author).text, implementation_cell(author).value),
        Figure("Chain", words(block["chain"]), block["chain"]),
        Figure("Nodes", f"{number(block['nodes'])} of {number(block['expected'])}", block["nodes"]),
        Figure("Never had it", number(never), never, "bad" if never else ""),
        Figure("p50", milliseconds(block["until_50_ms"]), block["until_50_ms"]),
        Figure("p90", milliseconds(block["until_90_ms"]), block["until_90_ms"]),
        Figure("p99", milliseconds(block["until_99_ms"]), block["until_99_ms"]),
        Figure("Authoring", milliseconds(block["authoring_ms"]), block["authoring_ms"]),
        Figure("Size", size(block["size_bytes"]), block["size_bytes"]),
        Figure("Guarantees", number(block["num_guarantees"]), block["num_guarantees"]),
        Figure("Assurances", number(block["num_assurances"]), block["num_assurances"]),
        Figure("Tickets", number(block["num_tickets"]), block["num_tickets"]),
        Figure("Hash", short_id(block["hash"]), block["hash"]),
    )


def _node_rows(slot: SlotPropagation) -> Iterator[Row]:
    """Yield the nodes of each block: those that never had it, then the latest first."""
    nodes = slot["nodes"]
    for block in slot["blocks"]:
        stages, never = block["stages"], set(block["never"])
        for place in sorted(never.difference(stages["node"])):
            yield _node_row(block, nodes[place], _NEVER, {})
        for index in reversed(range(len(stages["node"]))):
            place = stages["node"][index]
            times = {key: _column(stages, key)[index] for key in _TIMES}
            had = _NEVER if place in never else duration_cell(stages["had"][index])
            yield _node_row(block, nodes[place], had, times)


def _node_row(
    block: BlockPropagationDetail, node: SlotNode, had: Cell, times: Mapping[str, float | None]
) -> Row:
    cells = {
        "node": id_cell(node["node_id"]),
        "had": had,
        "implementation": implementation_cell(node),
        "block": id_cell(block["hash"], "dim"),
        **{key: duration_cell(times.get(key)) for key in _TIMES},
    }
    return Row(
        f"{block['hash']} {node['node_id']}",
        tuple(cells[column.key] for column in _NODES),
        Place("node", node["node_id"]),
    )


def _column(stages: NodeStages, key: str) -> Sequence[float | None]:
    column: Sequence[float | None] = stages[key]  # type: ignore[literal-required]
    return column


def _stage_rows(blocks: Sequence[BlockPropagationDetail]) -> Iterator[Row]:
    """Yield first, median and last time of each stage over the nodes that reached it."""
    for block in blocks:
        for key, title in (("had", "Had it"), *_STAGES, *_DURATIONS):
            times = [ms for ms in _column(block["stages"], key) if ms is not None]
            cells = (
                Cell(title.lower(), key),
                number_cell(len(times)),
                duration_cell(min(times, default=None)),
                duration_cell(median(times) if times else None),
                duration_cell(max(times, default=None)),
                id_cell(block["hash"], "dim"),
            )
            yield Row(f"{block['hash']} {key}", cells)


def _block_row(block: BlockPropagationDetail) -> Row:
    author = block["author"]
    cells = (
        id_cell(block["hash"]),
        text_cell(block["chain"], "warning" if block["chain"] == "fork" else ""),
        Cell(f"{number(block['nodes'])}/{number(block['expected'])}", block["nodes"]),
        duration_cell(block["until_90_ms"]),
        id_cell(author["node_id"] if author else None),
        implementation_cell(author),
        id_cell(block["parent"], "dim"),
    )
    return Row(block["hash"], cells)


def _failure_rows(slot: SlotPropagation, now: datetime) -> Iterator[Row]:
    for index, failure in enumerate(slot["failures"]):
        node_id = slot["nodes"][failure["node"]]["node_id"]
        cells = (
            age_cell(failure["at"], now),
            id_cell(node_id),
            text_cell(failure["stage"], "bad"),
            duration_cell(failure["ms"]),
            text_cell(failure["reason"]),
            id_cell(failure["hash"], "dim"),
        )
        yield Row(str(index), cells, Place("node", node_id))


VIEW = View(
    name="slot",
    aliases=("block",),
    title="",
    requests=requests,
    page=page,
    argument="SLOT",
    argument_required=True,
)
