"""What the files of a server have, once it is stopped: by node, byte for byte."""

from __future__ import annotations

from collections import Counter, defaultdict

from tests.fuzz.model import message_of
from tests.shard.running import run


def messages_of_nodes(data, shards):
    """By peer id, each connection's [(event id, message, whether it was understood), …]."""
    found = defaultdict(list)
    for shard in range(shards):
        for peer_id, connections in run(_read, data, shard, shards).items():
            found[peer_id] += connections
    return found


async def _read(shard):
    rows = [(r[0], r[2], r[3], r[4], message_of(r), True) for r in await shard.stored()]
    rows += [(r[0], r[1], r[2], r[3], r[9], False) for r in await shard.undecodable()]
    names = dict(await shard.stored("nodes", "node, peer_id", "node"))
    connections = defaultdict(list)
    for _, node, session, event_id, message, good in sorted(rows):
        if event_id is not None:
            connections[node, session].append((event_id, message, good))
    found = defaultdict(list)
    for (node, _), messages in sorted(connections.items()):
        found[names[node]].append(messages)
    return found


def counts_of_nodes(data, shards):
    """By peer id and type, what the aggregates have counted; after a start, which makes them
    up from the log where they are missing."""
    found: Counter = Counter()
    for shard in range(shards):
        for node, number, count in run(_counted, data, shard, shards):
            found[bytes.fromhex(node), number] += count
    return found


async def _counted(shard):
    return await shard.ask("aggregate_sum", table="counts", by=["node", "type"])
