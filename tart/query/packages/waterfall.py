"""The course of one work-package over all nodes, on one scale of time.

Pure. A guarantor's times are by its clock, shifted to the server's by the least delay with which
its events arrived (the table ``clocks``); times of other nodes are those of arrival. Within a row
times never go back, so that its bars follow one another. The critical path goes from the last
event back to the first: through the guarantor whose signature completed the guarantee, if the
builder waited for it, else through the builder itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from itertools import pairwise
from math import ceil
from typing import Any, NamedTuple

from tart.protocol.events import EventKind
from tart.query.answers import waterfalls as answers
from tart.query.answers.packages import Percentiles, StepStatus
from tart.query.core.rfc3339 import server_time
from tart.query.core.windows import time_us
from tart.query.packages.guarantor_courses import (
    Course,
    Point,
    Share,
    guarantor_course,
    stage_between,
)
from tart.query.packages.journey_details import guarantor_info
from tart.query.packages.journeys import Journey
from tart.query.shard_queries.packages import PAIRS
from tart.units import ms

Json = dict[str, Any]

BINS = 24
_PAIR_NAMES = {pair: name for name, pair in PAIRS.items()}
# Events of other nodes that groups count; audits come later and are not part of the course.
_GROUPED = frozenset(
    {
        EventKind.GUARANTEE_RECEIVED,
        EventKind.GUARANTEE_DISCARDED,
        EventKind.SENDING_SHARD_REQUEST,
        EventKind.SHARDS_TRANSFERRED,
        EventKind.SHARD_REQUEST_FAILED,
    }
)


class _Step(NamedTuple):
    """A step of the critical path, which begins where the one before it ends."""

    stage: str
    node: str | None
    end_us: int
    event_id: int | None


class _Event(NamedTuple):
    """An event of any node, by the server's clock."""

    at_us: int
    node: str
    id: int
    type: int
    fields: Json


def waterfall(
    journey: Journey,
    reference: str,
    offsets: Mapping[str, int],
    typical: Mapping[str, Percentiles],
    since_us: int,
) -> answers.Waterfall:
    """Return the answer of ``/api/workpackages/{hash}/waterfall``.

    Args:
        journey: The journey.
        reference: The requested text.
        offsets: Of the clocks of nodes to the server's, microseconds.
        typical: Percentiles of durations by name of their pair in ``PAIRS``.
        since_us: When the packages of ``typical`` began, Unix microseconds.
    """
    courses = [guarantor_course(journey, row, offsets.get(row["node"])) for row in journey.rows]
    courses.sort(key=lambda course: (not course.is_primary, course.points[0].at_us))
    others = (*journey.events["reports"], *journey.events["erasures"])
    events = [_event(each) for each in others if each["event_type"] in _GROUPED]
    chain = _chain_times(journey)
    times = [point.at_us for course in courses for point in course.points]
    times += [share.end_us for course in courses for share in course.shares]
    times += [at_us for course in courses for _, at_us, _ in course.marks]
    times += [event.at_us for event in events]
    times += [at_us for at_us in chain.values() if at_us is not None]
    origin = min(times)
    lead = max(courses, key=_progress)
    steps = [*_guarantor_steps(lead, courses), *_chain_steps(chain, events)]
    return {
        "hash": journey.hash or reference,
        "work_package_hash": journey.hash or reference,
        "core_index": journey.core,
        "current_stage": journey.stage,
        "failed": journey.failed,
        "superseded": journey.superseded,
        "failure_reason": journey.failure_reason,
        "truncated": journey.events["truncated"],
        "origin": server_time(origin),
        "duration_ms": ms(max(times) - origin),
        "slot": _slot(journey),
        "guarantors": [each["node_id"] for each in guarantor_info(journey.steps())],
        "rows": [_row(course, journey, origin, typical, set(steps)) for course in courses],
        "groups": _groups(journey, events, origin),
        "chain": {
            "guarantee_received_ms": _since(origin, chain["guarantee_received"]),
            "included_ms": _since(origin, chain["included"]),
            "available_ms": _since(origin, chain["available"]),
            "discarded_ms": _since(origin, chain["discarded"]),
        },
        "critical_path": _critical_path(steps, origin),
        "typical_since": server_time(since_us),
    }


def _since(origin: int, at_us: int | None) -> float | None:
    return None if at_us is None else ms(max(0, at_us - origin))


def _slot(journey: Journey) -> int | None:
    slots = [row["guarantee_slot"] for row in journey.rows if row["guarantee_slot"] is not None]
    return slots[0] if slots else None


# --- Guarantors ---------------------------------------------------------------------------


def _row(
    course: Course,
    journey: Journey,
    origin: int,
    typical: Mapping[str, Percentiles],
    critical: Container[_Step],
) -> answers.WaterfallRow:
    node = course.row["node"]
    bars: list[answers.WaterfallBar] = []
    for first, last in pairwise(course.points):
        stage = stage_between(course, first, last)
        failed = last.name == "failed"
        status: StepStatus = "completed"
        if failed:
            status = "superseded" if journey.superseded else "failed"
        bars.append(
            {
                "stage": stage,
                "status": status,
                "start_ms": ms(first.at_us - origin),
                "end_ms": ms(last.at_us - origin),
                "start_event_id": first.event_id,
                "end_event_id": last.event_id,
                "reason": course.row["reason"] if failed else None,
                "peer_id": None,
                "typical": typical.get(_PAIR_NAMES.get((first.name, last.name), "")),
                "is_critical": _Step(stage, node, last.at_us, last.event_id) in critical,
            }
        )
    outcome = course.row["outcome"]
    return {
        "node_id": node,
        "role": "primary" if course.is_primary else "secondary",
        "outcome": "superseded" if outcome == "failed" and journey.superseded else outcome,
        "session": course.row["session"],
        "start_ms": ms(course.points[0].at_us - origin),
        "end_ms": ms(course.points[-1].at_us - origin),
        "clock_offset_ms": ms(course.offset_us),
        "is_corrected": course.is_corrected,
        "bars": bars,
        "shares": [_share_bar(share, origin) for share in course.shares],
        "marks": [
            {"stage": stage, "at_ms": ms(at_us - origin), "event_id": event_id}
            for stage, at_us, event_id in course.marks
        ],
    }


def _share_bar(share: Share, origin: int) -> answers.WaterfallBar:
    done: StepStatus = "in_progress" if share.signed_us is None else "completed"
    return {
        "stage": "share",
        "status": "failed" if share.failed else done,
        "start_ms": ms(share.at_us - origin),
        "end_ms": ms(share.end_us - origin),
        "start_event_id": share.event_id,
        "end_event_id": share.end_event_id,
        "reason": share.reason,
        "peer_id": share.peer,
        "typical": None,
        "is_critical": False,
    }


# --- Other nodes and the chain -------------------------------------------------------------


def _event(event: Json) -> _Event:
    return _Event(
        time_us(event["received_at"], "received_at"),
        event["node_id"],
        event["id"],
        event["event_type"],
        next(iter(event["data"].values())),
    )


def _chain_times(journey: Journey) -> dict[str, int | None]:
    report = (journey.state.report if journey.state else None) or {}
    erasure = (journey.state.erasure if journey.state else None) or {}
    included = report.get("included_at")
    return {
        "guarantee_received": report.get("received_at"),
        "included": included,
        "available": erasure.get("first_at") if included is not None else None,
        "discarded": report.get("discarded_at"),
    }


def _groups(
    journey: Journey, events: Sequence[_Event], origin: int
) -> list[answers.WaterfallGroup]:
    report = (journey.state.report if journey.state else None) or {}
    erasure = (journey.state.erasure if journey.state else None) or {}
    others = ("replaced", "cannot_report", "too_many", "other")
    discarded = sum(report.get(name) or 0 for name in others)
    kinds: tuple[tuple[answers.GroupName, EventKind, bool | None, int], ...] = (
        ("guarantees_received", EventKind.GUARANTEE_RECEIVED, None, report.get("received") or 0),
        (
            "reported_on_chain",
            EventKind.GUARANTEE_DISCARDED,
            True,
            report.get("reported_on_chain") or 0,
        ),
        ("guarantees_discarded", EventKind.GUARANTEE_DISCARDED, False, discarded),
        (
            "shards_requested",
            EventKind.SENDING_SHARD_REQUEST,
            None,
            erasure.get("requested") or 0,
        ),
        ("shards_transferred", EventKind.SHARDS_TRANSFERRED, None, erasure.get("transferred") or 0),
        ("shard_requests_failed", EventKind.SHARD_REQUEST_FAILED, None, erasure.get("failed") or 0),
    )
    groups = []
    for name, kind, on_chain, count in kinds:
        some = [
            event
            for event in events
            if event.type == kind and on_chain in (None, _is_on_chain(event))
        ]
        if some or count:
            groups.append(_group(name, kind, some, max(count, len(some)), origin))
    return groups


def _is_on_chain(event: _Event) -> bool:
    return bool(event.fields.get("reason") == "PackageReportedOnChain")


def _group(
    name: answers.GroupName, kind: EventKind, events: Sequence[_Event], count: int, origin: int
) -> answers.WaterfallGroup:
    ordered = sorted(events, key=lambda event: (event.at_us, event.id))
    times = [max(0, event.at_us - origin) for event in ordered]
    reasons = Counter(
        str(event.fields["reason"])
        for event in ordered
        if "reason" in event.fields and not _is_on_chain(event)
    )
    return {
        "name": name,
        "event_type": kind.number,
        "count": count,
        "read": len(ordered),
        "nodes": len({event.node for event in ordered}),
        "first_ms": ms(_rank(times, 0.0)),
        "p50_ms": ms(_rank(times, 0.5)),
        "p90_ms": ms(_rank(times, 0.9)),
        "last_ms": ms(_rank(times, 1.0)),
        "histogram": _histogram(times),
        "reasons": dict(reasons.most_common()),
        "first_event_id": ordered[0].id if ordered else None,
        "last_event_id": ordered[-1].id if ordered else None,
    }


def _rank(times: Sequence[int], share: float) -> int | None:
    """Return a percentile of sorted times by nearest rank; ``None`` without any."""
    return times[max(1, ceil(share * len(times) - 1e-9)) - 1] if times else None


def _histogram(times: Sequence[int]) -> answers.WaterfallHistogram | None:
    if not times:
        return None
    width = max(1, (times[-1] - times[0]) // BINS + 1)
    counts = [0] * BINS
    for at_us in times:
        counts[(at_us - times[0]) // width] += 1
    return {"start_ms": ms(times[0]), "bin_ms": ms(width), "counts": counts}


# --- The critical path ---------------------------------------------------------------------


def _critical_path(steps: Sequence[_Step], origin: int) -> list[answers.CriticalStep]:
    """Return steps that each begin where the one before it ends."""
    path: list[answers.CriticalStep] = []
    start_us = steps[0].end_us
    for step in steps[1:]:
        # A clock that is corrected wrongly must not let the path go back.
        end_us = max(start_us, step.end_us)
        path.append(
            {
                "stage": step.stage,
                "node_id": step.node,
                "start_ms": ms(start_us - origin),
                "end_ms": ms(end_us - origin),
                "event_id": step.event_id,
            }
        )
        start_us = end_us
    return path


def _progress(course: Course) -> tuple[bool, int, bool, int]:
    return (
        course.point("guaranteed") is not None,
        len(course.points),
        course.is_primary,
        -course.points[0].at_us,
    )


def _guarantor_steps(lead: Course, courses: Sequence[Course]) -> list[_Step]:
    guaranteed = lead.point("guaranteed")
    share = _last_signature(lead, guaranteed)
    second = share and _course_of(courses, share.peer, share.at_us)
    own = _steps_of(lead)
    if guaranteed is None or share is None or second is None:
        return own
    # The builder waited for this signature: the path leads through the other guarantor.
    before = [step for step in own if step.end_us <= share.at_us]
    after = [step for step in own if step.end_us >= guaranteed.at_us]
    signed_us = share.signed_us or share.end_us
    return [
        *before,
        _Step("share", lead.row["node"], share.at_us, share.event_id),
        *_steps_of(second)[1:],
        _Step("signature", lead.row["node"], signed_us, share.end_event_id),
        *after,
    ]


def _last_signature(lead: Course, guaranteed: Point | None) -> Share | None:
    """Return the share whose signature came last before the guarantee, if it was waited for."""
    built = lead.point("built")
    if guaranteed is None:
        return None
    signed = [
        share
        for share in lead.shares
        if share.signed_us is not None
        and share.signed_us <= guaranteed.at_us
        and (built is None or share.signed_us > built.at_us)
    ]
    return max(signed, key=lambda share: share.signed_us or 0, default=None)


def _course_of(courses: Sequence[Course], node: str, since_us: int) -> Course | None:
    """Return the secondary's course that a share led to: the one that began nearest to it."""
    same = [course for course in courses if course.row["node"] == node and not course.is_primary]
    signed = [course for course in same if course.point("signed") is not None]
    return min(signed, key=lambda course: abs(course.points[0].at_us - since_us), default=None)


def _steps_of(course: Course) -> list[_Step]:
    node, points = course.row["node"], course.points
    steps = [_Step("start", node, points[0].at_us, points[0].event_id)]
    steps += [
        _Step(stage_between(course, first, last), node, last.at_us, last.event_id)
        for first, last in pairwise(points)
    ]
    return steps


def _chain_steps(chain: Mapping[str, int | None], events: Sequence[_Event]) -> list[_Step]:
    steps: list[_Step] = []
    for stage in ("included", "available"):
        at_us = chain[stage]
        if at_us is not None:
            event = next((event for event in events if event.at_us == at_us), None)
            steps.append(_Step(stage, None, at_us, event and event.id))
    return steps
