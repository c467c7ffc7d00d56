"""``tart/query/reconcile/assurances.py``: matrices, and when missing assurances are no chance."""

from __future__ import annotations

import random
from math import comb

import numpy as np

from tart.query.reconcile.assurances import (
    ERROR_RATE,
    assurance_matrices,
    improbable,
    missing_assurances,
)
from tart.query.shard_queries.claims import AssurerBits
from tests.query.reconcile.world import NODES, World


def test_each_block_is_a_column():
    world = World(10)
    view = world.view
    bits = {NODES[0]: AssurerBits(NODES[0], b"\x05\x02", b"\x01\x00", b"\x04\x00")}
    matrices = assurance_matrices(view.compared, bits)
    assert matrices.on_chain.shape == (6, 10)
    assert matrices.on_chain.all()
    assert np.flatnonzero(matrices.claimed[NODES[0]]).tolist() == [0, 2, 9]
    assert np.flatnonzero(matrices.in_time[NODES[0]]).tolist() == [0]
    assert np.flatnonzero(matrices.received[NODES[0]]).tolist() == [2]
    assert not matrices.followed.any()
    assert assurance_matrices([], {}).on_chain.shape == (0, 0)


def test_the_bound_of_the_probability_is_above_the_exact_one():
    for chance, blocks in ((0.01, 100), (0.1, 30), (0.5, 12)):
        for number in range(blocks):
            exact = sum(
                comb(blocks, k) * chance**k * (1 - chance) ** (blocks - k)
                for k in range(number, blocks + 1)
            )
            assert improbable(np.full(blocks, chance), number) >= exact * (1 - 1e-9)
    assert improbable(np.full(100, 0.01), 12) < 1e-6
    assert improbable(np.zeros(3), 3) == 0.0


def test_equal_validators_are_not_found_by_chance():
    rng = random.Random(1)
    false = 0
    for _ in range(300):
        loss = [rng.choice((0.0, 0.01, 0.2)) for _ in range(60)]
        on_chain = np.array([[rng.random() >= share for share in loss] for _ in range(6)])
        eligible = {index: np.ones(60, bool) for index in range(6)}
        found = missing_assurances(eligible, on_chain, 6)
        false += sum(each.is_improbable for each in found.values())
    assert false <= 300 * ERROR_RATE * 6 + 1


def test_a_validator_that_misses_many_is_found():
    on_chain = np.ones((6, 60), bool)
    on_chain[2, 10:20] = False
    eligible = {index: np.ones(60, bool) for index in range(6)}
    found = missing_assurances(eligible, on_chain, 6)
    assert [index for index, each in found.items() if each.is_improbable] == [2]
    assert found[2].columns == list(range(10, 20))
    assert (found[2].of, found[0].columns) == (60, [])
    assert missing_assurances({}, on_chain, 6) == {}
    # With one other validator there is nothing to compare with.
    two = missing_assurances({0: eligible[0], 2: eligible[2]}, on_chain, 2)
    assert (two[2].of, two[2].is_improbable) == (0, False)
