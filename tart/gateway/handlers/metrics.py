"""The handlers of ``contract_metrics``: blocks, and figures by time, step and sender."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tart.errors import BadQuery
from tart.gateway.fanout.queries import Coverage, Questions, coverage, now_us, together
from tart.gateway.handlers.windows import answered, asked, hours_of
from tart.gateway.http.responses import Answer
from tart.query.core import merge
from tart.query.core.chain_stats import chain_figures
from tart.query.core.cursor import Cursor
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.packages.packages import PAIRS
from tart.query.topics import blocks as authoring
from tart.query.topics import latency as durations
from tart.query.topics import realtime as seconds
from tart.query.topics import slots, time_series
from tart.query.topics import top_nodes as senders
from tart.query.topics.time_series import Buckets
from tart.units import MINUTE_US

Values = Mapping[str, Any]
Handler = Callable[[Questions, Values], Awaitable[Answer]]

# A block is named by its nodes within so long; what was named before is not new.
_NAMED_US = 10 * MINUTE_US
# Buckets of which nodes' events by type are asked for at once.
_AT_ONCE = 12


async def blocks(questions: Questions, values: Values) -> Answer:
    """``/api/blocks``."""
    window = asked(values).whole()
    types = list(authoring.TOTALS.values())
    own = {"kind": [authoring.AUTHORING]}
    counts, (claims, seen), authored, done, failed = await together(
        questions.summed("counts", window, by=["type"], where={"type": types}),
        questions.chain(),
        questions.authored(window),
        questions.listed(
            "blocks", window, where={**own, "outcome": ["authored"]}, limit=authoring.RECENT
        ),
        questions.listed(
            "blocks",
            window,
            where={**own, "failed_type": [authoring.EXECUTION_FAILED]},
            limit=authoring.RECENT,
        ),
    )
    body = authoring.blocks(
        {row["type"]: row["count"] for row in counts[0]},
        chain_figures(claims),
        authored[0],
        [*done[0], *failed[0]],
    )
    return answered(body, (None, seen), counts, authored, done, failed)


async def slot(questions: Questions, values: Values) -> Answer:
    """``/api/slots/{slot}``."""
    number = values["slot"]
    answers = await questions.scatter("slot", {"slot": number})
    body = slots.slot(number, [value for _, value in answers.values])
    seen = coverage(answers)
    if values["include_events"]:
        selection = {"slot": number, "types": list(slots.SLOT_KINDS), "bytes": values["bytes"]}
        page, also = await questions.events(selection, values["limit"], 0, Cursor(now_us()))
        body |= {"events_by_node": slots.by_node(page.events), "has_more": page.has_more}
        seen &= also
    return Answer(body, seen)


async def timeseries(questions: Questions, values: Values) -> Answer:
    """``/api/metrics/timeseries``."""
    every = asked(values).buckets(values["interval"] * MINUTE_US)
    data, *parts = await _SERIES[values["metric"]](questions, every)
    return answered({**_titled(values, every), "data": data}, *parts)


async def _blocks(questions: Questions, every: Buckets) -> tuple[Any, ...]:
    counts, named, authored, best = await together(
        _counts(questions, every),
        _named(questions, every),
        questions.summed(
            "counts",
            every.window,
            by=["bucket", "node"],
            where={"type": [time_series.AUTHORED]},
            step_us=every.step_us,
        ),
        questions.spread("heads", "best", every.window, by=["bucket"], step_us=every.step_us),
    )
    data = time_series.blocks(every, named[0], authored[0], counts[0], best[0])
    return data, counts, named, authored, best


async def _events(questions: Questions, every: Buckets) -> tuple[Any, ...]:
    counts, nodes = await together(
        _counts(questions, every),
        questions.spread("counts", "count", every.window, by=["bucket"], step_us=every.step_us),
    )
    return time_series.events(every, counts[0], nodes[0]), counts, nodes


async def _throughput(questions: Questions, every: Buckets) -> tuple[Any, ...]:
    counts, named = await together(_counts(questions, every), _named(questions, every))
    return time_series.throughput(every, named[0], counts[0]), counts, named


_SERIES = {"blocks": _blocks, "events": _events, "throughput": _throughput}


async def _counts(
    questions: Questions, every: Buckets
) -> tuple[dict[tuple[int, int], int], Coverage]:
    """Events by bucket and type."""
    rows, seen = await questions.summed(
        "counts", every.window, by=["bucket", "type"], step_us=every.step_us
    )
    return {(row["bucket"], row["type"]): row["count"] for row in rows}, seen


async def _named(questions: Questions, every: Buckets) -> tuple[list[Json], Coverage]:
    """Blocks that were named best or finalized, and those shortly before the window."""
    window = Window(max(0, every.start_us - _NAMED_US), every.end_us)
    found: tuple[list[Json], Coverage] = await questions.summed(
        "reached", window, by=["hash", "type"], values=["seen_at"]
    )
    return found


async def grouped_timeseries(questions: Questions, values: Values) -> Answer:
    """``/api/metrics/timeseries/grouped``."""
    every = asked(values).buckets(values["interval"] * MINUTE_US)
    wanted = values["metric"], values["group_by"]
    if wanted not in _GROUPED:
        known = ", ".join(" by ".join(each) for each in _GROUPED)
        raise BadQuery(f"what can be grouped is {known}", "group_by")
    data, *parts = await _GROUPED[wanted](questions, every)
    body = {**_titled(values, every), "group_by": values["group_by"], "data": data}
    return answered(body, *parts)


async def _by_node(questions: Questions, every: Buckets) -> tuple[Any, ...]:
    return await _newest(questions, every, time_series.events_by_node)


async def _by_type(questions: Questions, every: Buckets) -> tuple[Any, ...]:
    return await _newest(questions, every, time_series.events_by_type)


async def _newest(
    questions: Questions, every: Buckets, figures: Callable[[Buckets, Any], list[Json]]
) -> tuple[Any, ...]:
    """Rows of the newest buckets, until there are enough."""
    found: list[Json] = []
    parts: list[tuple[Any, Coverage]] = []
    starts = every.starts
    for at in range(0, max(1, len(starts)), _AT_ONCE):
        window = every.window
        if some := starts[at : at + _AT_ONCE]:
            window = Window(some[-1], min(some[0] + every.step_us - 1, every.end_us))
        answer = await questions.spread(
            "counts", "count", window, by=["bucket", "type"], step_us=every.step_us
        )
        found += figures(every, answer[0])
        parts.append(answer)
        if len(found) >= time_series.MAX_ROWS:
            break
    return found[: time_series.MAX_ROWS], *parts


async def _by_core(questions: Questions, every: Buckets) -> tuple[Any, ...]:
    rows = await questions.summed(
        "core_events",
        every.window,
        by=["bucket", "core", "node"],
        values=["count"],
        where={"type": [time_series.GUARANTEE_BUILT]},
        step_us=every.step_us,
    )
    return time_series.guarantees_by_core(every, rows[0]), rows


async def _by_category(questions: Questions, every: Buckets) -> tuple[Any, ...]:
    rows = await questions.summed(
        "failures",
        every.window,
        by=["bucket", "type", "node"],
        values=["count"],
        step_us=every.step_us,
    )
    return time_series.failures_by_category(every, rows[0]), rows


_GROUPED = {
    ("events", "node"): _by_node,
    ("events", "event_type"): _by_type,
    ("guarantees", "core"): _by_core,
    ("failures", "category"): _by_category,
}


def _titled(values: Values, every: Buckets) -> Json:
    return {
        "metric": values["metric"],
        "interval_minutes": every.step_us // MINUTE_US,
        "duration_hours": hours_of(values),
    }


async def realtime(questions: Questions, values: Values) -> Answer:
    """``/api/metrics/realtime``."""
    now = int(time.time())
    length = values["seconds"]
    answers, (claims, seen) = await together(
        questions.scatter("live", {"seconds": length}), questions.chain()
    )
    body = seconds.realtime(
        merge.seconds(answers.values),
        [value for _, value in answers.values],
        now,
        length,
        chain_figures(claims)["best_block"],
    )
    return Answer({**body, "timestamp": body["end"]}, seen & coverage(answers))


async def latency(questions: Questions, values: Values) -> Answer:
    """``/api/metrics/latency``."""
    window = asked(values).whole(durations=True)
    group = values["group_by"]
    if group == "core":
        return await _latency_by_core(questions, window)
    types = values["event_types"]
    by = ["parent", "type", "bin", *(["node"] if group != "none" else [])]
    rows, (nodes, seen) = await together(
        questions.summed("latency", window, by=by, where=types and {"type": types}),
        questions.nodes(),
    )
    names = {
        "none": None,
        "node": {node["node_id"]: node["node_id"] for node in nodes},
        "implementation": {node["node_id"]: _implementation(node) for node in nodes},
    }[group]
    body = {"group_by": group, "steps": durations.by_step(rows[0], names)}
    return answered(body, rows, (None, seen))


async def _latency_by_core(questions: Questions, window: Window) -> Answer:
    end = window.end_us
    answers = await questions.scatter(
        "steps",
        {
            "start_us": window.start_us,
            "end_us": None if end is None else end + 1,
            "core": None,
            "by_core": True,
        },
    )
    names = list(PAIRS)
    rows = [
        (names[pair], core, number, count)
        for _, value in answers.values
        for pair, number, count, core in value
    ]
    body = {"group_by": "core", "steps": durations.by_core(rows)}
    return answered(body, (None, coverage(answers)))


def _implementation(node: Json) -> str | None:
    name, version = node["implementation_name"], node["implementation_version"]
    return None if name is None else f"{name} {version}"


async def top_nodes(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/top``."""
    window = asked(values).whole()
    types = values["event_types"]
    rows, (nodes, seen) = await together(
        questions.summed("counts", window, by=["node"], where=types and {"type": types}),
        questions.nodes(),
    )
    assert window.start_us is not None
    assert window.end_us is not None
    length = max(0, window.end_us - window.start_us) / 1e6
    body = senders.top(rows[0], nodes, types, values["limit"], length)
    return answered(body, rows, (None, seen))


METRIC_HANDLERS: Mapping[str, Handler] = {
    each.__name__: each
    for each in (blocks, slot, timeseries, grouped_timeseries, realtime, latency, top_nodes)
}
