"""The chain that the measurement of the chain process makes up follows the rules."""

from __future__ import annotations

import pytest

from loadtest.following import SERVICES, MadeUpChain
from tart.chain.core.deltas import ParentState, describe_block
from tart.query.chain_queries.chain import ChainBlock
from tart.rpc.statistics import decode_statistics


@pytest.mark.parametrize("idle", [False, True])
def test_blocks_have_all_their_figures_over_the_end_of_an_epoch(idle):
    chain = MadeUpChain(6, 2, idle=idle, first_slot=597)
    parent = None
    for _ in range(6):
        head = chain.best()
        statistics = decode_statistics(chain.statistics(head.hash), cores=2, validators=6)
        if parent is not None:
            block = ChainBlock(
                hash=head.hash.hex(), slot=head.slot, parent="", status="best", seen_at=0
            )
            state = ParentState(head.slot - 1, parent.current)
            put = describe_block(block, statistics, state, 600)
            assert put.block.irregularity is None
            assert put.block.author == head.slot % 6
            assert len(put.block.assurers) == 6
            assert len(put.block.guarantors) == (0 if idle else 6)
            assert len(put.services) == (0 if idle else SERVICES)
        parent = statistics
        chain.extend()
    assert chain.finalized().slot == chain.best().slot - 3
