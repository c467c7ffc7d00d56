"""``tart/aggregate/references/finalizations.py``: from best block to finalized block."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tart.aggregate.columnar.counters import FINALITY_STEP, STEPS
from tart.aggregate.references.finalizations import Finalizations
from tests.aggregate.batches import connection_batch

BEST, FINAL = FINALITY_STEP


def block(number):
    return (5).to_bytes(4, "little") + bytes([number] * 32)


def ended(finalizations, *events, session=0):
    batch = connection_batch(*((at, kind, block(number)) for at, kind, number in events))
    columns = replace(batch.columns, session=np.full(len(events), session, np.int32))
    found = finalizations.add(replace(batch, columns=columns))
    assert {STEPS[step] for step in found.step.tolist()} <= {FINALITY_STEP}
    return list(zip(found.indices.tolist(), found.duration_us.tolist(), strict=True))


def test_a_finalized_block_ends_what_the_first_best_block_of_its_hash_began():
    finalizations = Finalizations()
    assert not ended(finalizations, (100, BEST, 1), (200, BEST, 2), (250, BEST, 1))
    assert ended(finalizations, (300, FINAL, 2), (310, FINAL, 1)) == [(0, 100), (1, 210)]
    # It ends once.
    assert not ended(finalizations, (400, FINAL, 1))


def test_each_connection_has_blocks_of_its_own():
    finalizations = Finalizations()
    assert not ended(finalizations, (100, BEST, 1), session=0)
    assert not ended(finalizations, (200, FINAL, 1), session=1)
    assert ended(finalizations, (300, FINAL, 1), session=0) == [(0, 200)]


def test_the_oldest_blocks_are_forgotten():
    finalizations = Finalizations(max_blocks=2)
    assert not ended(finalizations, (100, BEST, 1), (110, BEST, 2), (120, BEST, 3))
    assert ended(finalizations, (200, FINAL, 1), (210, FINAL, 3)) == [(1, 90)]


def test_events_of_another_layout_are_left_out():
    finalizations = Finalizations()
    batch = connection_batch((100, BEST, block(1)), (200, FINAL, block(1)))
    found = finalizations.add(replace(batch, clean=np.array([False, True])))
    assert len(found.indices) == 0
