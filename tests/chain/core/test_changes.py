from tart.chain.core.changes import PutBlock, RecoveredChain
from tart.query.chain_queries.chain import ChainBlock


def test_a_block_without_statistics_adds_nothing():
    put = PutBlock(ChainBlock(hash="11" * 32, slot=7, parent=None, status="best", seen_at=1))
    assert not put.cores
    assert not put.services
    assert not put.validators
    assert put.ended is None


def test_empty_files_recover_an_empty_chain():
    assert list(RecoveredChain().blocks) == []
    assert not RecoveredChain().parameters
