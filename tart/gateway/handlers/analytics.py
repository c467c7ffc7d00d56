"""The handlers of ``contract_analytics``: failures, propagation, health, nodes over time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.aggregate.core.tables import COUNT_BUCKET
from tart.gateway.fanout.queries import Questions, now_text, now_us, together
from tart.gateway.handlers.windows import answered, asked, hours_of
from tart.gateway.http.responses import Answer
from tart.query.core.cursor import Cursor
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.topics import assurances as distributing
from tart.query.topics import failures, propagation, timelines
from tart.query.topics import network_health as judged
from tart.query.topics.node_activity import CONNECTION_EVENTS
from tart.query.topics.time_series import Buckets
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

Values = Mapping[str, Any]
Handler = Callable[[Questions, Values], Awaitable[Answer]]

_FIVE_MINUTES_US, _TEN_MINUTES_US = 5 * MINUTE_US, 10 * MINUTE_US
_MOST_BUCKETS = 72
_FEW_HOURS_US = 6 * HOUR_US
# Discards are frequent and seldom failures: so many of the newest are looked at.
_DISCARDS = 500


async def failure_rates(questions: Questions, values: Values) -> Answer:
    """``/api/analytics/failure-rates``."""
    window = asked(values).whole()
    place = Cursor(now_us(), window)
    counts, rows, (failed, seen), (discards, also) = await together(
        questions.summed("counts", window, by=["type"]),
        questions.summed("failures", window, by=["node", "type", "reason"]),
        questions.events({"types": sorted(FAILURES)}, failures.RECENT, 0, place),
        questions.events({"types": sorted(FAILED_REASONS)}, _DISCARDS, 0, place),
    )
    worst = failures.worst(rows[0])
    of_nodes = await questions.summed("counts", window, by=["node", "type"], where={"node": worst})
    by_node: dict[str, dict[int, int]] = {}
    for row in of_nodes[0]:
        by_node.setdefault(row["node"], {})[row["type"]] = row["count"]
    recent = failures.failed_only(failed.events, discards.events, FAILED_REASONS)
    body = failures.rates(_by_type(counts[0]), rows[0], by_node, recent)
    return answered(body, counts, rows, of_nodes, (None, seen), (None, also))


async def block_propagation(questions: Questions, values: Values) -> Answer:
    """``/api/analytics/block-propagation``."""
    window = asked(values).whole()
    assert window.start_us is not None
    assert window.end_us is not None
    blocks = await questions.sighted(window)
    long = window.end_us - window.start_us > _FEW_HOURS_US
    step = HOUR_US if long else _TEN_MINUTES_US
    around = Window(window.start_us - window.start_us % step, window.end_us)
    sights, heard = await together(
        questions.propagated(propagation.sample(blocks[0])),
        questions.spread("counts", "count", around, by=["bucket"], step_us=step),
    )
    body = propagation.propagation(sights[0], heard[0], step, window.start_us, blocks[0])
    return answered(body, blocks, sights, heard)


async def network_health(questions: Questions, values: Values) -> Answer:
    """``/api/analytics/network-health``."""
    window = asked(values).whole()
    minute = _last_minute(window, now_us())
    counts, active, lately, (nodes, seen) = await together(
        questions.summed("counts", window, by=["type"]),
        questions.summed("counts", window, by=["node"]),
        questions.summed("counts", minute, by=["node"]),
        questions.nodes(),
    )
    found = judged.HealthInput(
        _by_type(counts[0]),
        len(active[0]),
        len(lately[0]),
        sum(node["is_connected"] for node in nodes),
        sum(row["count"] for row in lately[0]),
    )
    body = judged.health(found, now_text())
    return answered(body, counts, active, lately, (None, seen))


def _last_minute(window: Window, now: int) -> Window:
    """The last minute of a window; of one that goes on, six to seven tens of seconds."""
    assert window.start_us is not None
    assert window.end_us is not None
    if window.end_us < now:
        return Window(max(window.start_us, window.end_us + 1 - MINUTE_US), window.end_us)
    start = now - now % (COUNT_BUCKET * SECOND_US) - MINUTE_US
    return Window(max(window.start_us, start), now)


async def sync_timeline(questions: Questions, values: Values) -> Answer:
    """``/api/analytics/sync-status/timeline``."""
    every = _buckets(values)
    slots, told, (nodes, seen) = await together(
        questions.spread("heads", "best", every.window, by=["bucket"], step_us=every.step_us),
        questions.summed(
            "heads",
            Window(None, every.end_us),
            by=["bucket", "node"],
            values=["seen_at", "synced"],
            where={"synced": [0, 1]},
        ),
        questions.nodes(),
    )
    body = {
        "timeline": timelines.sync_timeline(every, slots[0], told[0]),
        "current_status": timelines.sync_now(nodes, slots[0]),
        **_length(values, every),
    }
    return answered(body, slots, told, (None, seen))


async def connection_timeline(questions: Questions, values: Values) -> Answer:
    """``/api/analytics/connections/timeline``."""
    every = _buckets(values)
    window, now = every.window, now_us()
    sessions, nodes, events, counts, by_day, spoken, (known, seen) = await together(
        questions.connections(window, every.step_us),
        questions.spread("counts", "count", window, by=["bucket"], step_us=every.step_us),
        questions.summed(
            "counts",
            window,
            by=["bucket", "type"],
            where={"type": list(CONNECTION_EVENTS.values())},
            step_us=every.step_us,
        ),
        questions.summed("counts", window, by=["node"]),
        questions.spread("counts", "count", window, by=["bucket"], step_us=DAY_US),
        questions.spoken(window, now),
        questions.nodes(),
    )
    of_types = {(row["bucket"], row["type"]): row["count"] for row in events[0]}
    of_nodes = {row["node"]: row["count"] for row in counts[0]}
    body = {
        "timeline": timelines.connection_timeline(every, sessions[0], nodes[0], of_types),
        "by_node": timelines.connections_by_node(known, spoken[0], of_nodes, by_day[0]),
        "health_stats": timelines.health_stats(known, now),
        **_length(values, every),
    }
    return answered(body, sessions, nodes, events, counts, by_day, spoken, (None, seen))


async def assurances(questions: Questions, values: Values) -> Answer:
    """``/api/analytics/assurances``."""
    window = asked(values).whole()
    rows, blocks, (nodes, seen) = await together(
        questions.summed("assurances", window, by=["anchor", "seen_at", "type"]),
        questions.sighted(window),
        questions.nodes(),
    )
    slots = {each["hash"]: each["slot"] for each in blocks[0]}
    seconds = distributing.slot_seconds(nodes)
    body = distributing.assurances(rows[0], slots, seconds, values["limit"])
    return answered(body, rows, blocks, (None, seen))


def _buckets(values: Values) -> Buckets:
    """Of five minutes, or of so many more that they are few."""
    fives = asked(values).length_us() // _FIVE_MINUTES_US + 1
    return asked(values).buckets(_FIVE_MINUTES_US * max(1, -(-fives // _MOST_BUCKETS)))


def _length(values: Values, every: Buckets) -> Json:
    return {
        "duration_hours": hours_of(values),
        "interval_minutes": every.step_us // MINUTE_US,
    }


def _by_type(rows: list[Json]) -> dict[int, int]:
    return {row["type"]: row["count"] for row in rows}


ANALYTICS_HANDLERS: Mapping[str, Handler] = {
    each.__name__: each
    for each in (
        failure_rates,
        block_propagation,
        network_health,
        sync_timeline,
        connection_timeline,
        assurances,
    )
}
