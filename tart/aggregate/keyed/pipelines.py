"""Pipelines as rows: the progress of a block or a work-package at one node.

Pure. A row opens with its first event (Authoring or Importing; Work-package submission or
Work-package being shared) and follows the events of its connection that refer to it. It
closes when the pipeline has failed or is complete. A pipeline without an end is written when
its connection ends or when it is older than ``references.tracker.FOLLOW_SECONDS`` (10 minutes).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tart.aggregate.core.tables import BLOCK_STEPS, PACKAGE_STEPS, ROWS
from tart.protocol.events import EventKind
from tart.query.core.aggregate_columns import OUTLINE

# The event types that open a pipeline.
PIPELINE_ROOTS = frozenset(
    {
        EventKind.AUTHORING,
        EventKind.IMPORTING,
        EventKind.WORK_PACKAGE_SUBMISSION,
        EventKind.WORK_PACKAGE_BEING_SHARED,
    }
)
# The outcome until another is known.
UNFINISHED = "unfinished"

Fields = Mapping[str, Any]
# A value of a work-package that is not a column of its row.
_ITEM_SERVICES = "item_services"
# Steps that complete a work-package; the step is its outcome.
_COMPLETING = frozenset({EventKind.GUARANTEES_DISTRIBUTED, EventKind.WORK_REPORT_SIGNATURE_SENT})


class PipelineEnd(NamedTuple):
    """The end of a pipeline.

    Attributes:
        kind: The event type that opened it.
        outcome: The value of the column ``outcome``.
        last_step: The last step that it completed; empty if none.
    """

    kind: int
    outcome: str
    last_step: str


class PipelineState(NamedTuple):
    """A copy of a pipeline's state."""

    values: dict[str, Any]
    done: bool
    written: bool


class Pipeline:
    """A row that is being completed.

    Attributes:
        values: The columns known so far, and values that are not columns.
        done: No later event changes the outcome.
        written: The row has been passed to the flush.
    """

    table = ""
    # In the order in which a pipeline completes them.
    steps: tuple[str, ...] = ()

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = values
        self.done = False
        self.written = False

    @property
    def unfinished(self) -> bool:
        """Return whether the outcome is unknown and the row has not been passed to the flush."""
        return not self.written and self.values["outcome"] == UNFINISHED

    @property
    def slot(self) -> int | None:
        """Return the slot, once known."""
        slot: int | None = self.values.get("slot")
        return slot

    @property
    def core(self) -> int | None:
        """Return the core, once known."""
        core: int | None = self.values.get("core")
        return core

    @property
    def hash(self) -> bytes | None:
        """Return the hash of the header or the work-package, once known."""
        value: bytes | None = self.values.get("hash")
        return value

    def state(self) -> PipelineState:
        """Return a copy of the state, to be restored if the next event fails."""
        return PipelineState(self.values.copy(), self.done, self.written)

    def restore(self, state: PipelineState) -> None:
        """Return to an earlier state."""
        self.values, self.done, self.written = state.values.copy(), state.done, state.written

    def record_event(self, seq: int, received_at: int) -> None:
        """Record an event; the newest is the row's last."""
        if seq > self.values.get("last_seq", -1):
            self.values["last_seq"], self.values["ended_at"] = seq, received_at

    def fail(self, number: int, timestamp: int, reason: str, outcome: str = "failed") -> None:
        """Record a failure; only the first one counts."""
        if not self.done:
            self.values.update(outcome=outcome, failed_type=number, failed=timestamp, reason=reason)
            self.done = True

    def end(self) -> PipelineEnd:
        """Return the end of the pipeline, if it ended now."""
        completed = [step for step in self.steps if step in self.values]
        last_step = completed[-1] if completed else ""
        return PipelineEnd(self.values["kind"], self.values["outcome"], last_step)

    def row(self) -> tuple[Any, ...]:
        """Return the row in its current state."""
        return tuple(map(self.values.get, ROWS[self.table]))


class BlockPipeline(Pipeline):
    """A block authored or imported by one node."""

    table = "blocks"
    steps = tuple(BLOCK_STEPS.values())

    def set_outline(self, outline: Fields) -> None:
        """Set the hash and the columns of the block's outline."""
        self.values["hash"] = outline["hash"]
        self.values.update((name, outline[name]) for name in OUTLINE)

    def advance(self, number: int, timestamp: int, fields: Fields) -> None:
        """Record a later event.

        ``fields`` may be empty for event types that only carry a reference.
        """
        step = BLOCK_STEPS.get(number)
        if step is not None and not self.done:
            self.values.setdefault(step, timestamp)
        set_columns = _BLOCK_COLUMNS.get(number)
        if set_columns is not None:
            set_columns(self, fields)
        if not self.done:
            self._update_outcome()

    def _set_authored(self, fields: Fields) -> None:
        self.set_outline(fields["outline"])

    def _set_executed(self, fields: Fields) -> None:
        totals = [cost["total"] for _, cost in fields["accumulate_costs"]]
        self.values["services"] = len(totals)
        self.values["gas"] = sum(total["gas_used"] for total in totals)
        self.values["elapsed_ns"] = sum(total["elapsed_ns"] for total in totals)

    def _update_outcome(self) -> None:
        authoring = self.values["kind"] == EventKind.AUTHORING
        for step in ("authored",) if authoring else ("executed", "verified"):
            if step in self.values:
                self.values["outcome"] = step
                break
        self.done = "executed" in self.values and ("authored" in self.values or not authoring)


class PackagePipeline(Pipeline):
    """A work-package at one guarantor, as primary (submission) or secondary (share)."""

    table = "packages"
    steps = tuple(PACKAGE_STEPS.values())

    @property
    def services(self) -> list[int]:
        """Return the services of the work items in order, as Refined lists their costs."""
        services: list[int] = self.values.get(_ITEM_SERVICES, [])
        return services

    def advance(self, number: int, timestamp: int, fields: Fields) -> None:
        """Record a later event.

        ``fields`` may be empty for event types that only carry a reference.
        """
        step = PACKAGE_STEPS.get(number)
        if step is not None and not self.done:
            self.values.setdefault(step, timestamp)
            if number in _COMPLETING:
                self.values["outcome"] = step
                self.done = True
        set_columns = _PACKAGE_COLUMNS.get(number)
        if set_columns is not None:
            set_columns(self, fields)

    def increase(self, column: str, count: int = 1) -> None:
        """Add to a column that is a count."""
        self.values[column] = self.values.get(column, 0) + count

    def _set_received(self, fields: Fields) -> None:
        outline = fields["outline"]
        items = outline["work_items"]
        self.values.update(
            {_ITEM_SERVICES: [item["service_id"] for item in items]},
            core=fields["core"],
            services=_json_array(item["service_id"] for item in items),
            hash=outline["work_package_hash"],
            size_bytes=outline["work_package_size"],
            items=len(items),
            refine_gas_limit=sum(item["refine_gas_limit"] for item in items),
            imports=sum(len(item["imports"]) for item in items),
            exports=sum(item["num_exported_segments"] for item in items),
            extrinsic_size=sum(item["sum_of_extrinsic_lengths"] for item in items),
        )

    def _set_authorized(self, fields: Fields) -> None:
        total = fields["cost"]["total"]
        self.values.update(auth_gas=total["gas_used"], auth_ns=total["elapsed_ns"])

    def _set_refined(self, fields: Fields) -> None:
        totals = [cost["total"] for cost in fields["costs"]]
        self.values.update(
            refine_gas=sum(total["gas_used"] for total in totals),
            refine_ns=sum(total["elapsed_ns"] for total in totals),
            item_gas=_json_array(total["gas_used"] for total in totals),
        )

    def _set_report(self, fields: Fields) -> None:
        outline = fields["outline"]
        self.values.update(
            report=outline["work_report_hash"],
            bundle_size=outline["bundle_size"],
            erasure_root=outline["erasure_root"],
            segments_root=outline["segments_root"],
        )

    def _set_guarantee(self, fields: Fields) -> None:
        outline = fields["outline"]
        self.values.update(
            slot=outline["slot"],
            guarantee_slot=outline["slot"],
            guarantors=_json_array(outline["guarantors"]),
        )

    def _count_share(self, fields: Fields) -> None:
        self.increase("shared")

    def _count_signature(self, fields: Fields) -> None:
        self.increase("signatures")


def _json_array(numbers: Iterable[int]) -> str:
    return json.dumps([*numbers], separators=(",", ":"))


_BLOCK_COLUMNS: Mapping[int, Callable[[BlockPipeline, Fields], None]] = {
    EventKind.AUTHORED: BlockPipeline._set_authored,
    EventKind.BLOCK_EXECUTED: BlockPipeline._set_executed,
}
_PACKAGE_COLUMNS: Mapping[int, Callable[[PackagePipeline, Fields], None]] = {
    EventKind.WORK_PACKAGE_RECEIVED: PackagePipeline._set_received,
    EventKind.AUTHORIZED: PackagePipeline._set_authorized,
    EventKind.REFINED: PackagePipeline._set_refined,
    EventKind.WORK_REPORT_BUILT: PackagePipeline._set_report,
    EventKind.GUARANTEE_BUILT: PackagePipeline._set_guarantee,
    EventKind.BUNDLE_SENT: PackagePipeline._count_share,
    EventKind.WORK_REPORT_SIGNATURE_RECEIVED: PackagePipeline._count_signature,
}
