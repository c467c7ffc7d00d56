"""Figures of one block, from its statistics and those of its parent.

Pure. Figures of validators are sums since the epoch began (Gray Paper, section "Statistics"), so a
block adds the difference to its parent's; the first block of an epoch adds its own values. Figures
of cores and services are of the block alone.

A block raises the count of blocks of exactly one validator, its author, who alone gets tickets and
preimages; a validator gains at most one guarantee and one assurance in a block. Whatever else the
statistics have is an irregularity: the block keeps it as text, and no figures are invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tart.chain.core.changes import EndedEpoch, PutBlock
from tart.query.chain_queries.chain import ChainBlock
from tart.rpc.model import CoreRecord, Statistics, ValidatorRecord

Accumulators = Sequence[ValidatorRecord]
_NOTHING = ValidatorRecord()
# The fields of a core that come from reports which are guaranteed in the block.
_GUARANTEED = ("imports", "extrinsic_count", "extrinsic_size", "exports", "bundle_size", "gas_used")
# An irregularity of many validators names this many.
_NAMED = 3


@dataclass(frozen=True)
class ParentState:
    """The part of a parent's state that the figures of a block need.

    Attributes:
        slot: None if it is not known.
        validators: Its figures of the epoch so far; None if they are not known.
    """

    slot: int | None = None
    validators: Accumulators | None = None


def is_first_of_epoch(
    slot: int, statistics: Statistics, parent: ParentState, epoch_slots: int | None
) -> bool:
    """Return whether a block is the first of its epoch.

    Slots decide if the length of an epoch is known. Otherwise the block is one of an epoch with
    exactly one block so far, as each block of an epoch raises the sum of all.
    """
    if epoch_slots and parent.slot is not None:
        return slot // epoch_slots != parent.slot // epoch_slots
    return sum(record.blocks for record in statistics.current) == 1


def describe_block(
    block: ChainBlock,
    statistics: Statistics | None,
    parent: ParentState,
    epoch_slots: int | None,
    ended_epoch: int | None = None,
) -> PutBlock:
    """Return a block with its figures.

    Args:
        block: Hash, slot, parent, status, and when it was seen.
        statistics: In the state after the block; None if no endpoint has them.
        parent: Of the block.
        epoch_slots: The length of an epoch; None if it is not known.
        ended_epoch: The number of the epoch of ``statistics.previous``; None if not known.
    """
    epoch = block.slot // epoch_slots if epoch_slots else None
    block = msgspec.structs.replace(block, epoch=epoch)
    if statistics is None:
        return PutBlock(block)
    first = is_first_of_epoch(block.slot, statistics, parent, epoch_slots)
    block = msgspec.structs.replace(
        block,
        validators=len(statistics.current) or None,
        reports=sum(map(_has_report, statistics.cores)),
    )
    base = parent.validators
    if first:
        base = [_NOTHING] * len(statistics.current)
    ended = None
    if (first or parent.validators is None) and any(map(any, statistics.previous)):
        ended = EndedEpoch(ended_epoch, statistics.previous)
    put = PutBlock(
        block,
        cores={core: each for core, each in enumerate(statistics.cores) if any(each)},
        services=dict(statistics.services),
        ended=ended,
    )
    if base is None:
        return put
    problems: list[str] = []
    if first and parent.validators is not None:
        problems += _compare_epochs(statistics.previous, parent.validators)
    return _add_validators(put, base, statistics.current, problems)


def _has_report(core: CoreRecord) -> bool:
    return any(getattr(core, name) for name in _GUARANTEED)


def _compare_epochs(previous: Accumulators, last: Accumulators) -> Iterator[str]:
    if tuple(previous) != tuple(last):
        yield "the figures of the last epoch are not those after its last block"


def _add_validators(
    put: PutBlock, base: Accumulators, current: Accumulators, problems: list[str]
) -> PutBlock:
    """Return a block with its figures of validators, or with the reason why it has none."""
    if len(base) != len(current):
        problems.append(f"the validators change from {len(base)} to {len(current)} within an epoch")
        return _with_irregularity(put, problems)
    gains = {
        index: ValidatorRecord(*(new - old for new, old in zip(after, before, strict=True)))
        for index, (after, before) in enumerate(zip(current, base, strict=True))
        if after != before
    }
    falling = [index for index, gain in gains.items() if min(gain) < 0]
    if falling:
        problems.append(f"figures of {_list(falling)} fall within an epoch")
        return _with_irregularity(put, problems)
    problems += _breaches(gains)
    authors = [index for index, gain in gains.items() if gain.blocks]
    block = msgspec.structs.replace(
        put.block,
        author=authors[0] if len(authors) == 1 else None,
        tickets=sum(gain.tickets for gain in gains.values()),
        preimages=sum(gain.preimages for gain in gains.values()),
        preimage_octets=sum(gain.preimage_octets for gain in gains.values()),
        guarantors=[index for index, gain in gains.items() if gain.guarantees],
        assurers=[index for index, gain in gains.items() if gain.assurances],
    )
    described = PutBlock(block, put.cores, put.services, gains, put.ended)
    return _with_irregularity(described, problems)


def _breaches(gains: Mapping[int, ValidatorRecord]) -> Iterator[str]:
    """Yield what the gains of one block have that the specification does not allow."""
    blocks = sum(gain.blocks for gain in gains.values())
    if blocks != 1:
        yield f"the counts of blocks rise by {blocks}, not by 1"
    others = [i for i, gain in gains.items() if not gain.blocks and any(gain[1:4])]
    if others:
        yield f"{_list(others)} gain tickets or preimages without a block"
    for name in ("guarantees", "assurances"):
        twice = [index for index, gain in gains.items() if getattr(gain, name) > 1]
        if twice:
            yield f"{_list(twice)} gain more than one of {name}"


def _list(validators: Sequence[int]) -> str:
    text = ", ".join(map(str, validators[:_NAMED]))
    if len(validators) > _NAMED:
        text += f" and {len(validators) - _NAMED} more"
    return f"validator {text}" if len(validators) == 1 else f"validators {text}"


def _with_irregularity(put: PutBlock, problems: Sequence[str]) -> PutBlock:
    if not problems:
        return put
    block = msgspec.structs.replace(put.block, irregularity="; ".join(problems))
    return PutBlock(block, put.cores, put.services, put.validators, put.ended)
