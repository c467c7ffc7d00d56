"""Work-packages of builders, and their guarantors.

Pure. A package names its items and its imports from earlier packages; its report is
determined from the start, since every guarantor computes the same. Packages whose reports
became available are remembered for a while, for others to import.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from tart.simulate.model.records import Block, Report, WorkItem
from tart.simulate.model.world import Node, World

SERVICES = tuple(range(1000, 1012))
_BUILDERS = 5
_IMPORTABLE = 32
_IMPORTED_SEGMENTS = 4


class Packages:
    """Makes packages and remembers those whose exports can be imported."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._importable: deque[Report] = deque(maxlen=_IMPORTABLE)
        self._last_slot = 0
        self._builders = tuple(world.hash("builder", index) for index in range(_BUILDERS))

    def follow(self, node: Node, block: Block) -> None:
        """Remember the available reports of a block, when the first node follows it."""
        if block.slot > self._last_slot:
            self._last_slot = block.slot
            for report in block.available:
                report.imported_from = (
                    None  # otherwise each report would keep all earlier ones alive
                )
                if report.exported_segments:
                    self._importable.append(report)

    def builder(self) -> bytes:
        """Return the key of a random builder; builders send no telemetry."""
        return self._world.rng.choice(self._builders)

    def make(self, slot: int, core: int) -> Report:
        """Return a new package for a core."""
        world, rng = self._world, self._world.rng
        wants = world.happens("with_imports") and bool(self._importable)
        identity = (slot, core)
        return Report(
            slot=slot,
            core=core,
            package_hash=world.hash("package", *identity),
            hash=world.hash("report", *identity),
            erasure_root=world.hash("erasure", *identity),
            segments_root=world.hash("segments", *identity),
            bundle_size=rng.randrange(20_000, 2_000_000),
            items=tuple(self._item() for _ in range(rng.randint(1, 3))),
            exported_segments=rng.randint(0, _IMPORTED_SEGMENTS),
            imported_from=rng.choice(self._importable) if wants else None,
            by_package_hash=wants and rng.random() < 0.5,
        )

    def _item(self) -> WorkItem:
        rng = self._world.rng
        refine = rng.randrange(50_000_000, 400_000_000)
        return WorkItem(rng.choice(SERVICES), refine, rng.randrange(500_000, 5_000_000))


def imported_segments(report: Report) -> list[int]:
    """Return the positions of the imported segments in the package's list of imports."""
    return list(range(report.imported_from.exported_segments)) if report.imported_from else []


def extrinsic_size(item: WorkItem) -> int:
    """Return the bytes of an item's extrinsics."""
    return item.refine_gas % 20_000


def outline(report: Report, anchor: Block) -> dict[str, Any]:
    """Return JIP-3's Work Package Outline; the first item has the imports."""
    items = [_item_outline(report, index) for index in range(len(report.items))]
    source = report.imported_from if report.by_package_hash else None
    return {
        "work_package_size": report.bundle_size // 3,
        "work_package_hash": report.package_hash,
        "anchor": anchor.hash,
        "lookup_anchor_slot": anchor.slot,
        "prerequisites": [source.package_hash] if source else [],
        "work_items": items,
    }


def _item_outline(report: Report, index: int) -> dict[str, Any]:
    item = report.items[index]
    return {
        "service_id": item.service,
        "payload_size": 1_000 + item.refine_gas % 9_000,
        "refine_gas_limit": 1_000_000_000,
        "accumulate_gas_limit": 10_000_000,
        "sum_of_extrinsic_lengths": extrinsic_size(item),
        "imports": _import_specs(report) if index == 0 else [],
        "num_exported_segments": report.exported_segments if index == 0 else 0,
    }


def _import_specs(report: Report) -> list[dict[str, Any]]:
    source = report.imported_from
    if source is None:
        return []
    root = (
        {"WorkPackageHash": source.package_hash}
        if report.by_package_hash
        else {"SegmentsRoot": source.segments_root}
    )
    return [{"root_identifier": root, "export_index": index} for index in imported_segments(report)]


def core_of(world: World, node: Node, slot: int) -> int:
    """Return the core to which a validator is assigned in a slot."""
    return (node.index + slot // world.parameters["rotation_period"]) % world.cores


def guarantors_of(world: World, core: int, slot: int) -> list[Node]:
    """Return the validators assigned to a core in a slot; they change every rotation period."""
    rotation = slot // world.parameters["rotation_period"]
    cores = world.cores
    # (index + rotation) % cores == core, without testing every validator.
    return world.nodes[(core - rotation) % cores :: cores]
