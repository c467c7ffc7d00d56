"""``tart/shard/queries/deliveries.py``: starts and arrivals of a directory."""

from __future__ import annotations

import tart.shard.queries.deliveries as module
from tests.shard.packages import REPORT, Handling
from tests.shard.queries.test_packages import of
from tests.shard.running import fake_node, run


def test_a_guarantee_built_is_the_start_of_a_delivery(tmp_path, monkeypatch):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive().guarantee()
        found = await of(shard, "deliveries", kind=105)
        (delivery,) = found.deliveries
        assert (delivery.start.hash, delivery.start.node) == (REPORT.hex(), one.node_id)
        assert delivery.start.core == 3
        assert delivery.arrivals == []
        for hashes, count in (([REPORT.hex()], 1), (["ab" * 32], 0), ([], 0)):
            some = await of(shard, "deliveries", kind=105, hashes=hashes)
            assert len(some.deliveries) == count
        assert not (await of(shard, "deliveries", kind=126)).deliveries
        assert not (await of(shard, "deliveries", start_us=1 << 60, kind=105)).deliveries
        monkeypatch.setattr(module, "MAX_ROWS", 0)
        sample = await of(shard, "deliveries", kind=105)
        assert (sample.deliveries, sample.scale > 1) == ([], True)

    run(scenario, tmp_path)
