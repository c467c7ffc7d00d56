"""Two fake shards with two nodes, blocks, events and a work-package."""

from __future__ import annotations

import time

from tests.gateway.fake_packages import add_package
from tests.gateway.fake_shard import (
    BLOCK_HASH,
    NODE_A,
    NODE_B,
    NOON,
    FakeShard,
    claims,
    event,
    node,
    statement,
)

UNKNOWN = "cc" * 32


def populate(one: FakeShard, two: FakeShard) -> None:
    """Two nodes, one on each shard, with events of every kind the routes look at."""
    one.nodes, two.nodes = [node()], [node(NODE_B, is_connected=False, connections=[])]
    one.chain = [claims(NODE_A, 7, 5)]
    one.authored, two.authored = ["01" * 32, "02" * 32], ["02" * 32, "03" * 32]
    for i in range(6):
        one.append(event(0, i, at=NOON + 10 * i))
        two.append(event(1, i, at=NOON + 10 * i + 5, node=NODE_B))
    best = {"timestamp": 1, "slot": 5, "hash": BLOCK_HASH}
    latest = statement(NOON + 50, data={"BestBlockChanged": best})
    status = statement(data={"Status": {"timestamp": 1, "num_peers": 3}})
    one.status = {"counts": {"11": 6, "10": 1}, "latest": {"11": latest, "10": status}}
    now = int(time.time())
    one.live |= {"seconds": [[now - 2, 5, ["aa"], ["bb"], 2, 1]], "active": [NODE_A]}
    two.live |= {"seconds": [[now - 3, 7, ["aa", "cc"], [], 4, 0]], "active": [NODE_A, NODE_B]}
    add_package(one)
