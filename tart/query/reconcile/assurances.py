"""Assurances: those that nodes say to have distributed against those that blocks have.

Pure. A block can only have assurances of its parent (Gray Paper, "Assurances"), so each compared
block is one place for an assurance of each validator. Matrices have a row for each node or
validator and a column for each compared block.

A node's assurance that a block lacks may have been late or lost on its way. That many are missing
is judged against the other validators over the same blocks; see ``improbable``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Any

import numpy as np
import numpy.typing as npt

from tart.query.chain_queries.chain import ChainBlock
from tart.query.shard_queries.claims import AssurerBits

Array = npt.NDArray[Any]

# Of all validators together: the probability to find one without a cause.
ERROR_RATE = 1e-4
# A validator misses at least this share more than the others, or this many one after the other.
_EXCESS_SHARE = 0.05
_LEAST_MISSING = 4
_LEAST_OTHERS = 2


@dataclass(frozen=True)
class AssuranceMatrices:
    """The assurances of nodes and of the chain.

    Attributes:
        claimed: By node, of which blocks' parents it distributed an assurance.
        in_time: Likewise, early enough for the block.
        received: By node, of which of its assurances any other node reported the receipt.
        on_chain: By validator index, which blocks have its assurance.
        followed: The blocks whose assurances' receipts are followed.
    """

    claimed: Mapping[str, Array]
    in_time: Mapping[str, Array]
    received: Mapping[str, Array]
    on_chain: Array
    followed: Array


def assurance_matrices(
    blocks: Sequence[ChainBlock], assurers: Mapping[str, AssurerBits]
) -> AssuranceMatrices:
    """Return the matrices of the compared blocks."""
    size = len(blocks)
    highest = max((max(block.assurers or [-1]) for block in blocks), default=-1)
    validators = max([highest + 1, *(block.validators or 0 for block in blocks)], default=0)
    on_chain = np.zeros((validators, size), bool)
    for column, block in enumerate(blocks):
        on_chain[block.assurers or [], column] = True
    claimed = {node: _unpack(bits.claimed, size) for node, bits in assurers.items()}
    in_time = {node: _unpack(bits.in_time, size) for node, bits in assurers.items()}
    received = {node: _unpack(bits.received, size) for node, bits in assurers.items()}
    claims, receipts = np.zeros(size, int), np.zeros(size, int)
    for node in claimed:
        claims += claimed[node]
        receipts += received[node]
    followed: Array = (receipts >= _LEAST_OTHERS) & (2 * receipts >= claims)
    return AssuranceMatrices(claimed, in_time, received, on_chain, followed)


def _unpack(bits: bytes, size: int) -> Array:
    unpacked = np.unpackbits(np.frombuffer(bits, np.uint8), count=size, bitorder="little")
    return unpacked.astype(bool)


@dataclass(frozen=True)
class Missing:
    """The assurances of a validator that were in time and are not on chain.

    Attributes:
        columns: Of the blocks that lack them.
        of: Number of its assurances that were in time.
        expected: The number that would miss if it were as the others are.
        probability: Of as many or more without a cause, corrected for the number of tests.
    """

    columns: Sequence[int]
    of: int
    expected: float
    probability: float

    @property
    def is_improbable(self) -> bool:
        """Return whether the number is no chance, and a difference that matters."""
        number = len(self.columns)
        return (
            number >= _LEAST_MISSING
            and self.probability < ERROR_RATE
            and number - self.expected >= max(_LEAST_MISSING, _EXCESS_SHARE * self.of)
        )


def missing_assurances(
    eligible: Mapping[int, Array], on_chain: Array, tests: int
) -> dict[int, Missing]:
    """Return what of each validator is missing.

    Args:
        eligible: By validator the blocks that could have its assurance: it was in time, and
            another validator is the author.
        on_chain: By validator and block.
        tests: Number of validators and epochs that are tested, by which probabilities are
            multiplied (Bonferroni).
    """
    validators = sorted(eligible)
    if not validators or not on_chain.shape[1]:
        return {}
    able = np.stack([eligible[each] for each in validators])
    absent = able & ~on_chain[validators]
    absences, chances = absent.sum(axis=0), able.sum(axis=0)
    result = {}
    for row, validator in enumerate(validators):
        others_absent, others = absences - absent[row], chances - able[row]
        columns = able[row] & (others >= _LEAST_OTHERS)
        number = int((absent[row] & columns).sum())
        # A block is judged by the others' assurances of it, as far as there are enough of them.
        mean = (others_absent[columns].sum() + 1) / (others[columns].sum() + 2)
        shares = (others_absent[columns] + mean) / (others[columns] + 1)
        result[validator] = Missing(
            columns=np.flatnonzero(absent[row] & columns).tolist(),
            of=int(columns.sum()),
            expected=float(shares.sum()),
            probability=min(1.0, improbable(shares, number) * tests),
        )
    return result


def improbable(shares: Array, number: int) -> float:
    """Return an upper bound of the probability of ``number`` or more absences.

    The absences of a validator are independent with these probabilities, and their number is
    stochastically below a Poisson variable with the mean ``Σ -ln(1 - p)``, whose upper tail is
    summed.

    Args:
        shares: The probability of an absence, by block.
        number: The number of absences.
    """
    if number == 0:
        return 1.0
    mean = float(-np.log1p(-np.minimum(shares, 0.999)).sum())
    if number <= mean:
        return 1.0
    term = exp(number * log(mean) - mean - lgamma(number + 1)) if mean > 0 else 0.0
    total, index = 0.0, number
    while term > total * 1e-12 and index < number + 1000:
        total += term
        index += 1
        term *= mean / index
    return min(1.0, total)
