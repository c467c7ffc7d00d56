"""``tart/gateway/fanout/trace_queries.py``: what a trace is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tart.gateway.fanout.queries import Coverage
from tart.gateway.fanout.trace_queries import block_input, package_input
from tart.query.core.windows import Window
from tart.query.shard_queries.packages import PackageRows
from tart.tracing.block_traces import BLOCK_COLUMNS, SIGHT_COLUMNS
from tart.tracing.node_times import clock_window
from tart.tracing.spans import Service
from tart.units import JCE_US
from tests.gateway.fake_packages import PACKAGE
from tests.gateway.fake_shard import NODE_A, NOON
from tests.gateway.handlers.test_packages import with_gateway
from tests.gateway.running import Running

BLOCK = "0a" * 32


def asked(gateway: Running, table: str) -> list[dict[str, Any]]:
    """The parameters of the queries about a table."""
    requests = gateway.shards[0].requests
    return [each.parameters for each in requests if each.parameters.get("table") == table]


def test_clocks_are_those_of_the_minutes_before_the_package(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.know(NODE_A)
        queries = gateway.gateway.queries
        rows, seen = await queries.ask(PackageRows(hashes=[PACKAGE]))
        given = await package_input(queries, rows, seen)
        (clocks,) = asked(gateway, "clocks")
        window = clock_window(NOON)
        assert clocks["window"] == {"start_us": window.start_us, "end_us": window.end_us}
        assert clocks["where"] == {"node": [NODE_A]}
        assert given.coverage.complete
        trace = given.build()
        assert trace.services == {NODE_A: Service("fake-node", "0.1.0")}
        assert trace.spans[0].attributes["jam.work_package.hash"] == PACKAGE

    with_gateway(tmp_path, check)


def test_a_block_has_rows_and_sights_of_known_nodes(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        row = dict.fromkeys(BLOCK_COLUMNS) | {
            **{"started_at": NOON, "ended_at": NOON, "node": NODE_A, "session": 1, "root": 7},
            **{"kind": 43, "slot": 5, "hash": BLOCK, "outcome": "verified"},
            **{"started": NOON - JCE_US, "verified": NOON - JCE_US + 4},
        }
        sight = (NOON, None, BLOCK, 5, 43, NOON - JCE_US)
        tables = {
            "blocks": (BLOCK_COLUMNS, [row[name] for name in BLOCK_COLUMNS]),
            "sightings": (SIGHT_COLUMNS, list(sight)),
        }

        def answer(parameters: dict[str, Any]) -> dict[str, Any]:
            columns, values = tables[parameters["table"]]
            return {"columns": list(columns), "clock": columns[0], "rows": [values]}

        gateway.shards[0].answers["aggregate_rows"] = answer
        window, where = Window(NOON - 5, NOON + 5), {"hash": [BLOCK]}
        queries = gateway.gateway.queries
        given = await block_input(queries, bytes.fromhex(BLOCK), where, window)
        assert given is not None
        assert isinstance(given.coverage, Coverage)
        for table in tables:
            (parameters,) = asked(gateway, table)
            assert parameters["where"] == where
            assert parameters["window"]["start_us"] == NOON - 5
        assert [span.name for span in given.build().spans] == ["block", "import block", "verify"]

    with_gateway(tmp_path, check)


def test_a_block_that_no_node_told_of_has_no_trace(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        queries = gateway.gateway.queries
        assert await block_input(queries, bytes.fromhex(BLOCK), {"hash": [BLOCK]}) is None

    with_gateway(tmp_path, check)
