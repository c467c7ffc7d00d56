"""Answers of jamtart's routes about statistics on chain, where the chain itself is followed.

Pure. Sums are exact and of blocks on the chain alone. Figures of validators, which the chain keeps
as tallies of an epoch, are increases from block to block, or an epoch's own record; so no answer
mixes epochs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tart.query.answers import grafana_onchain as answers
from tart.query.chain_queries.chain import (
    ChainBlock,
    CoreTotals,
    ServiceTotals,
    ValidatorBucket,
    ValidatorTotals,
)
from tart.query.core.slot_clock import SlotClock
from tart.query.grafana.work_packages import service_text
from tart.rpc.model import ValidatorRecord

_FIGURES = ValidatorRecord._fields


def cores(totals: Iterable[CoreTotals]) -> list[answers.GrafanaChainCore]:
    """Return the answer of ``/api/grafana/onchain/cores``."""
    return [
        {
            "core": each.core or 0,
            "gas_used": each.gas_used,
            "da_load": each.da_load,
            "popularity_avg": _popularity(each),
            "imports": each.imports,
            "extrinsic_count": each.extrinsic_count,
            "extrinsic_size": each.extrinsic_size,
            "exports": each.exports,
            "bundle_size": each.bundle_size,
        }
        for each in totals
    ]


def _popularity(totals: CoreTotals) -> float:
    divisor = totals.popularity_blocks
    return totals.popularity / divisor if divisor else 0.0


def cores_by_time(
    totals: Iterable[CoreTotals], clock: SlotClock
) -> list[answers.GrafanaChainCoreBucket]:
    """Return the answer of ``/api/grafana/onchain/cores/timeseries``."""
    buckets: list[answers.GrafanaChainCoreBucket] = []
    for figures in totals:
        bucket: answers.GrafanaChainCoreBucket = {
            "ts": clock.text(figures.step),
            "gas_used": figures.gas_used,
            "da_load": figures.da_load,
            "popularity": _popularity(figures),
            "imports": figures.imports,
            "extrinsic_count": figures.extrinsic_count,
            "extrinsic_size": figures.extrinsic_size,
            "exports": figures.exports,
            "bundle_size": figures.bundle_size,
        }
        if figures.core is not None:
            bucket["core"] = figures.core
        buckets.append(bucket)
    return buckets


def core_blocks(
    totals: Iterable[CoreTotals], clock: SlotClock
) -> list[answers.GrafanaChainCoreBlock]:
    """Return the answer of ``/api/grafana/onchain/cores/{core_id}``, newest first.

    Args:
        totals: Buckets of one slot, which has one block on the chain.
        clock: Of the chain.
    """
    return [
        {
            "timestamp": clock.text(each.step),
            "slot": each.step,
            "core": each.core or 0,
            "gas_used": each.gas_used,
            "da_load": each.da_load,
            "popularity": each.popularity,
            "imports": each.imports,
            "extrinsic_count": each.extrinsic_count,
            "extrinsic_size": each.extrinsic_size,
            "exports": each.exports,
            "bundle_size": each.bundle_size,
        }
        for each in sorted(totals, key=lambda each: each.step, reverse=True)
    ]


def _service(totals: ServiceTotals) -> answers.GrafanaServiceStatistics:
    return {
        "service_id": service_text(totals.service or 0),
        "provided_count": totals.provided_count,
        "provided_size": totals.provided_size,
        "refinement_count": totals.refinement_count,
        "refinement_gas": totals.refinement_gas,
        "imports": totals.imports,
        "extrinsic_count": totals.extrinsic_count,
        "extrinsic_size": totals.extrinsic_size,
        "exports": totals.exports,
        "accumulate_count": totals.accumulate_count,
        "accumulate_gas": totals.accumulate_gas,
    }


def services(totals: Iterable[ServiceTotals]) -> list[answers.GrafanaChainService]:
    """Return the answer of ``/api/grafana/onchain/services``, in order of ids."""
    return [{**_service(each)} for each in totals]


def services_by_time(
    totals: Iterable[ServiceTotals], clock: SlotClock
) -> list[answers.GrafanaChainServiceBucket]:
    """Return the answer of ``/api/grafana/onchain/services/timeseries``."""
    return [{"ts": clock.text(each.step), **_service(each)} for each in totals]


def service_blocks(
    totals: Iterable[ServiceTotals], clock: SlotClock
) -> list[answers.GrafanaChainServiceBlock]:
    """Return the answer of ``/api/grafana/onchain/services/{service_id}``, newest first."""
    return [
        {"timestamp": clock.text(each.step), "slot": each.step, **_service(each)}
        for each in sorted(totals, key=lambda each: each.step, reverse=True)
    ]


def validators(totals: Iterable[ValidatorTotals]) -> list[answers.GrafanaChainValidator]:
    """Return the answer of ``/api/grafana/onchain/validators``: all epochs of the window."""
    added: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(_FIGURES))
    for epoch_totals in totals:
        known = added[epoch_totals.validator]
        added[epoch_totals.validator] = [
            value + getattr(epoch_totals, name) for value, name in zip(known, _FIGURES, strict=True)
        ]
    return [
        {
            "validator_index": validator,
            "blocks_produced": figures[0],
            "tickets": figures[1],
            "preimages": figures[2],
            "preimages_size": figures[3],
            "guarantees": figures[4],
            "assurances": figures[5],
        }
        for validator, figures in sorted(added.items())
    ]


def validators_by_time(
    totals: Iterable[ValidatorBucket], clock: SlotClock
) -> list[answers.GrafanaChainValidatorBucket]:
    """Return the answer of ``/api/grafana/onchain/validators/timeseries``."""
    buckets: list[answers.GrafanaChainValidatorBucket] = []
    for figures in totals:
        bucket: answers.GrafanaChainValidatorBucket = {
            "ts": clock.text(figures.step),
            "blocks_produced": figures.blocks,
            "tickets": figures.tickets,
            "preimages": figures.preimages,
            "preimages_size": figures.preimage_octets,
            "guarantees": figures.guarantees,
            "assurances": figures.assurances,
        }
        if figures.validator is not None:
            bucket["validator_index"] = figures.validator
        buckets.append(bucket)
    return buckets


def validator_blocks(
    validator: int,
    blocks: Iterable[ChainBlock],
    increases: Iterable[ValidatorBucket],
    first_slot: int,
    clock: SlotClock,
) -> list[answers.GrafanaChainValidatorBlock]:
    """Return the answer of ``/api/grafana/onchain/validators/{validator_idx}``, newest first.

    A tally is the sum since the beginning of the epoch. It is told as long as every block of the
    epoch up to it is known, with statistics; other blocks are left out.

    Args:
        validator: The index.
        blocks: On the chain, from before the epoch of ``first_slot`` on.
        increases: Of the validator, by slot.
        first_slot: Of the answer.
        clock: Of the chain.
    """
    by_slot = {each.step: each for each in increases}
    rows: list[answers.GrafanaChainValidatorBlock] = []
    before: ChainBlock | None = None
    tally: list[int] | None = None
    for block in sorted(blocks, key=lambda each: each.slot):
        tally = _tally(before, block, tally, by_slot)
        before = block
        if tally is not None and block.slot >= first_slot:
            rows.append(
                {
                    "timestamp": clock.text(block.slot),
                    "slot": block.slot,
                    "validator_index": validator,
                    "blocks_produced": tally[0],
                    "tickets": tally[1],
                    "preimages": tally[2],
                    "preimages_size": tally[3],
                    "guarantees": tally[4],
                    "assurances": tally[5],
                }
            )
    return rows[::-1]


def _tally(
    before: ChainBlock | None,
    block: ChainBlock,
    tally: Sequence[int] | None,
    by_slot: Mapping[int, ValidatorBucket],
) -> list[int] | None:
    """Return the tally after a block; None if it is not known."""
    if before is None or block.parent != before.hash or block.epoch is None:
        return None
    if block.author is None and block.irregularity is None:
        return None
    if before.epoch != block.epoch:
        tally = [0] * len(_FIGURES)
    if tally is None:
        return None
    increase = by_slot.get(block.slot)
    if increase is None:
        return list(tally)
    return [value + getattr(increase, name) for value, name in zip(tally, _FIGURES, strict=True)]
