"""Values of the report: the answers of the API for one window, and names in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tart.client._generated import answers as api


@dataclass(frozen=True)
class Report:
    """Everything that the report is made of.

    Attributes:
        url: Address of the server.
        version: Version of the server.
        start: Start of the window.
        end: Its end.
        slots: Slots of the window, oldest first.
        slots_cut: Whether the window has more slots than were read.
        refused: Why an answer is missing, by its name.
    """

    url: str
    version: str
    start: str
    end: str
    network: api.Network | None = None
    implementations: api.Implementations | None = None
    nodes: api.NodesSummary | None = None
    comparison: api.ImplementationComparison | None = None
    blocks: api.Blocks | None = None
    propagation: api.BlockPropagation | None = None
    production: api.Timeseries | None = None
    finality: api.Finality | None = None
    failure_rates: api.FailureRates | None = None
    failures: api.Failures | None = None
    conformance: api.ConformanceMatrix | None = None
    funnel: api.WorkFunnel | None = None
    stages: api.WorkLatency | None = None
    assurances: api.Assurances | None = None
    guarantees: api.Guarantees | None = None
    execution: api.Execution | None = None
    chain: api.Reconcile | None = None
    alerts: api.AlertHistory | None = None
    slots: Sequence[api.SlotSummary] = ()
    slots_cut: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)

    def answers(self) -> dict[str, Mapping[str, Any]]:
        """Return the answers that there are, by name."""
        return {
            name: value
            for name, value in vars(self).items()
            if isinstance(value, Mapping) and name != "refused"
        }


def version_name(name: str | None, version: str | None) -> str:
    """Return the name of an implementation and version."""
    return " ".join(part for part in (name, version) if part) or "unknown"


def measure_name(name: str) -> str:
    """Return the name of a step or metric as it is read."""
    return name.replace("_to_", " → ") if "_to_" in name else name.replace("_", " ")


def node_name(node_id: str) -> str:
    """Return the first 16 digits of a node id, which every route completes."""
    return node_id[:16]


def time_name(time: str | None) -> str:
    """Return a time to the second."""
    if time is None:
        return "–"
    return f"{time[:10]} {time[11:19]}"


def cut_slots(
    slots: Sequence[api.SlotSummary], start: str, end: str
) -> tuple[list[api.SlotSummary], bool]:
    """Return the slots from the first to the last one with a block of the window.

    A slot without a block has no time that can be trusted: it belongs to the blocks around it.

    Args:
        slots: Oldest first, without gaps.
        start: Start of the window.
        end: Its end, in the same form as the times of blocks.

    Returns:
        The slots, and whether a block before the window shows that none is missing.
    """
    first = last = None
    is_whole = False
    for place, slot in enumerate(slots):
        times = [block["first_had_at"] for block in slot["blocks"] if block["first_had_at"]]
        if not times:
            continue
        if min(times) < start:
            is_whole, first = True, None
        elif min(times) <= end:
            first, last = place if first is None else first, place
    if first is None or last is None:
        return [], is_whole
    return list(slots[first : last + 1]), is_whole
