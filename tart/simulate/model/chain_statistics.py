"""The statistics that the simulated chain keeps in its state (Gray Paper, "Statistics").

Pure. They follow from what blocks contain, not from what nodes tell; so they are a witness of the
telemetry. Records of validators add up within an epoch and are the previous epoch's once a later
one has a block; records of cores and services are of one block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tart.rpc.model import CoreRecord, ServiceRecord, Statistics, ValidatorRecord
from tart.simulate.model.packages import extrinsic_size, imported_segments
from tart.simulate.model.records import Block, Report

_SEGMENT_BYTES = 4_104
# Each 64 exported segments have a page of proofs.
_SEGMENTS_PER_PROOF = 64

_NO_VALIDATOR, _NO_CORE = ValidatorRecord(), CoreRecord()


def initial_statistics(validators: int, cores: int) -> Statistics:
    """Return the statistics of a chain without blocks."""
    zeros = (_NO_VALIDATOR,) * validators
    return Statistics(zeros, zeros, (_NO_CORE,) * cores, {}, "0.7")


def statistics_after(block: Block, parent: Block, epoch_slots: int, cores: int) -> Statistics:
    """Return the statistics in the state after a block.

    Args:
        block: A complete block.
        parent: Its parent, which has statistics.
        epoch_slots: The length of an epoch.
        cores: The number of cores.
    """
    before = parent.statistics
    assert before is not None
    current, previous = before.current, before.previous
    if block.slot // epoch_slots != parent.slot // epoch_slots:
        current, previous = (_NO_VALIDATOR,) * len(current), current
    return Statistics(
        _validators(block, current), previous, _cores(block, cores), _services(block), "0.7"
    )


def load_of(report: Report) -> int:
    """Return the bytes that a report brings to the availability system."""
    proofs = -(-report.exported_segments // _SEGMENTS_PER_PROOF)
    return report.bundle_size + _SEGMENT_BYTES * (report.exported_segments + proofs)


def _validators(block: Block, before: tuple[ValidatorRecord, ...]) -> tuple[ValidatorRecord, ...]:
    records = list(before)

    def change(index: int, **added: int) -> None:
        record = records[index]
        total = {name: getattr(record, name) + number for name, number in added.items()}
        records[index] = record._replace(**total)

    change(
        block.author,
        blocks=1,
        tickets=block.tickets,
        preimages=len(block.preimages),
        preimage_octets=sum(each.length for each in block.preimages),
    )
    for index in sorted({each for guarantee in block.reported for each in guarantee.guarantors}):
        change(index, guarantees=1)
    for index in block.assurances:
        change(index, assurances=1)
    return tuple(records)


def _cores(block: Block, cores: int) -> tuple[CoreRecord, ...]:
    records = [_NO_CORE] * cores
    for guarantee in block.reported:
        report = guarantee.report
        sizes = [extrinsic_size(item) for item in report.items]
        records[report.core] = CoreRecord(
            imports=len(imported_segments(report)),
            extrinsic_count=len([size for size in sizes if size]),
            extrinsic_size=sum(sizes),
            exports=report.exported_segments,
            bundle_size=report.bundle_size,
            gas_used=sum(item.refine_gas for item in report.items),
        )
    for report in block.available:
        records[report.core] = records[report.core]._replace(da_load=load_of(report))
    marks = [each for each in block.assurances.values() if each]
    for core in range(cores) if marks else ():
        popularity = sum(each >> core & 1 for each in marks)
        if popularity:
            records[core] = records[core]._replace(popularity=popularity)
    return tuple(records)


@dataclass(slots=True)
class _Services:
    """Records of services that are being added up."""

    records: dict[int, ServiceRecord] = field(default_factory=dict)

    def add(self, service: int, **added: int) -> None:
        record = self.records.get(service, ServiceRecord())
        total = {name: getattr(record, name) + number for name, number in added.items()}
        self.records[service] = record._replace(**total)


def _services(block: Block) -> dict[int, ServiceRecord]:
    services = _Services()
    for preimage in block.preimages:
        services.add(preimage.service, provided_count=1, provided_size=preimage.length)
    for guarantee in block.reported:
        _add_refinement(services.add, guarantee.report)
    for report in block.available:
        for item in report.items:
            services.add(item.service, accumulate_count=1, accumulate_gas=item.accumulate_gas)
    return dict(sorted(services.records.items()))


def _add_refinement(add: Callable[..., None], report: Report) -> None:
    for index, item in enumerate(report.items):
        # The first item has the imports and the exports of the package.
        first = index == 0
        size = extrinsic_size(item)
        add(
            item.service,
            refinement_count=1,
            refinement_gas=item.refine_gas,
            imports=len(imported_segments(report)) if first else 0,
            extrinsic_count=int(size > 0),
            extrinsic_size=size,
            exports=report.exported_segments if first else 0,
        )
