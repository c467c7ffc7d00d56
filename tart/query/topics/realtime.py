"""The last seconds one by one, over all shards, from counters in memory.

Pure. A second that some shard has not counted whole, because it started since, is left out:
nobody knows what happened in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.query.core.merge import Json, Second
from tart.query.core.rfc3339 import rfc3339
from tart.units import SECOND_US

# Types whose events are counted by themselves, in the order of ``details`` of the question
# ``live``: Authored, BlockAnnounced, tickets.
LIVE_KINDS = (42, 62, 80, 82, 84)
_TICKETS = (80, 82, 84)


class NodesBySecond:
    """Which nodes each shard heard in which second; a node on two shards is one.

    Args:
        answers: the shards', with details.
    """

    def __init__(self, answers: Sequence[Mapping[str, Any]]) -> None:
        self._nodes = [{int(bit): node for bit, node in answer["nodes"]} for answer in answers]
        self._masks = [
            {second: int(nodes, 16) for second, _, nodes in answer["details"]} for answer in answers
        ]
        shards = Counter(node for nodes in self._nodes for node in nodes.values())
        # The bit of a node on each of the shards that know it, of those that several know.
        self._shared = [
            [
                (place, bit)
                for place, nodes in enumerate(self._nodes)
                for bit, known in nodes.items()
                if known == node
            ]
            for node, count in shards.items()
            if count > 1
        ]

    def size(self, seconds: Iterable[int]) -> int:
        """How many nodes were heard in any of these seconds."""
        wanted = list(seconds)
        heard = []
        for masks in self._masks:
            mask = 0
            for second in wanted:
                mask |= masks.get(second, 0)
            heard.append(mask)
        twice = 0
        for places in self._shared:
            times = sum(heard[place] >> bit & 1 for place, bit in places)
            twice += max(0, times - 1)
        return sum(mask.bit_count() for mask in heard) - twice


def realtime(
    seconds: Mapping[int, Second],
    answers: Sequence[Mapping[str, Any]],
    now: int,
    length: int,
    latest_slot: int | None,
) -> Json:
    """The body of ``/api/metrics/realtime``.

    Args:
        seconds: of all shards, by Unix second.
        answers: the shards' own, with details.
        now: the running second; ``length``: how many before it.
    """
    since = max(answer["since"] for answer in answers)
    start = min(now, max(now - length, since))
    shown = range(start, now)
    crowd = NodesBySecond(answers)
    counts: dict[int, Counter[int]] = {}
    for answer in answers:
        for second, numbers, _ in answer["details"]:
            into = counts.setdefault(second, Counter())
            into.update(dict(zip(LIVE_KINDS, numbers, strict=True)))
    inside = [seconds[each] for each in shown if each in seconds]
    best = len(set().union(*(each.best for each in inside)))
    total = sum((counts.get(each, Counter()) for each in shown), Counter[int]())
    events = sum(each.events for each in inside)
    return {
        "window_seconds": length,
        "counted_seconds": len(shown),
        "start": rfc3339(start * SECOND_US),
        "end": rfc3339(now * SECOND_US),
        "totals": {
            "events": events,
            "best_blocks": best,
            "finalized_blocks": len(set().union(*(each.finalized for each in inside))),
            "authored_blocks": total[42],
            "announcements": total[62],
            "tickets": sum(total[number] for number in _TICKETS),
            "active_nodes": crowd.size(shown),
            "latest_slot": latest_slot,
            "best_block_events": sum(each.best_events for each in inside),
            "finalized_block_events": sum(each.finalized_events for each in inside),
        },
        "rates": {
            "events_per_second": round(events / len(shown), 3) if shown else None,
            "blocks_per_second": round(best / len(shown), 4) if shown else None,
        },
        "data": [
            _second(each, seconds.get(each), counts.get(each, Counter()), crowd)
            for each in reversed(shown)
        ],
    }


_SILENT = Second(0, set(), set(), 0, 0)


def _second(number: int, heard: Second | None, counts: Counter[int], crowd: NodesBySecond) -> Json:
    second = heard or _SILENT
    return {
        "timestamp": rfc3339(number * SECOND_US),
        "events": second.events,
        "nodes": crowd.size([number]),
        "blocks": len(second.best),
        "finalized": len(second.finalized),
        "announcements": counts[62],
        "tickets": sum(counts[each] for each in _TICKETS),
        "authored": counts[42],
    }
