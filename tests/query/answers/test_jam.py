"""``tart/query/answers/jam.py``: the answers have the members and values that it declares."""

from __future__ import annotations

from tart.query.chain_queries import chain
from tart.query.topics import jam
from tests.query.answers.checking import check
from tests.query.topics.test_jam import ACCOUNT, CLOCK, COUNTS, SLOTS, block, service_totals

LARGE = 1 << 70


def test_the_sums_of_services_may_be_larger_than_64_bits():
    totals = [service_totals(7, accumulate_gas=LARGE, step=1000)]
    check("JamServices", jam.services(totals, [ACCOUNT], totals, SLOTS, COUNTS, CLOCK))
    check(
        "JamServiceDetails",
        jam.service_details(7, totals, [ACCOUNT], totals, SLOTS, COUNTS, CLOCK),
    )


def test_a_state_without_blocks_has_all_members():
    check("JamStats", jam.stats(chain.ChainState(endpoints=[], parameters={}), None, []))


def test_a_block_without_statistics_has_all_members():
    page = chain.BlockPage([block()], complete=False)
    check("JamBlocks", jam.blocks(page, SLOTS, COUNTS, CLOCK))
    bare = chain.BlockFigures(block=block(), cores=[], services=[])
    check("JamBlockDetails", jam.block_details(bare, [], CLOCK))
