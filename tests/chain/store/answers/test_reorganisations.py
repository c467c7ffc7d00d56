"""``tart/chain/store/answers/reorganisations.py``: reorganisations by the slot they led to."""

from __future__ import annotations

from tart.chain.core.changes import PutReorganisation
from tart.query.chain_queries import chain
from tart.query.chain_queries.chain import Reorganisation
from tart.units import DAY_US
from tests.chain.store.running import Clock, block_hash, open_store


def reorganisation(slot):
    return Reorganisation(
        at=slot,
        from_hash=block_hash(slot, 1),
        from_slot=slot,
        to_hash=block_hash(slot),
        to_slot=slot,
        left=[block_hash(slot, 1), block_hash(slot - 1, 1)],
        common_slot=slot - 2,
    )


def test_reorganisations_are_answered_newest_first_over_files(tmp_path):
    clock = Clock()
    with open_store(tmp_path / "c", clock) as store:
        store.write([PutReorganisation(reorganisation(slot)) for slot in (10, 11)])
        clock.now += DAY_US
        store.write([PutReorganisation(reorganisation(12))])
        everything = [reorganisation(slot) for slot in (12, 11, 10)]
        assert store.answer(chain.Reorganisations(0, 99)) == everything
        assert store.answer(chain.Reorganisations(11, 99)) == everything[:2]
        assert store.answer(chain.Reorganisations(0, 99, limit=1)) == everything[:1]
        assert store.answer(chain.Reorganisations(0, 99, limit=2)) == everything[:2]
        assert store.answer(chain.State()).reorganisations == 3
