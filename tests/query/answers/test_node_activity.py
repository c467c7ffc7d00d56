"""``tart/query/answers/node_activity.py``: figures have the members and values it declares."""

from __future__ import annotations

from typing import Any

import pytest

from tart.protocol.events import EventKind
from tart.query.topics.node_activity import node_cores, peers, timeline, validators_cores
from tests.gateway.fake_shard import event
from tests.query.answers.checking import NOW, check
from tests.query.topics.test_node_activity import A, B, core, ticket

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
    "event_breakdown": [{"event_type": EventKind.FINALIZED_BLOCK_CHANGED, "count": 1}],
}
GUARANTEE = {"node": A, "core": 1, "count": 4, "last_at": 6}
PEERS = {"num_peers": 5, "num_val_peers": 3, "num_sync_peers": 1, "seen_at": 7}
SAMPLE = event(0, 3, number=EventKind.STATUS, variant="Status", fields=PEERS)
CORES = [core(EventKind.WORK_PACKAGE_RECEIVED, 1, 2), core(EventKind.GUARANTEE_BUILT, 1, 1)]


def test_validators_cores() -> None:
    check("ValidatorsCores", validators_cores([], []))
    tickets = [ticket(A, 1), ticket(B, 1, 0, "failed")]
    check("ValidatorsCores", validators_cores([GUARANTEE], tickets))


@pytest.mark.parametrize(
    "cores",
    [
        node_cores([], {}, []),
        node_cores(CORES, {EventKind.GUARANTEE_BUILT: 1}, [ticket(A, 1)]),
        node_cores(
            [], {EventKind.WORK_REPORT_SIGNATURE_SENT: 1, EventKind.GENERATING_TICKETS: 1}, []
        ),
    ],
)
def test_node_cores(cores) -> None:
    check("NodeStatusEnhanced", {**NODE, **STATUS, **cores})


def test_peers() -> None:
    check("NodePeers", peers(None, [], 0, {}))
    check("NodePeers", peers(PEERS, [SAMPLE], 2, {EventKind.DISCONNECTED: 1}))


def test_timeline() -> None:
    check("NodeTimeline", timeline(A, [], {}, None))
    check("NodeTimeline", timeline(A, [SAMPLE], {EventKind.STATUS: 1}, "next"))
