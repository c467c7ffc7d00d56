"""``tart/query/shard_queries/log_moments.py``: answers of several shards as one."""

from __future__ import annotations

from tart.query.core.windows import Window
from tart.query.shard_queries.log_moments import LogMoments, NodeMoments


def test_moments_of_a_node_on_several_shards_add_up() -> None:
    query = LogMoments("blocks", Window(), "elapsed_ns", "gas")
    merged = query.merge(
        [
            (0, [NodeMoments("aa", 2, 3.0, 5.0), NodeMoments("bb", 1, 1.0, 1.0)]),
            (1, [NodeMoments("aa", 1, 2.0, 4.0)]),
        ]
    )
    assert merged == [NodeMoments("aa", 3, 5.0, 9.0), NodeMoments("bb", 1, 1.0, 1.0)]
    assert query.tables_read() == ("blocks",)
