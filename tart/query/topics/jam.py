"""The answers of ``/api/jam``, from the answers of the chain process.

Pure. ``query.core.slot_clock`` converts times and slots.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tart.errors import NotFound
from tart.query.answers import jam
from tart.query.chain_queries import chain
from tart.query.chain_queries.chain import ChainBlock
from tart.query.core.rfc3339 import rfc3339, server_time
from tart.query.core.slot_clock import SlotClock, SlotRange, slot_clock

_PARAMETERS = (
    "core_count",
    "val_count",
    "epoch_period",
    "slot_period_sec",
    "max_refine_gas",
    "max_accumulate_gas",
)


def _slots(slots: SlotRange, counts: chain.RangeFigures) -> jam.JamSlots:
    return {
        "first_slot": slots.first,
        "last_slot": max(slots.last, 0),
        "blocks": counts.blocks,
        "with_statistics": counts.with_statistics,
        "final": counts.final,
        "forks": counts.forks,
    }


# --- Blocks ----------------------------------------------------------------------------------


def _block(block: ChainBlock, clock: SlotClock) -> jam.JamBlock:
    return {
        "header_hash": block.hash,
        "slot": block.slot,
        "timestamp": clock.text(block.slot),
        "parent": block.parent,
        "status": block.status,
        "seen_at": server_time(block.seen_at),
        "epoch": block.epoch,
        "validators": block.validators,
        "author_index": block.author,
        "tickets": block.tickets,
        "preimages": block.preimages,
        "preimages_size": block.preimage_octets,
        "guarantors": None if block.guarantors is None else len(block.guarantors),
        "assurers": None if block.assurers is None else len(block.assurers),
        "reports": block.reports,
        "irregularity": block.irregularity,
    }


def blocks(
    page: chain.BlockPage, slots: SlotRange, counts: chain.RangeFigures, clock: SlotClock
) -> jam.JamBlocks:
    """Return the answer of ``/api/jam/blocks``."""
    return {
        "blocks": [_block(block, clock) for block in page.blocks],
        "complete": page.complete,
        "slots": _slots(slots, counts),
    }


def block_details(
    figures: chain.BlockFigures, accounts: Iterable[chain.StoredService], clock: SlotClock
) -> jam.JamBlockDetails:
    """Return the answer of ``/api/jam/blocks/{hash}``."""
    known = {account.service: account for account in accounts}
    return {
        "block": _block(figures.block, clock),
        "guarantors": figures.block.guarantors,
        "assurers": figures.block.assurers,
        "cores": [_core(totals) for totals in figures.cores],
        "services": _services(figures.services, known, everybody=False),
    }


def reorganisations(
    changes: Iterable[chain.Reorganisation],
) -> jam.JamReorganisations:
    """Return the answer of ``/api/jam/reorganisations``."""
    return {
        "reorganisations": [
            {
                "timestamp": server_time(change.at),
                "old": {"header_hash": change.from_hash, "slot": change.from_slot},
                "new": {"header_hash": change.to_hash, "slot": change.to_slot},
                "common_slot": change.common_slot,
                "left": change.left,
            }
            for change in changes
        ]
    }


# --- Cores -----------------------------------------------------------------------------------


def _core_figures(totals: chain.CoreTotals) -> jam.JamCoreFigures:
    divisor = totals.popularity_blocks
    return {
        "gas_used": totals.gas_used,
        "da_load": totals.da_load,
        "popularity": totals.popularity / divisor if divisor else None,
        "imports": totals.imports,
        "extrinsic_count": totals.extrinsic_count,
        "extrinsic_size": totals.extrinsic_size,
        "exports": totals.exports,
        "bundle_size": totals.bundle_size,
        "blocks": totals.blocks,
    }


def no_core_totals(core: int | None = None) -> chain.CoreTotals:
    """Return the figures of a core without work."""
    return chain.CoreTotals(
        step=0,
        core=core,
        blocks=0,
        da_load=0,
        popularity=0,
        popularity_blocks=0,
        imports=0,
        extrinsic_count=0,
        extrinsic_size=0,
        exports=0,
        bundle_size=0,
        gas_used=0,
    )


def _core(totals: chain.CoreTotals) -> jam.JamCore:
    return {"core_index": totals.core or 0, **_core_figures(totals)}


def _all_cores(totals: Iterable[chain.CoreTotals], count: int | None) -> list[jam.JamCore]:
    """Return the figures of all cores of the chain, those without work included."""
    known = {each.core or 0: each for each in totals}
    cores = sorted({*known, *range(count or 0)})
    return [_core(known.get(core) or no_core_totals(core)) for core in cores]


def _core_series(buckets: Iterable[chain.CoreTotals], clock: SlotClock) -> list[jam.JamCoreBucket]:
    return [
        {"at": clock.text(each.step), "slot": each.step, **_core_figures(each)} for each in buckets
    ]


def cores(
    totals: Iterable[chain.CoreTotals],
    together: Sequence[chain.CoreTotals],
    series: Iterable[chain.CoreTotals],
    slots: SlotRange,
    counts: chain.RangeFigures,
    parameters: Mapping[str, int],
) -> jam.JamCores:
    """Return the answer of ``/api/jam/cores``."""
    count = parameters.get("core_count")
    return {
        "cores": _all_cores(totals, count if counts.with_statistics else None),
        "core_count": count,
        "params": {name: parameters.get(name) for name in _PARAMETERS},
        "totals": _core_figures(together[0] if together else no_core_totals()),
        "series": _core_series(series, slot_clock(parameters)),
        "slots": _slots(slots, counts),
    }


def core_details(
    core: int,
    totals: Sequence[chain.CoreTotals],
    series: Iterable[chain.CoreTotals],
    slots: SlotRange,
    counts: chain.RangeFigures,
    parameters: Mapping[str, int],
) -> jam.JamCoreDetails:
    """Return the answer of ``/api/jam/cores/{core_index}``.

    Raises:
        NotFound: The chain has no such core.
    """
    count = parameters.get("core_count")
    if count is not None and core >= count:
        raise NotFound(f"the chain has no core {core}: it has {count}", "core_index")
    return {
        "core": _core(totals[0] if totals else no_core_totals(core)),
        "core_count": count,
        "series": _core_series(series, slot_clock(parameters)),
        "slots": _slots(slots, counts),
    }


# --- Services --------------------------------------------------------------------------------


def _activity(totals: chain.ServiceTotals) -> jam.JamServiceActivity:
    return {
        "refinement_count": totals.refinement_count,
        "refinement_gas_used": totals.refinement_gas,
        "accumulate_count": totals.accumulate_count,
        "accumulate_gas_used": totals.accumulate_gas,
        "accumulate_transfer_count": totals.accumulate_transfer_count,
        "imports": totals.imports,
        "exports": totals.exports,
        "extrinsic_count": totals.extrinsic_count,
        "extrinsic_size": totals.extrinsic_size,
        "provided_count": totals.provided_count,
        "provided_size": totals.provided_size,
        "blocks": totals.blocks,
    }


def _service(
    service: int, account: chain.StoredService | None, totals: chain.ServiceTotals | None
) -> jam.JamService:
    activity = None if totals is None else _activity(totals)
    if account is None:
        return {
            "id": service,
            "code_info": None,
            "balance": None,
            "min_item_gas": None,
            "min_memo_gas": None,
            "items": None,
            "bytes": None,
            "creation_slot": None,
            "last_accumulation_slot": None,
            "parent_service": None,
            "at_slot": None,
            "activity": activity,
        }
    return {
        "id": service,
        "code_info": (
            {"Undefined": {"code_hash": account.code_hash}}
            if account.name is None
            else {"Known": {"name": account.name, "code_hash": account.code_hash}}
        ),
        "balance": account.balance,
        "min_item_gas": account.min_item_gas,
        "min_memo_gas": account.min_memo_gas,
        "items": account.items,
        "bytes": account.octets,
        "creation_slot": account.created_slot,
        "last_accumulation_slot": account.last_accumulation_slot,
        "parent_service": account.parent_service,
        "at_slot": account.at_slot,
        "activity": activity,
    }


def _services(
    totals: Iterable[chain.ServiceTotals],
    accounts: Mapping[int, chain.StoredService],
    *,
    everybody: bool,
) -> list[jam.JamService]:
    work = {each.service or 0: each for each in totals}
    services = sorted({*work, *(accounts if everybody else ())})
    return [_service(each, accounts.get(each), work.get(each)) for each in services]


def _service_totals(
    totals: Sequence[chain.ServiceTotals], accounts: Mapping[int, chain.StoredService]
) -> jam.JamServiceTotals:
    return {
        "total": len({*accounts, *(each.service for each in totals)}),
        "active": len(totals),
        "refining": sum(each.refinement_count > 0 for each in totals),
        "accumulating": sum(each.accumulate_count > 0 for each in totals),
        "refinement_gas": sum(each.refinement_gas for each in totals),
        "accumulate_gas": sum(each.accumulate_gas for each in totals),
        "imports": sum(each.imports for each in totals),
        "exports": sum(each.exports for each in totals),
        "extrinsics": sum(each.extrinsic_count for each in totals),
    }


def _service_series(
    buckets: Iterable[chain.ServiceTotals], clock: SlotClock
) -> list[jam.JamServiceBucket]:
    return [{"at": clock.text(each.step), "slot": each.step, **_activity(each)} for each in buckets]


def services(
    totals: Sequence[chain.ServiceTotals],
    accounts: Iterable[chain.StoredService],
    series: Iterable[chain.ServiceTotals],
    slots: SlotRange,
    counts: chain.RangeFigures,
    clock: SlotClock,
) -> jam.JamServices:
    """Return the answer of ``/api/jam/services``."""
    known = {account.service: account for account in accounts}
    return {
        "services": _services(totals, known, everybody=True),
        "totals": _service_totals(totals, known),
        "series": _service_series(series, clock),
        "slots": _slots(slots, counts),
    }


def service_details(
    service: int,
    totals: Sequence[chain.ServiceTotals],
    accounts: Iterable[chain.StoredService],
    series: Iterable[chain.ServiceTotals],
    slots: SlotRange,
    counts: chain.RangeFigures,
    clock: SlotClock,
) -> jam.JamServiceDetails:
    """Return the answer of ``/api/jam/services/{service_id}``.

    Raises:
        NotFound: The service is not known, and did no work in the window.
    """
    account = next((each for each in accounts if each.service == service), None)
    if account is None and not totals:
        raise NotFound(
            f"service {service} is not known, and did no work in the window", "service_id"
        )
    return {
        "service": _service(service, account, totals[0] if totals else None),
        "series": _service_series(series, clock),
        "slots": _slots(slots, counts),
    }


# --- Validators ------------------------------------------------------------------------------


def _validator_figures(
    totals: chain.ValidatorTotals | chain.ValidatorBucket,
) -> jam.JamValidatorFigures:
    return {
        "blocks": totals.blocks,
        "tickets": totals.tickets,
        "preimages": totals.preimages,
        "preimages_size": totals.preimage_octets,
        "guarantees": totals.guarantees,
        "assurances": totals.assurances,
    }


def validators(
    totals: Sequence[chain.ValidatorTotals],
    series: Iterable[chain.ValidatorBucket],
    slots: SlotRange,
    counts: chain.RangeFigures,
    clock: SlotClock,
) -> jam.JamValidators:
    """Return the answer of ``/api/jam/validators``."""
    by_epoch: defaultdict[int | None, list[chain.ValidatorTotals]] = defaultdict(list)
    for figures in totals:
        by_epoch[figures.epoch].append(figures)
    return {
        "validators": [
            {
                "epoch": each.epoch,
                "validator_index": each.validator,
                "exact": each.exact,
                **_validator_figures(each),
            }
            for each in totals
        ],
        "epochs": [_epoch(epoch, members) for epoch, members in by_epoch.items()],
        "series": [
            {"at": clock.text(each.step), "slot": each.step, **_validator_figures(each)}
            for each in series
        ],
        "slots": _slots(slots, counts),
    }


def _epoch(epoch: int | None, members: Sequence[chain.ValidatorTotals]) -> jam.JamEpoch:
    return {
        "epoch": epoch,
        "validators": len(members),
        "exact": all(each.exact for each in members),
        "blocks": sum(each.blocks for each in members),
        "tickets": sum(each.tickets for each in members),
        "preimages": sum(each.preimages for each in members),
        "preimages_size": sum(each.preimage_octets for each in members),
        "guarantees": sum(each.guarantees for each in members),
        "assurances": sum(each.assurances for each in members),
    }


# --- The present state -----------------------------------------------------------------------


def stats(
    state: chain.ChainState,
    figures: chain.BlockFigures | None,
    accounts: Iterable[chain.StoredService],
) -> jam.JamStats:
    """Return the answer of ``/api/jam/stats``.

    Args:
        state: The present state.
        figures: Of the best block.
        accounts: Of services.
    """
    clock = slot_clock(state.parameters)
    known = {account.service: account for account in accounts}
    work = figures.services if figures is not None else []
    best = None if figures is None else figures.block
    has_statistics = best is not None and best.reports is not None
    count = state.parameters.get("core_count")
    totals = _service_totals(work, known)
    return {
        "slot": None if best is None else best.slot,
        "header_hash": None if best is None else best.hash,
        "core_count": count,
        "validator_count": _validator_count(best, state.parameters),
        "services": _services(work, known, everybody=False),
        "cores": _all_cores(
            () if figures is None else figures.cores, count if has_statistics else None
        ),
        "totals": {
            "total_services": totals["total"],
            "active_services": totals["active"],
            "refining_services": totals["refining"],
            "accumulating_services": totals["accumulating"],
            "total_refinement_gas": totals["refinement_gas"],
            "total_accumulate_gas": totals["accumulate_gas"],
            "total_imports": totals["imports"],
            "total_exports": totals["exports"],
            "total_extrinsics": totals["extrinsics"],
        },
        "best": None if best is None else _block(best, clock),
        "finalized": None if state.finalized is None else _block(state.finalized, clock),
        "parameters": state.parameters,
        "endpoints": [_endpoint(each) for each in state.endpoints],
        "first_slot": state.first_slot,
        "blocks": state.blocks,
        "forks": state.forks,
        "reorganisations": state.reorganisations,
        "missing_statistics": state.missing_statistics,
    }


def _validator_count(best: ChainBlock | None, parameters: Mapping[str, int]) -> int | None:
    if best is not None and best.validators is not None:
        return best.validators
    return parameters.get("val_count")


def _endpoint(state: chain.EndpointState) -> jam.JamEndpoint:
    return {
        "url": state.url,
        "connected": state.connected,
        "since": None if state.since is None else rfc3339(state.since),
        "best_slot": state.best_slot,
        "finalized_slot": state.finalized_slot,
        "error": state.error,
        "requests": state.requests,
        "failures": state.failures,
        "reconnects": state.reconnects,
    }
