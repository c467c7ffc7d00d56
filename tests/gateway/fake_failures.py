"""Failures of fake shards: the aggregates answer what their events say."""

from __future__ import annotations

from typing import Any

from tart.protocol.events import EVENTS
from tart.query.core.failure_templates import failure_template
from tart.query.core.windows import time_us
from tart.units import MINUTE_US
from tests.gateway.fake_shard import NODE_A, FakeShard, event

Row = dict[str, Any]


def failure(
    shard: FakeShard, at: int, reason: str, *, node: str = NODE_A, number: int = 92, **changes: Any
) -> Row:
    """Store an event that reports a failure, and count it."""
    variant = EVENTS[number].variant
    sequence = len(shard.log[shard.index]) + 1
    fields = {"reason": reason}
    added = event(
        shard.index, sequence, at=at, node=node, number=number, variant=variant, fields=fields
    )
    added.update(changes)
    shard.append(added)
    shard.answers["aggregate_sum"] = lambda parameters: sums(shard, parameters)
    return added


def sums(shard: FakeShard, parameters: Row) -> list[list[Any]]:
    """The rows of ``AggregateSum`` of the shard's failures, merged by keys."""
    if parameters["table"] != "failures":
        return []
    window, where = parameters.get("window", {}), parameters.get("where") or {}
    step = parameters.get("step_us") or MINUTE_US
    merged: dict[tuple[Any, ...], list[int]] = {}
    for each in shard.log[shard.index]:
        at = time_us(each["received_at"], "")
        reason = next(iter(each["data"].values())).get("reason")
        row = {
            "bucket": at - at % step,
            "node": each["node_id"],
            "type": each["event_type"],
            "reason": reason,
            "template": failure_template(reason or ""),
        }
        start, end = window.get("start_us"), window.get("end_us")
        minute = at - at % MINUTE_US
        if (
            reason is None
            or (start is not None and minute < start)
            or (end is not None and minute > end)
            or any(row[name] not in values for name, values in where.items())
        ):
            continue
        known = merged.setdefault(tuple(row[name] for name in parameters["by"]), [0, at, at])
        known[:] = [known[0] + 1, min(known[1], at), max(known[2], at)]
    return [[*keys, *values] for keys, values in merged.items()]
