"""``tart/shard/queries/log_moments.py``: figures of a directory's packages by node."""

from __future__ import annotations

from math import log

import pytest

from tart.errors import BadQuery
from tests.shard.packages import Handling
from tests.shard.queries.test_packages import of
from tests.shard.running import fake_node, run


def test_logarithms_are_added_up_by_node(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive().guarantee()
        other = Handling(shard, fake_node(2)).submit().receive().guarantee()
        # A package without a report has no size.
        Handling(shard, fake_node(3)).submit().receive()
        size = {"table": "packages", "numerator": "bundle_size"}
        rows = {row.node: row for row in await of(shard, "log_moments", **size)}
        assert set(rows) == {one.node_id, other.node_id}
        assert rows[one.node_id].rows == 1
        assert rows[one.node_id].total == pytest.approx(log(10))
        assert rows[one.node_id].squares == pytest.approx(log(10) ** 2)
        (row,) = await of(shard, "log_moments", **size, nodes=[other.node_id])
        assert row.node == other.node_id
        # Work-package and bundle have the same size.
        (row, _) = await of(shard, "log_moments", **size, denominator="size_bytes")
        assert row.total == pytest.approx(0.0)
        assert await of(shard, "log_moments", **size, nodes=[]) == []
        assert await of(shard, "log_moments", **size, start_us=1, end_us=2) == []

    run(scenario, tmp_path)


@pytest.mark.parametrize(
    ("table", "numerator"),
    [("counts", "count"), ("packages", "outcome"), ("packages", "nothing"), ("blocks", "hash")],
)
def test_only_numbers_of_blocks_and_packages_are_added_up(tmp_path, table, numerator):
    async def scenario(shard):
        with pytest.raises(BadQuery):
            await of(shard, "log_moments", table=table, numerator=numerator)

    run(scenario, tmp_path)
