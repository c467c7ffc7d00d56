"""The dashboard against a server: each view shows the figures of the API."""

from __future__ import annotations

import pytest

from tart.dash.core.model import find_figure, find_table, row_values
from tests.dash.pilot import running_dash

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(params=["1 shard"])
def system(request, truths):
    """A server that knows a whole network's events, shared with the tests of the truth."""
    return truths(request.param).system


async def test_the_network_s_figures_are_those_of_the_api(system):
    nodes = system.get("/api/nodes")["nodes"]
    implementations = system.get("/api/implementations", duration="1h")["implementations"]
    async with running_dash(system.api, "network", size=(160, 50)) as dash:
        page = await dash.until(lambda: dash.page, "the page")
        assert find_figure(page, "Connected").value == sum(it["is_connected"] for it in nodes)
        assert find_figure(page, "States").value == len(nodes)
        assert find_figure(page, "Dropped").value == sum(int(it["dropped_count"]) for it in nodes)
        rows = row_values(find_table(page, "Implementations"))
        assert {row["implementation"]: row["nodes"] for row in rows} == {
            f"{it['name']} {it['version']}": it["nodes"] for it in implementations
        }
        await dash.shows("Implementations", f"{len(implementations)}", "network", "every 0.2 s")
