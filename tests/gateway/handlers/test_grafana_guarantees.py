"""``tart/gateway/handlers/grafana_guarantees.py``: queries to the shards and the answers."""

from __future__ import annotations

import pytest

from tart.units import HOUR_US
from tests.gateway.fake_network import populate
from tests.gateway.fake_packages import PACKAGE, REPORT
from tests.gateway.fake_shard import NODE_A
from tests.gateway.handlers.test_grafana import asked, window
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio
HOUR = window(HOUR_US)


@pytest.mark.parametrize(
    ("path", "kind", "member"),
    [
        ("guarantee-convergence", 105, "slot"),
        ("assurance-convergence", 126, "anchor"),
        ("assurance-convergence/senders", 126, "sender_node_id"),
    ],
)
async def test_interval_changes_rows_to_buckets(
    gateway: Running, path: str, kind: int, member: str
) -> None:
    populate(*gateway.shards)
    (row,) = await gateway.json(f"/api/grafana/{path}?{HOUR}")
    assert member in row
    (row,) = await gateway.json(f"/api/grafana/{path}?{HOUR}&interval=1m")
    assert row.keys() == {"ts", "p50_ms", "p75_ms", "p95_ms", "p99_ms", "p100_ms", "sample_count"}
    assert row["sample_count"] == 3
    assert {each["kind"] for each in asked(gateway, "deliveries")} == {kind}


async def test_reports_and_assurances_are_selected(gateway: Running) -> None:
    populate(*gateway.shards)
    gateway.know(NODE_A, "ab" * 32)
    detail = f"/api/grafana/guarantee-convergence/detail?{HOUR}"
    for query, count in (("", 1), ("&core=1", 1), ("&core=2", 0), (f"&wp_hash={PACKAGE}", 1)):
        assert len(await gateway.json(detail + query)) == count
    senders = f"/api/grafana/assurance-convergence/senders?{HOUR}"
    for query, count in ((f"&node={NODE_A}", 1), (f"&node={'ab' * 32}", 0)):
        assert len(await gateway.json(senders + query)) == count
    await gateway.json(f"{senders}&anchor=0x{REPORT}")
    assert asked(gateway, "deliveries")[-1]["hashes"] == [REPORT]
    body = await gateway.json(f"{senders}&anchor=12", 400)
    assert body["error"]["param"] == "anchor"
