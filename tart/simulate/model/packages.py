"""Work-packages as builders make them, and who guarantees them.

Pure. A package names its items and what it imports of earlier packages; the report it
will lead to is determined from the start, since every guarantor computes the same.
Packages whose reports became available are remembered a while for others to import.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from tart.simulate.model.records import Block, Report, WorkItem
from tart.simulate.model.world import Node, Stage

SERVICES = tuple(range(1000, 1012))
_BUILDERS = 5
_IMPORTABLE = 32
_IMPORTED_SEGMENTS = 4


class Packages:
    """Makes packages and remembers those whose exports can be imported."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._importable: deque[Report] = deque(maxlen=_IMPORTABLE)
        self._last_slot = 0
        self._builders = tuple(stage.hash("builder", at) for at in range(_BUILDERS))

    def follow(self, node: Node, block: Block) -> None:
        """Remember the available reports of a block, when the first node follows it."""
        if block.slot > self._last_slot:
            self._last_slot = block.slot
            for each in block.available:
                each.imports = None  # or each report would keep all before it
                if each.exports:
                    self._importable.append(each)

    def builder(self) -> bytes:
        """The key of some builder; builders send no telemetry."""
        return self._stage.rng.choice(self._builders)

    def make(self, slot: int, core: int) -> Report:
        """A new package for that core."""
        stage, rng = self._stage, self._stage.rng
        wants = stage.happens("with_imports") and bool(self._importable)
        identity = (slot, core)
        return Report(
            slot=slot,
            core=core,
            package_hash=stage.hash("package", *identity),
            hash=stage.hash("report", *identity),
            erasure_root=stage.hash("erasure", *identity),
            segments_root=stage.hash("segments", *identity),
            bundle_size=rng.randrange(20_000, 2_000_000),
            items=tuple(self._item() for _ in range(rng.randint(1, 3))),
            exports=rng.randint(0, _IMPORTED_SEGMENTS),
            imports=rng.choice(self._importable) if wants else None,
            by_package_hash=wants and rng.random() < 0.5,
        )

    def _item(self) -> WorkItem:
        rng = self._stage.rng
        refine = rng.randrange(50_000_000, 400_000_000)
        return WorkItem(rng.choice(SERVICES), refine, rng.randrange(500_000, 5_000_000))


def imported_segments(report: Report) -> list[int]:
    """Positions of the segments that the package imports, in its list of imports."""
    return list(range(report.imports.exports)) if report.imports else []


def outline(report: Report, anchor: Block) -> dict[str, Any]:
    """As JIP-3's Work Package Outline; the imports stand in the first item."""
    items = [_item_outline(report, at) for at in range(len(report.items))]
    source = report.imports if report.by_package_hash else None
    return {
        "work_package_size": report.bundle_size // 3,
        "work_package_hash": report.package_hash,
        "anchor": anchor.hash,
        "lookup_anchor_slot": anchor.slot,
        "prerequisites": [source.package_hash] if source else [],
        "work_items": items,
    }


def _item_outline(report: Report, at: int) -> dict[str, Any]:
    item = report.items[at]
    return {
        "service_id": item.service,
        "payload_size": 1_000 + item.refine_gas % 9_000,
        "refine_gas_limit": 1_000_000_000,
        "accumulate_gas_limit": 10_000_000,
        "sum_of_extrinsic_lengths": item.refine_gas % 20_000,
        "imports": _import_specs(report) if at == 0 else [],
        "num_exported_segments": report.exports if at == 0 else 0,
    }


def _import_specs(report: Report) -> list[dict[str, Any]]:
    source = report.imports
    if source is None:
        return []
    root = (
        {"WorkPackageHash": source.package_hash}
        if report.by_package_hash
        else {"SegmentsRoot": source.segments_root}
    )
    return [{"root_identifier": root, "export_index": index} for index in imported_segments(report)]


def guarantors_of(stage: Stage, core: int, slot: int) -> list[Node]:
    """The validators assigned to a core in a slot; they change every rotation period."""
    rotation = slot // stage.parameters["rotation_period"]
    cores = stage.cores
    # (index + rotation) % cores == core, without asking every validator.
    return stage.nodes[(core - rotation) % cores :: cores]
