import msgspec

from tart.query.chain_queries.chain import CHAIN_QUERIES, BlockPage, Blocks, ChainBlock
from tart.query.core.query import decode_partial


def test_each_query_is_found_by_its_name_and_decodes_its_answer():
    assert all(query.name == name for name, query in CHAIN_QUERIES.items())
    block = ChainBlock(hash="11" * 32, slot=7, parent=None, status="best", seen_at=1)
    page = BlockPage([block], complete=True)
    query = Blocks(0, 9)
    read = decode_partial(query, msgspec.Raw(msgspec.json.encode(page)), b"")
    assert query.merge([(0, read)]) == page
