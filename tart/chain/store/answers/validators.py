"""Answers of validators: their figures by epoch and by bucket.

The figures of an epoch are those that the chain recorded at its end, if a block with the record is
stored and the whole epoch is asked for; otherwise the sum of what the stored blocks add.
"""

from __future__ import annotations

from collections.abc import Sequence

from tart.chain.store.answers.context import Context
from tart.chain.store.answers.validator_tally import tally_validators
from tart.chain.store.files import VALIDATOR_COLUMNS
from tart.query.chain_queries import chain


def answer_validators(context: Context, query: chain.Validators) -> list[chain.ValidatorTotals]:
    """Return figures of validators by epoch."""
    exact = _recorded_epochs(context, query)
    context.refuse_large(sum(map(len, exact.values())))
    increases = tally_validators(
        context, query.first_slot, query.last_slot, set(exact), lambda slot, epoch: epoch
    )
    answer = [
        _validator_totals(epoch, validator, figures, exact=False)
        for epoch, tally in increases.items()
        for validator, figures in tally.by_validator(everybody=True).items()
    ]
    answer += [
        _validator_totals(epoch, validator, figures, exact=True)
        for epoch, record in exact.items()
        for validator, figures in record.items()
    ]
    if query.validators is not None:
        wanted = set(query.validators)
        answer = [totals for totals in answer if totals.validator in wanted]
    context.refuse_large(len(answer))
    # Blocks of an unknown epoch come last.
    return sorted(answer, key=lambda each: (each.epoch is None, each.epoch or 0, each.validator))


def _validator_totals(
    epoch: int | None, validator: int, figures: Sequence[int], *, exact: bool
) -> chain.ValidatorTotals:
    return chain.ValidatorTotals(
        epoch=epoch,
        validator=validator,
        exact=exact,
        **dict(zip(VALIDATOR_COLUMNS, figures, strict=True)),
    )


def _recorded_epochs(
    context: Context, query: chain.Validators
) -> dict[int, dict[int, tuple[int, ...]]]:
    """Return the recorded figures of the epochs that lie wholly in a range, by validator.

    A record is read from a block on the chain; the newest of several, which are equal.
    """
    length = context.parameters.get("epoch_period", 0)
    if length <= 0:
        return {}
    first, last = -(-query.first_slot // length), (query.last_slot + 1) // length - 1
    records: dict[int, dict[int, tuple[int, ...]]] = {}
    if last < first:
        return records
    for file in reversed(context.files):
        condition, values = file.on_chain()
        selected = context.rows(
            f"SELECT epoch, validator, {', '.join(VALIDATOR_COLUMNS)} FROM {file.alias}.epochs "
            f"JOIN (SELECT epoch, max(number) AS number FROM {file.alias}.epochs "
            f"WHERE epoch BETWEEN ? AND ?{condition} GROUP BY epoch) USING (epoch, number)",
            [max(first, 0), last, *values],
        )
        known = set(records)
        for epoch, validator, *figures in selected:
            if epoch not in known:
                records.setdefault(epoch, {})[validator] = tuple(figures)
        context.refuse_large(sum(map(len, records.values())))
    return records


def answer_validator_series(
    context: Context, query: chain.ValidatorSeries
) -> list[chain.ValidatorBucket]:
    """Return what the blocks of each bucket add to the figures of validators."""
    first, step = query.first_slot, query.step_slots

    def bucket(slot: int, epoch: int | None) -> int:
        return first + (slot - first) // step * step if step > 0 else first

    wanted = None if query.validators is None else set(query.validators)
    tallies = tally_validators(context, first, query.last_slot, set(), bucket)
    answer: list[chain.ValidatorBucket] = []
    for start, tally in sorted(tallies.items()):
        members = [
            (validator, figures)
            for validator, figures in sorted(tally.by_validator().items())
            if wanted is None or validator in wanted
        ]
        if query.together:
            total = [sum(values) for values in zip(*(each for _, each in members), strict=True)]
            answer += [_bucket(start, None, total)] if members else []
        else:
            answer += [_bucket(start, validator, figures) for validator, figures in members]
        context.refuse_large(len(answer))
    return answer


def _bucket(start: int, validator: int | None, figures: Sequence[int]) -> chain.ValidatorBucket:
    return chain.ValidatorBucket(
        step=start, validator=validator, **dict(zip(VALIDATOR_COLUMNS, figures, strict=True))
    )
