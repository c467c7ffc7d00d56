"""Courses of work-packages at their guarantors: the steps of each, its shares and its marks.

Pure. The times of a course are by the guarantor's clock, shifted by an offset that the caller
estimates. Within a course times never go back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tart.protocol.events import EventKind
from tart.query.core.chain_stats import bare_hex
from tart.query.packages.journeys import ROW_STEPS, STEP_NAMES, Journey
from tart.units import JCE_US

Json = dict[str, Any]

# Steps of a row in order, and the stages that they end.
_STAGES: Mapping[str, str] = {
    "received": "submit",
    "authorized": "authorize",
    "refined": "refine",
    "built": "report",
    "signed": "sign",
    "guaranteed": "guarantee",
    "distributed": "distribute",
}
_PRIMARY = ("received", "authorized", "refined", "built", "guaranteed", "distributed")
_SECONDARY = ("received", "authorized", "refined", "built", "signed")
_MARKS = (EventKind.EXTRINSIC_DATA_RECEIVED, EventKind.IMPORTS_RECEIVED)
_ENDS: Mapping[str, EventKind] = {
    "failed": EventKind.WORK_PACKAGE_FAILED,
    "duplicate": EventKind.DUPLICATE_WORK_PACKAGE,
}


class Point(NamedTuple):
    """A step of a guarantor.

    Attributes:
        name: ``started``, a column of steps, ``failed`` or ``duplicate``.
        at_us: Corrected time, Unix microseconds.
        event_id: ``None`` if the event is gone.
    """

    name: str
    at_us: int
    event_id: int | None


class Share(NamedTuple):
    """A share with a secondary guarantor, by the primary's clock.

    Attributes:
        at_us: When it began; ``end_us`` when its last event came.
        signed_us: When the signature came; ``None`` without one.
    """

    peer: str
    at_us: int
    event_id: int
    end_us: int
    end_event_id: int
    signed_us: int | None
    failed: bool
    reason: str | None


class Course(NamedTuple):
    """A guarantor's row with its points in order of time."""

    row: Json
    offset_us: int
    is_corrected: bool
    points: Sequence[Point]
    shares: Sequence[Share]
    marks: Sequence[tuple[str, int, int | None]]

    def point(self, name: str) -> Point | None:
        """Return the point of a step."""
        return next((point for point in self.points if point.name == name), None)

    @property
    def is_primary(self) -> bool:
        """The package was submitted to the guarantor."""
        return bool(self.row["kind"] == EventKind.WORK_PACKAGE_SUBMISSION)


def guarantor_course(journey: Journey, row: Json, known_offset: int | None) -> Course:
    """Return the course of a guarantor.

    Args:
        journey: The journey of the package.
        row: The guarantor's row.
        known_offset: Of its clock to the server's, microseconds; ``None`` takes the delay of its
            first event.
    """
    offset = known_offset
    if offset is None:
        offset = row["started_at"] - row["started"] - JCE_US
    events = journey.events["pipelines"].get(f"{row['session']}/{row['root']}") or []
    ids: dict[int, int] = {}
    for event in events:
        ids.setdefault(event["event_type"], event["id"])
    times = [("started", row["started"], row["kind"])]
    times += [(name, row[name], ROW_STEPS[name]) for name in _STAGES if row[name] is not None]
    if row["outcome"] in _ENDS and row["failed"] is not None:
        times.append((row["outcome"], row["failed"], _ENDS[row["outcome"]]))
    order = {name: position for position, (name, _, _) in enumerate(times)}
    points: list[Point] = []
    for name, clock, kind in sorted(times, key=lambda each: (each[1], order[each[0]])):
        points.append(Point(name, clock + JCE_US + offset, ids.get(kind)))
    marks = [
        (STEP_NAMES[kind], row[name] + JCE_US + offset, ids.get(kind))
        for name, kind in ROW_STEPS.items()
        if kind in _MARKS and row[name] is not None
    ]
    return Course(row, offset, known_offset is not None, points, _shares(events, offset), marks)


def _shares(events: Iterable[Json], offset: int) -> list[Share]:
    """Return the shares with secondaries, from the primary's events in order of time."""
    shares: dict[str, Share] = {}
    for event in events:
        fields = next(iter(event["data"].values()))
        at_us, kind = fields["timestamp"] + JCE_US + offset, event["event_type"]
        if "secondary" not in fields:
            continue
        peer = bare_hex(fields["secondary"])
        if kind == EventKind.SHARING_WORK_PACKAGE:
            shares[peer] = Share(peer, at_us, event["id"], at_us, event["id"], None, False, None)
        elif peer in shares:
            shares[peer] = _extend_share(shares[peer], kind, at_us, event["id"], fields)
    return sorted(shares.values(), key=lambda share: share.at_us)


def _extend_share(share: Share, kind: int, at_us: int, event_id: int, fields: Json) -> Share:
    end_us = max(share.at_us, at_us)
    share = share._replace(end_us=end_us, end_event_id=event_id)
    if kind == EventKind.WORK_REPORT_SIGNATURE_RECEIVED:
        return share._replace(signed_us=end_us)
    if kind == EventKind.WORK_PACKAGE_SHARING_FAILED:
        return share._replace(failed=True, reason=fields.get("reason"))
    return share


def stage_between(course: Course, first: Point, last: Point) -> str:
    """Return the name of the step between two points; of a failure that of the step it ended."""
    if last.name == "duplicate":
        return "duplicate"
    name = last.name
    if name == "failed":
        steps = _PRIMARY if course.is_primary else _SECONDARY
        done = steps.index(first.name) + 1 if first.name in steps else 0
        name = steps[min(done, len(steps) - 1)]
    if name == "received" and not course.is_primary:
        return "receive_share"
    return _STAGES[name]
