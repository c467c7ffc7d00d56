"""The last seconds, one by one over all shards, from counters in memory.

Pure. A second is left out if a shard has not counted all of it, because the shard started since:
its events are not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.protocol.events import EventKind
from tart.query.answers import metrics as answers
from tart.query.core.merge import Second
from tart.query.core.rfc3339 import server_time
from tart.units import SECOND_US

# Kinds that the shards count by second, in the order of ``details`` of the query ``live``.
LIVE_KINDS = (
    EventKind.AUTHORED,
    EventKind.BLOCK_ANNOUNCED,
    EventKind.GENERATING_TICKETS,
    EventKind.TICKETS_GENERATED,
    EventKind.TICKET_TRANSFERRED,
)
_TICKET_KINDS = (
    EventKind.GENERATING_TICKETS,
    EventKind.TICKETS_GENERATED,
    EventKind.TICKET_TRANSFERRED,
)


class NodesBySecond:
    """The nodes that sent events, by shard and second; a node on two shards counts once.

    Args:
        partials: The shards' answers to ``live``, with details.
    """

    def __init__(self, partials: Sequence[Mapping[str, Any]]) -> None:
        self._nodes = [{int(bit): node for bit, node in partial["nodes"]} for partial in partials]
        self._masks = [
            {second: int(nodes, 16) for second, _, nodes in partial["details"]}
            for partial in partials
        ]
        shards = Counter(node for nodes in self._nodes for node in nodes.values())
        # For each node that several shards know: its bit on each of them.
        self._shared = [
            [
                (shard, bit)
                for shard, nodes in enumerate(self._nodes)
                for bit, known in nodes.items()
                if known == node
            ]
            for node, count in shards.items()
            if count > 1
        ]

    def count(self, seconds: Iterable[int]) -> int:
        """Return the number of nodes that sent an event in any of the seconds."""
        wanted = list(seconds)
        active = []
        for masks in self._masks:
            mask = 0
            for second in wanted:
                mask |= masks.get(second, 0)
            active.append(mask)
        duplicates = 0
        for bits in self._shared:
            shards = sum(active[shard] >> bit & 1 for shard, bit in bits)
            duplicates += max(0, shards - 1)
        return sum(mask.bit_count() for mask in active) - duplicates


def realtime(
    seconds: Mapping[int, Second],
    partials: Sequence[Mapping[str, Any]],
    now: int,
    length: int,
    latest_slot: int | None,
) -> answers.Realtime:
    """Return the answer of ``/api/metrics/realtime``.

    Args:
        seconds: Counters of all shards, by Unix second.
        partials: The shards' answers to ``live``, with details.
        now: The current second.
        length: Number of seconds before it.
        latest_slot: The slot that the network has reached.
    """
    since = max(partial["since"] for partial in partials)
    start = min(now, max(now - length, since))
    counted = range(start, now)
    nodes = NodesBySecond(partials)
    kinds: dict[int, Counter[int]] = {}
    for partial in partials:
        for second, numbers, _ in partial["details"]:
            counts = kinds.setdefault(second, Counter())
            counts.update(dict(zip(LIVE_KINDS, numbers, strict=True)))
    known = [seconds[second] for second in counted if second in seconds]
    best_blocks = len(set().union(*(second.best for second in known)))
    total = sum((kinds.get(second, Counter()) for second in counted), Counter[int]())
    events = sum(second.events for second in known)
    end = server_time(now * SECOND_US)
    return {
        "window_seconds": length,
        "counted_seconds": len(counted),
        "start": server_time(start * SECOND_US),
        "end": end,
        "timestamp": end,
        "totals": {
            "events": events,
            "best_blocks": best_blocks,
            "finalized_blocks": len(set().union(*(second.finalized for second in known))),
            "authored_blocks": total[EventKind.AUTHORED],
            "announcements": total[EventKind.BLOCK_ANNOUNCED],
            "tickets": sum(total[kind] for kind in _TICKET_KINDS),
            "active_nodes": nodes.count(counted),
            "latest_slot": latest_slot,
            "best_block_events": sum(second.best_events for second in known),
            "finalized_block_events": sum(second.finalized_events for second in known),
        },
        "rates": {
            "events_per_second": round(events / len(counted), 3) if counted else None,
            "blocks_per_second": round(best_blocks / len(counted), 4) if counted else None,
        },
        "data": [
            _second(
                number,
                seconds.get(number) or _SILENT,
                kinds.get(number, Counter()),
                nodes.count([number]),
            )
            for number in reversed(counted)
        ],
    }


_SILENT = Second(0, set(), set(), 0, 0)


def _second(number: int, second: Second, kinds: Counter[int], nodes: int) -> answers.RealtimeSecond:
    return {
        "timestamp": server_time(number * SECOND_US),
        "events": second.events,
        "nodes": nodes,
        "blocks": len(second.best),
        "finalized": len(second.finalized),
        "announcements": kinds[EventKind.BLOCK_ANNOUNCED],
        "tickets": sum(kinds[kind] for kind in _TICKET_KINDS),
        "authored": kinds[EventKind.AUTHORED],
    }
