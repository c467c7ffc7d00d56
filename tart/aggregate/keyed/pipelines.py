"""Pipelines as rows: what became of a block or a work-package at one node.

Pure. A row opens with its first event (40, 43; 90, 91) and follows those that refer to
it, within the session. It closes when it has failed or all is done; what never ends is
written when its connection ends or it is too old to be waited for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from tart.aggregate.core.tables import BLOCK_STEPS, PACKAGE_STEPS, ROWS
from tart.query.topics.blocks import OUTLINE

AUTHORING, IMPORTING = 40, 43
AUTHORED, VERIFIED, EXECUTED = 42, 45, 47
SUBMISSION, SHARE = 90, 91
FAILED, DUPLICATE, RECEIVED, AUTHORIZED = 92, 93, 94, 95
SHARING, SHARING_FAILED, BUNDLE_SENT = 98, 99, 100
REFINED, BUILT, SIGNED, SIGNATURE = 101, 102, 103, 104
GUARANTEE_BUILT, SENDING, SEND_FAILED, SENT, DISTRIBUTED = 105, 106, 107, 108, 109

# The outcome until another is known.
UNFINISHED = "unfinished"

Fields = Mapping[str, Any]
# Among a package's values, but no column of its row.
_ITEM_SERVICES = "item_services"


class PipelineState(NamedTuple):
    """A pipeline as it was at one moment."""

    values: dict[str, Any]
    done: bool
    written: bool


class Pipeline:
    """One row in the making; ``values`` are its columns so far, and all it knows beside."""

    table = ""

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = values
        # Nothing that comes changes what it says; its row was handed on.
        self.done = False
        self.written = False

    @property
    def unfinished(self) -> bool:
        """Nothing said what became of it, and its row was not handed on."""
        return not self.written and self.values["outcome"] == UNFINISHED

    @property
    def slot(self) -> int | None:
        """The slot, once known."""
        found: int | None = self.values.get("slot")
        return found

    @property
    def core(self) -> int | None:
        """The core, once known."""
        found: int | None = self.values.get("core")
        return found

    @property
    def hash(self) -> bytes | None:
        """The header's or work-package's hash, once known."""
        found: bytes | None = self.values.get("hash")
        return found

    def state(self) -> PipelineState:
        """What it is now, to be restored if what comes next fails."""
        return PipelineState(self.values.copy(), self.done, self.written)

    def restore(self, state: PipelineState) -> None:
        """Be again what it was."""
        self.values, self.done, self.written = state.values.copy(), state.done, state.written

    def touch(self, seq: int, received_at: int) -> None:
        """Note an event; the newest stays."""
        if seq > self.values.get("last_seq", -1):
            self.values["last_seq"], self.values["ended_at"] = seq, received_at

    def fail(self, number: int, timestamp: int, reason: str, outcome: str = "failed") -> None:
        """It has failed; the first failure counts."""
        if not self.done:
            self.values.update(outcome=outcome, failed_type=number, failed=timestamp, reason=reason)
            self.done = True

    def row(self) -> tuple[Any, ...]:
        """The row as it is now."""
        return tuple(map(self.values.get, ROWS[self.table]))

    def _step(self, name: str, timestamp: int) -> None:
        self.values.setdefault(name, timestamp)


class Block(Pipeline):
    """A block authored or imported by one node."""

    table = "blocks"

    def outline(self, outline: Fields) -> None:
        """What the block has in it."""
        self.values["hash"] = outline["hash"]
        self.values.update((name, outline[name]) for name in OUTLINE)

    def follow(self, number: int, timestamp: int, fields: Fields) -> None:
        """A later event of it; ``fields`` only where there is more than the reference."""
        if number in BLOCK_STEPS and not self.done:
            self._step(BLOCK_STEPS[number], timestamp)
        if number == AUTHORED:
            self.outline(fields["outline"])
        elif number == EXECUTED:
            costs = [cost for _, cost in fields["accumulate_costs"]]
            self.values["services"] = len(costs)
            self.values["gas"] = sum(each["total"]["gas_used"] for each in costs)
            self.values["elapsed_ns"] = sum(each["total"]["elapsed_ns"] for each in costs)
        self._conclude()

    def _conclude(self) -> None:
        if self.done:
            return
        authoring = self.values["kind"] == AUTHORING
        for step in ("authored",) if authoring else ("executed", "verified"):
            if step in self.values:
                self.values["outcome"] = step
                break
        self.done = "executed" in self.values and ("authored" in self.values or not authoring)


class Package(Pipeline):
    """A work-package at one guarantor, as primary (90) or secondary (91)."""

    table = "packages"

    @property
    def services(self) -> list[int]:
        """The services of the work items, in order: what Refined's costs belong to."""
        found: list[int] = self.values.get(_ITEM_SERVICES, [])
        return found

    def follow(self, number: int, timestamp: int, fields: Fields) -> None:
        """A later event of it."""
        if number in PACKAGE_STEPS and not self.done:
            self._step(PACKAGE_STEPS[number], timestamp)
        handle = _PACKAGE.get(number)
        if handle is not None:
            handle(self, fields)
        if number in (DISTRIBUTED, SIGNED) and not self.done:
            self.values["outcome"] = PACKAGE_STEPS[number]
            self.done = True

    def more(self, name: str, count: int = 1) -> None:
        """Count more of something."""
        self.values[name] = self.values.get(name, 0) + count

    def _received(self, fields: Fields) -> None:
        outline = fields["outline"]
        items = outline["work_items"]
        self.values.update(
            {_ITEM_SERVICES: [each["service_id"] for each in items]},
            core=fields["core"],
            hash=outline["work_package_hash"],
            size_bytes=outline["work_package_size"],
            items=len(items),
            refine_gas_limit=sum(each["refine_gas_limit"] for each in items),
            imports=sum(len(each["imports"]) for each in items),
            exports=sum(each["num_exported_segments"] for each in items),
            extrinsic_size=sum(each["sum_of_extrinsic_lengths"] for each in items),
        )

    def _authorized(self, fields: Fields) -> None:
        total = fields["cost"]["total"]
        self.values.update(auth_gas=total["gas_used"], auth_ns=total["elapsed_ns"])

    def _refined(self, fields: Fields) -> None:
        totals = [each["total"] for each in fields["costs"]]
        self.values.update(
            refine_gas=sum(each["gas_used"] for each in totals),
            refine_ns=sum(each["elapsed_ns"] for each in totals),
        )

    def _built(self, fields: Fields) -> None:
        outline = fields["outline"]
        self.values.update(
            report=outline["work_report_hash"],
            bundle_size=outline["bundle_size"],
            erasure_root=outline["erasure_root"],
            segments_root=outline["segments_root"],
        )

    def _guaranteed(self, fields: Fields) -> None:
        outline = fields["outline"]
        self.values.update(
            slot=outline["slot"],
            guarantee_slot=outline["slot"],
            guarantors=json.dumps(outline["guarantors"], separators=(",", ":")),
        )

    def _shared(self, fields: Fields) -> None:
        self.more("shared")

    def _signature(self, fields: Fields) -> None:
        self.more("signatures")


_PACKAGE = {
    RECEIVED: Package._received,
    AUTHORIZED: Package._authorized,
    REFINED: Package._refined,
    BUILT: Package._built,
    GUARANTEE_BUILT: Package._guaranteed,
    BUNDLE_SENT: Package._shared,
    SIGNATURE: Package._signature,
}
