"""Handlers of ``api.routes.packages`` about work-packages and guarantees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from tart.errors import BadQuery, NotFound
from tart.gateway.fanout import package_queries
from tart.gateway.fanout.package_queries import NEWEST, Period
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_text, now_us
from tart.gateway.handlers import windows
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer, error_object
from tart.protocol.events import EventKind
from tart.query.answers.packages import ActiveWorkpackages
from tart.query.core.cursor import Cursor
from tart.query.core.failure_rates import ReasonGroup
from tart.query.core.filters import Selection, hash_bytes
from tart.query.core.windows import Window
from tart.query.packages import guarantees as guarantee_figures
from tart.query.packages import journey_details, journeys, package_progress
from tart.query.packages import packages as figures
from tart.query.packages import waterfall as waterfall_figures
from tart.query.packages import work_funnel as funnel_figures
from tart.query.packages.journeys import Journey
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.package_outcomes import PackageOutcomes
from tart.query.shard_queries.packages import (
    PackageCounts,
    PackageRows,
    PackageStages,
    StepDurations,
    samples_by_pair,
)
from tart.units import HOUR_US, MINUTE_US, SECOND_US

Json = dict[str, Any]
# A function of a journey and of the requested text.
Figure = Callable[[Journey, str], Mapping[str, Any]]

MAX_BATCH = 50
# Failures among which examples are looked for.
_EXAMPLES = 200
# Offsets of clocks are the least of this time before and after a package.
_CLOCKS_US = 10 * MINUTE_US
_RECENT_PACKAGES, _RECENT_GUARANTEES = 100, 50
# A guarantor that sends nothing about a package for this long has nothing to add.
_INACTIVE_US = 60 * SECOND_US


def period(values: Values, *, durations: bool = False) -> Period:
    """Return the requested window and core; ``durations`` as in ``windows``."""
    return Period(
        windows.request_window(values).whole(durations=durations), values.get("core_index")
    )


def inactive_since_us(when: Period) -> int:
    """Return the time after which an unfinished package may still be in progress."""
    assert when.window.end_us is not None
    return when.window.end_us - _INACTIVE_US


async def newest_events(
    queries: QueryClient, values: Values, window: Window, limit: int, selection: Selection
) -> tuple[list[Json], Coverage]:
    """Return the newest selected events of a window, newest first."""
    page, seen = await queries.events(
        selection, limit, 0, Cursor(now_us(), window), values["bytes"]
    )
    return page.events, seen


async def workpackages(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages``."""
    when = period(values)
    (packages, seen), (counts, also), (recent, too) = await gather_all(
        queries.ask(PackageStages(when.window, when.core)),
        queries.ask(
            AggregateSum(
                "counts",
                when.window,
                by=["type"],
                where={"type": list(package_progress.EVENTS.values())},
            )
        ),
        newest_events(
            queries,
            values,
            when.window,
            _RECENT_PACKAGES,
            Selection(types=(EventKind.WORK_PACKAGE_RECEIVED,)),
        ),
    )
    return Answer(partial(package_progress.overview, packages, counts, recent), seen & also & too)


async def active_workpackages(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages/active``."""
    when = period(values)
    (packages, seen), (durations, also), (reasons, too) = await gather_all(
        package_queries.newest_packages(queries, when, NEWEST),
        queries.ask(StepDurations(when.window, when.core)),
        queries.ask(
            AggregateSum(
                "failures",
                when.window,
                by=["reason"],
                where={"type": [EventKind.WORK_PACKAGE_FAILED]},
            )
        ),
    )

    def body() -> ActiveWorkpackages:
        return {
            "work_packages": [
                package_progress.package_json(each) for each in packages[: values["limit"]]
            ],
            "summary": package_progress.summary(packages),
            "reached": package_progress.count_reached(packages),
            "failure_breakdown": {each["reason"]: each["count"] for each in reasons},
            "stage_duration_percentiles": figures.all_percentiles(samples_by_pair(durations)),
            "complete": len(packages) < NEWEST,
        }

    return Answer(body, seen & also & too)


async def work_funnel(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages/funnel``."""
    when = period(values)
    (packages, seen), (rows, also) = await gather_all(
        queries.ask(PackageOutcomes(when.window, when.core)),
        queries.ask(
            AggregateSum(
                "failures",
                when.window,
                by=["node", "type", "reason"],
                where={"type": list(funnel_figures.FAILURE_KINDS)},
            )
        ),
    )
    groups = funnel_figures.failure_groups(rows)
    examples = await _examples(queries, groups, when.window)
    body = partial(funnel_figures.work_funnel, packages, groups, examples, inactive_since_us(when))
    return Answer(body, seen & also)


async def _examples(
    queries: QueryClient, groups: list[ReasonGroup], window: Window
) -> dict[tuple[int, str], Json]:
    """Return the newest event of each group of failures that is still stored."""
    kinds = tuple(sorted({group.type for group in groups}))
    events = await _failures(queries, kinds, window) if kinds else []
    examples = {
        (group.type, group.reason): funnel_figures.pick_example(group, events) for group in groups
    }
    # A group that is not among the newest failures is looked up by the time of its newest.
    rare = [group for group in groups if examples[group.type, group.reason] is None]
    pages = await gather_all(
        *(_failures(queries, (g.type,), Window(g.last_at, g.last_at)) for g in rare)
    )
    for group, page in zip(rare, pages, strict=True):
        examples[group.type, group.reason] = funnel_figures.pick_example(group, page)
    return {key: event for key, event in examples.items() if event is not None}


async def _failures(queries: QueryClient, kinds: tuple[int, ...], window: Window) -> list[Json]:
    """Return the newest events of some types, newest first."""
    page, _ = await queries.events(Selection(types=kinds), _EXAMPLES, 0, Cursor(now_us(), window))
    return page.events


async def work_latency(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages/latency``."""
    when = period(values)
    step_us = figures.latency_step_us(when.window)
    durations, seen = await queries.ask(StepDurations(when.window, when.core, step_us=step_us))
    return Answer(partial(figures.latency_over_time, durations, when.window, step_us), seen)


async def journey(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages/{hash}/journey``."""
    return await _journey(queries, values, journeys.plain)


async def enhanced_journey(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages/{hash}/journey/enhanced``."""
    return await _journey(queries, values, journey_details.enhanced)


async def audit_progress(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages/{hash}/audit-progress``."""
    return await _journey(queries, values, _audit_with_timestamp)


def _audit_with_timestamp(journey: Journey, reference: str) -> Mapping[str, Any]:
    return {**journey_details.audit(journey, reference), "timestamp": now_text()}


async def waterfall(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages/{hash}/waterfall``."""
    now = now_us()
    typical = Window(now - HOUR_US, now)
    durations, seen = await queries.ask(StepDurations(typical))
    samples = samples_by_pair(durations)
    percentiles = {name: figures.percentiles(counts) for name, counts in samples.items()}
    known = {name: each for name, each in percentiles.items() if each is not None}

    async def figure_of(journey: Journey) -> tuple[Figure, Coverage]:
        offsets, also = await _clock_offsets(queries, journey)
        figure = partial(
            waterfall_figures.waterfall, offsets=offsets, typical=known, since_us=now - HOUR_US
        )
        return figure, seen & also

    return await _answer_journey(queries, values, figure_of)


async def _clock_offsets(queries: QueryClient, journey: Journey) -> tuple[dict[str, int], Coverage]:
    """Return the offsets of the guarantors' clocks at the time of their package, microseconds."""
    starts = [row["started_at"] for row in journey.rows]
    ends = [row["ended_at"] for row in journey.rows]
    rows, seen = await queries.ask(
        AggregateSum(
            "clocks",
            Window(min(starts) - _CLOCKS_US, max(ends) + _CLOCKS_US),
            by=["node"],
            where={"node": sorted({row["node"] for row in journey.rows})},
        )
    )
    return {row["node"]: row["offset_us"] for row in rows if row["offset_us"] is not None}, seen


async def _journey(queries: QueryClient, values: Values, figure: Figure) -> Answer:
    async def figure_of(journey: Journey) -> tuple[Figure, None]:
        return figure, None

    return await _answer_journey(queries, values, figure_of)


async def _answer_journey(
    queries: QueryClient,
    values: Values,
    figure_of: Callable[[Journey], Awaitable[tuple[Figure, Coverage | None]]],
) -> Answer:
    requested = await requested_rows(queries, values)
    if isinstance(requested, Answer):
        return requested
    rows, seen = requested
    journey, also = await package_queries.journey(
        queries, rows, values["limit"], values.get("bytes", "hex")
    )
    figure, more = await figure_of(journey)
    seen &= also
    body = partial(figure, journey, str(values["hash"]))
    return Answer(body, seen if more is None else seen & more)


async def requested_rows(
    queries: QueryClient, values: Values
) -> tuple[list[Json], Coverage] | Answer:
    """Return the guarantors' rows of the package that a request names; an answer if several.

    Raises:
        NotFound: No package is known by the name.
    """
    reference = values["hash"]
    if isinstance(reference, int):
        rows, seen = await queries.ask(
            PackageRows(root=reference, node=values["node_id"], session=values["session"])
        )
    else:
        rows, seen = await queries.ask(PackageRows(hashes=[reference]))
    if not rows:
        raise NotFound(f"no work-package is known by {reference}", "hash")
    if isinstance(reference, int) and len(candidates := journeys.candidates(rows)) > 1:
        return Answer({"error": _ambiguous(candidates)}, seen, 409)
    hashes = sorted({row["hash"] for row in rows if row["hash"]})
    if hashes and hashes != [reference]:
        # Found by an id or a report: other guarantors may have the package, too.
        rows, also = await queries.ask(PackageRows(hashes=hashes))
        seen &= also
    return rows, seen


def _ambiguous(candidates: list[Json]) -> Json:
    text = "several connections gave that id to different packages: add node_id or session"
    error: Json = {**error_object("ambiguous", text, "hash"), "candidates": candidates}
    return error


async def batch_journey(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/workpackages/batch/journey``."""
    given = values["body"].get("hashes")
    if not isinstance(given, list) or len(given) > MAX_BATCH:
        raise BadQuery(f"hashes must be a list of at most {MAX_BATCH} hashes", "hashes")
    hashes = list(dict.fromkeys(hash_bytes(each, "hashes").hex() for each in given))
    if not hashes:
        return Answer({"journeys": [], "timestamp": now_text()})
    (rows, seen), (packages, also) = await gather_all(
        queries.ask(PackageRows(hashes=hashes)), package_queries.packages_by_hash(queries, hashes)
    )

    def body() -> Mapping[str, Any]:
        known = {package.row["hash"]: package for package in packages}
        items = [
            journeys.batch_item([row for row in rows if row["hash"] == each], known[each])
            for each in hashes
            if each in known
        ]
        return {
            "journeys": items,
            "requested": len(given),
            "found": len(items),
            "timestamp": now_text(),
        }

    return Answer(body, seen & also)


async def guarantees(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/guarantees``."""
    window = period(values).window
    (counts, seen), (recent, also) = await gather_all(
        queries.ask(
            AggregateSum(
                "counts",
                window,
                by=["node", "type"],
                where={"type": guarantee_figures.TYPES},
            )
        ),
        newest_events(
            queries,
            values,
            window,
            _RECENT_GUARANTEES,
            Selection(types=tuple(guarantee_figures.RECENT_TYPES)),
        ),
    )
    return Answer(partial(guarantee_figures.guarantees, counts, recent), seen & also)


async def guarantors(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/guarantees/by-guarantor``."""
    when = period(values)
    end = when.window.end_us
    assert end is not None
    begin = max(when.window.start_us or 0, end + 1 - HOUR_US)
    begin -= begin % MINUTE_US
    where = {"type": guarantee_figures.GUARANTOR_TYPES}
    (rows, seen), (counts, also), (last_hour, too) = await gather_all(
        queries.ask(
            PackageCounts(
                when.window, when.core, by=["node"], inactive_since_us=inactive_since_us(when)
            )
        ),
        queries.ask(AggregateSum("counts", when.window, by=["node", "type"], where=where)),
        queries.ask(AggregateSum("counts", Window(begin, end), by=["node", "type"], where=where)),
    )
    body = partial(guarantee_figures.guarantors, rows, counts, last_hour)
    return windows.timestamped_answer(body, (None, seen), (None, also), (None, too))


PACKAGE_HANDLERS: Mapping[str, Handler] = {
    each.__name__: each
    for each in (
        workpackages,
        active_workpackages,
        work_funnel,
        work_latency,
        journey,
        enhanced_journey,
        audit_progress,
        waterfall,
        batch_journey,
        guarantees,
        guarantors,
    )
}
