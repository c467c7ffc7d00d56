"""``tart/gateway/fanout/package_queries.py``: the scatters of a journey."""

from __future__ import annotations

from pathlib import Path

from tart.gateway.fanout import package_queries
from tart.query.shard_queries.packages import PackageRows
from tart.units import SECOND_US
from tests.gateway.fake_packages import PACKAGE, REPORT, ROOT, SESSION
from tests.gateway.fake_shard import NOON
from tests.gateway.handlers.test_packages import with_gateway
from tests.gateway.running import Running


def test_the_events_of_a_journey_are_read_from_the_windows_of_its_rows(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        queries = gateway.gateway.queries
        rows, _ = await queries.ask(PackageRows(hashes=[PACKAGE]))
        found, _ = await package_queries.journey(queries, rows, 5, "hex")
        assert found.state is not None
        assert found.state.stage == "available"
        asked = next(each for each in gateway.shards[0].requests if each.name == "journey")
        around = NOON - SECOND_US, NOON + 2 * SECOND_US
        assert asked.parameters["pipelines"] == [[SESSION, 7, *around]]
        assert asked.parameters["reports"] == [[REPORT, *around]]
        assert asked.parameters["erasures"] == [[ROOT, NOON - SECOND_US, NOON + SECOND_US]]

    with_gateway(tmp_path, check)
