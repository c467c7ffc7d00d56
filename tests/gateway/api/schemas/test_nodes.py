"""``tart/gateway/api/schemas/nodes.py``: what the figures give has the shape they promise."""

from __future__ import annotations

from typing import Any

import pytest

from tart.gateway.api.components import SCHEMAS
from tart.query.topics.availability import enhanced, stats
from tart.query.topics.execution import execution
from tart.query.topics.node_activity import peers, status_enhanced, timeline, validators_cores
from tart.query.topics.topology import topology
from tests.gateway.fake_shard import event
from tests.gateway.json_schema import violations
from tests.query.topics.test_availability import A, ended, status
from tests.query.topics.test_execution import block, cost
from tests.query.topics.test_node_activity import core, ticket
from tests.query.topics.test_topology import B, link

NOW = "2026-11-20T12:00:00.000000Z"
WINDOW = {"window": {"start": None, "end": NOW}}
NODE = {
    "node_id": A,
    "peer_id": A,
    "implementation_name": None,
    "implementation_version": "1",
    "is_connected": True,
    "connected_at": NOW,
    "last_seen_at": None,
    "event_count": 3,
}
STATUS: dict[str, Any] = {
    "node": NODE,
    "chain_status": {
        "best_slot": None,
        "finalized_slot": 3,
        "best_hash": None,
        "finalized_hash": A,
        "best_block_events": 0,
        "finalized_block_events": 1,
        "synced": None,
        "last_updated": NOW,
    },
    "latest_status": None,
    "event_breakdown": [{"event_type": 12, "count": 1}],
}
SAID = {"num_peers": 5, "num_val_peers": 3, "num_sync_peers": 1, "seen_at": 7}
TRANSFER = {"node": A, "blocks": 3, "slots": 2, "last_at": 5}
GUARANTEED = {"node": A, "core": 1, "count": 4, "last_at": 6}
FAILED = event(0, 1, number=122, variant="ShardRequestFailed", fields={"reason": "gone"})
COST = {"total": {"gas_used": 1, "elapsed_ns": 2}}
AUTHORIZED = event(0, 2, number=95, variant="Authorized", fields={"cost": COST})
SAMPLE = event(0, 3, number=10, variant="Status", fields=SAID)
MORE = {"has_more": False, "timestamp": NOW}
INDEX = {"shard_index": 1, "type": 120, "node": A, "count": 2}
REASON = {"node": A, "reason": "gone", "count": 2}
REQUESTS = [ended(121, 125, 3), ended(121, 122), ended(120, 125, node=B)]

BODIES = {
    "Topology": [
        topology([], [], {}, 0),
        topology([link(A, B, 0), link(A, B, 1, number=84)], [TRANSFER], {62: 1}, 1),
    ],
    "ValidatorsCores": [
        validators_cores([], []),
        validators_cores([GUARANTEED], [ticket(A, 1), ticket(B, 1, 0, "failed")]),
    ],
    "NodeStatusEnhanced": [
        status_enhanced(STATUS, [], {}, []),
        status_enhanced(STATUS, [core(94, 1, 2), core(105, 1, 1)], {105: 1}, [ticket(A, 1)]),
        status_enhanced(STATUS, [], {103: 1, 80: 1}, []),
    ],
    "NodePeers": [peers(None, [], 0, {}), peers(SAID, [SAMPLE], 2, {27: 1})],
    "NodeTimeline": [
        timeline(A, [], {}) | MORE,
        timeline(A, [AUTHORIZED], {95: 1}) | MORE,
    ],
    "DaStats": [stats([], {}), stats([status(A)], {191: 1})],
    "DaStatsEnhanced": [
        enhanced([], {}, [], [], [], []) | MORE,
        enhanced([status(A)], {(A, 120): 1}, REQUESTS, [INDEX], [REASON], [FAILED]) | MORE,
    ],
    "Execution": [
        execution([], [], [], {}, []),
        execution([cost(service=None)], [cost()], [block(1)], {101: 1}, [AUTHORIZED]),
    ],
}


@pytest.mark.parametrize("name", BODIES)
def test_an_answer_has_its_shape_and_nothing_undeclared(name: str) -> None:
    for body in BODIES[name]:
        assert violations({**body, **WINDOW}, SCHEMAS[name]) == []
        declared = SCHEMAS[name]["properties"].keys() | {"has_more", "timestamp", "window"}
        assert body.keys() <= declared
        required = set(SCHEMAS[name]["required"]) - {"window"}
        assert required <= body.keys()
