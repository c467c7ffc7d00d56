"""Journeys of work-packages: their steps over all nodes, in order of arrival.

Pure. ``Journey`` combines the aggregates (rows of guarantors and the state of
``query.packages.package_progress``) with the events themselves, as long as the event log has them.
If the events of a guarantor are gone, the times in its row stand in. Durations are between steps
of one guarantor, by its own clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tart.protocol.events import EventKind
from tart.query.answers import packages as answers
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce, server_time
from tart.query.core.windows import time_us
from tart.query.packages.package_progress import PackageState
from tart.query.shard_queries.packages import JourneyEvents

Json = dict[str, Any]

ON_CHAIN = "PackageReportedOnChain"
STEP_NAMES: Mapping[int, str] = {
    EventKind.WORK_PACKAGE_SUBMISSION: "submitted",
    EventKind.WORK_PACKAGE_BEING_SHARED: "being_shared",
    EventKind.WORK_PACKAGE_FAILED: "failed",
    EventKind.DUPLICATE_WORK_PACKAGE: "duplicate",
    EventKind.WORK_PACKAGE_RECEIVED: "received",
    EventKind.AUTHORIZED: "authorized",
    EventKind.EXTRINSIC_DATA_RECEIVED: "extrinsic_received",
    EventKind.IMPORTS_RECEIVED: "imports_received",
    EventKind.SHARING_WORK_PACKAGE: "sharing",
    EventKind.WORK_PACKAGE_SHARING_FAILED: "sharing_failed",
    EventKind.BUNDLE_SENT: "bundle_sent",
    EventKind.REFINED: "refined",
    EventKind.WORK_REPORT_BUILT: "report_built",
    EventKind.WORK_REPORT_SIGNATURE_SENT: "signature_sent",
    EventKind.WORK_REPORT_SIGNATURE_RECEIVED: "signature_received",
    EventKind.GUARANTEE_BUILT: "guarantee_built",
    EventKind.SENDING_GUARANTEE: "guarantee_sending",
    EventKind.GUARANTEE_SEND_FAILED: "guarantee_send_failed",
    EventKind.GUARANTEE_SENT: "guarantee_sent",
    EventKind.GUARANTEES_DISTRIBUTED: "guarantees_distributed",
    EventKind.GUARANTEE_RECEIVED: "guarantee_received",
    EventKind.SENDING_SHARD_REQUEST: "shard_requested",
    EventKind.SHARD_REQUEST_FAILED: "shard_request_failed",
    EventKind.SHARD_REQUEST_RECEIVED: "shard_received",
    EventKind.SHARDS_TRANSFERRED: "shards_transferred",
}
# Columns of a guarantor's row that are times of steps, and the event of each.
ROW_STEPS: Mapping[str, EventKind] = {
    "received": EventKind.WORK_PACKAGE_RECEIVED,
    "authorized": EventKind.AUTHORIZED,
    "extrinsics": EventKind.EXTRINSIC_DATA_RECEIVED,
    "imported": EventKind.IMPORTS_RECEIVED,
    "refined": EventKind.REFINED,
    "built": EventKind.WORK_REPORT_BUILT,
    "signed": EventKind.WORK_REPORT_SIGNATURE_SENT,
    "guaranteed": EventKind.GUARANTEE_BUILT,
    "distributed": EventKind.GUARANTEES_DISTRIBUTED,
}
_FAILURES = frozenset(
    {
        EventKind.WORK_PACKAGE_FAILED,
        EventKind.WORK_PACKAGE_SHARING_FAILED,
        EventKind.GUARANTEE_SEND_FAILED,
        EventKind.SHARD_REQUEST_FAILED,
    }
)
_IN_PROGRESS = frozenset(
    {
        EventKind.WORK_PACKAGE_BEING_SHARED,
        EventKind.EXTRINSIC_DATA_RECEIVED,
        EventKind.IMPORTS_RECEIVED,
        EventKind.SHARING_WORK_PACKAGE,
        EventKind.BUNDLE_SENT,
        EventKind.SENDING_GUARANTEE,
        EventKind.SENDING_SHARD_REQUEST,
    }
)
# Requests of auditors for shards of the bundle, or for all of it.
AUDIT_TYPES = frozenset(
    {
        EventKind.BUNDLE_SHARD_REQUEST_FAILED,
        EventKind.BUNDLE_SHARD_REQUEST_RECEIVED,
        EventKind.BUNDLE_SHARD_TRANSFERRED,
        EventKind.BUNDLE_REQUEST_FAILED,
        EventKind.BUNDLE_REQUEST_RECEIVED,
        EventKind.BUNDLE_TRANSFERRED,
    }
)


class Step(NamedTuple):
    """One step of a journey: an event, or its time in a guarantor's row.

    Attributes:
        at_us: Time of arrival, Unix microseconds; calculated if the event is gone.
        clock_us: Time by the node's clock, JCE microseconds.
        pipeline: Session and id of the first event; ``None`` for events of other nodes.
        fields: Fields of the event; empty if it is gone.
        event: The API's Event, ``None`` if it is gone.
    """

    at_us: int
    type: int
    node: str
    clock_us: int
    pipeline: tuple[int, int] | None
    fields: Json
    event: Json | None

    @property
    def reason(self) -> str | None:
        """The reason of the failure, as in the event."""
        if self.type in _FAILURES or (
            self.type == EventKind.GUARANTEE_DISCARDED and not self.on_chain
        ):
            return self.fields.get("reason")
        return None

    @property
    def on_chain(self) -> bool:
        """The event says that the report is on chain."""
        return self.fields.get("reason") == ON_CHAIN


class Journey(NamedTuple):
    """The journey of one package.

    Attributes:
        rows: Rows of its guarantors.
        state: ``None`` if the package itself never became known.
        events: Merged answers of the shards to the query ``journey``.
    """

    rows: Sequence[Json]
    state: PackageState | None
    events: Json

    @property
    def hash(self) -> str | None:
        """The hash of the work-package."""
        return next((row["hash"] for row in self.rows if row["hash"]), None)

    @property
    def core(self) -> int | None:
        """The core of the package, by its leading guarantor."""
        if self.state is not None and self.state.row["core"] is not None:
            core: int = self.state.row["core"]
            return core
        return next((row["core"] for row in self.rows if row["core"] is not None), None)

    @property
    def stage(self) -> answers.Stage:
        """The last stage that the package reached."""
        if self.state is not None:
            return self.state.stage
        return "failed" if self._outcome == "failed" else "submitted"

    @property
    def failed(self) -> bool:
        """The package failed or was discarded."""
        return self.state.failed if self.state else self._outcome == "failed"

    @property
    def superseded(self) -> bool:
        """An attempt failed while another guarantor guaranteed the package."""
        return bool(self.state and self.state.superseded)

    @property
    def failure_reason(self) -> str | None:
        """The reason at the guarantor that came furthest of those that failed."""
        if self.state is not None:
            reason: str | None = self.state.row["reason"]
            return reason
        return next((row["reason"] for row in self.rows if row["outcome"] == "failed"), None)

    @property
    def _outcome(self) -> str | None:
        return next((row["outcome"] for row in self.rows), None)

    def steps(self) -> list[Step]:
        """Return all steps in order of arrival."""
        steps: list[Step] = []
        for row in self.rows:
            key = row["session"], row["root"]
            events = self.events["pipelines"].get(f"{key[0]}/{key[1]}")
            steps += [_step(each, key) for each in events] if events else row_steps(row)
        others = [*self.events["reports"], *self.events["erasures"]]
        steps += [_step(each, None) for each in others if each["event_type"] not in AUDIT_TYPES]
        return sorted(steps, key=lambda each: each.at_us)

    def name(self, step: Step, names: Mapping[int, str] = STEP_NAMES) -> str:
        """Return the name of a step."""
        if step.type == EventKind.GUARANTEE_DISCARDED:
            return "included" if step.on_chain else "discarded"
        if step.type == EventKind.WORK_PACKAGE_FAILED and self.superseded:
            return "superseded"
        return names.get(step.type, STEP_NAMES[step.type])

    def status(self, step: Step) -> answers.StepStatus:
        """Return the outcome of a step."""
        if step.type == EventKind.WORK_PACKAGE_FAILED and self.superseded:
            return "superseded"
        if step.type in _FAILURES or (
            step.type == EventKind.GUARANTEE_DISCARDED and not step.on_chain
        ):
            return "failed"
        return "in_progress" if step.type in _IN_PROGRESS else "completed"


def candidates(rows: Iterable[Json]) -> list[Json]:
    """Return the packages of rows with one event id: the first row of each package."""
    packages: dict[Any, Json] = {}
    for row in rows:
        # A package without a hash is different from every other one.
        key = row["hash"] or (row["session"],)
        packages.setdefault(
            key,
            {
                "node_id": row["node"],
                "session": row["session"],
                "event_id": row["root"],
                "work_package_hash": row["hash"],
                "started_at": rfc3339(row["started_at"]),
            },
        )
    return list(packages.values())


def row_steps(row: Json) -> list[Step]:
    """Return the steps of a guarantor's row, for a guarantor whose events are gone."""
    times = [(row["started"], row["kind"])]
    times += [(row[column], kind) for column, kind in ROW_STEPS.items()]
    if row["outcome"] == "failed":
        times.append((row["failed"], EventKind.WORK_PACKAGE_FAILED))
    if row["outcome"] == "duplicate":
        times.append((row["failed"], EventKind.DUPLICATE_WORK_PACKAGE))
    fields = {"reason": row["reason"]} if row["reason"] else {}
    return [
        Step(
            row["started_at"] + clock - row["started"],
            kind,
            row["node"],
            clock,
            (row["session"], row["root"]),
            fields if kind == EventKind.WORK_PACKAGE_FAILED else {},
            None,
        )
        for clock, kind in times
        if clock is not None
    ]


def _step(event: Json, pipeline: tuple[int, int] | None) -> Step:
    fields = next(iter(event["data"].values()))
    return Step(
        time_us(event["received_at"], "received_at"),
        event["event_type"],
        event["node_id"],
        fields["timestamp"],
        pipeline,
        fields,
        event,
    )


def plain(journey: Journey, reference: str) -> answers.Journey:
    """Return the answer of ``/api/workpackages/{hash}/journey``."""
    return {
        "work_package_hash": journey.hash or reference,
        "core_index": journey.core,
        "stages": [
            {
                "stage": journey.name(step),
                "timestamp": rfc3339_of_jce(step.clock_us),
                "node_id": step.node,
                "event_type": step.type,
                "data": step.event["data"] if step.event else None,
                **event_identity(step),
            }
            for step in journey.steps()
        ],
        "current_stage": journey.stage,
        "failed": journey.failed,
        "superseded": journey.superseded,
        "failure_reason": journey.failure_reason,
        "truncated": journey.events["truncated"],
    }


def event_identity(step: Step) -> answers.EventIdentity:
    """Return the ids of the event of a step; null if the event is gone."""
    event = step.event or {}
    session = step.pipeline[0] if step.pipeline else None
    return {
        "id": event.get("id"),
        "session": event.get("session", session),
        "event_id": event.get("event_id"),
        "received_at": event.get("received_at"),
    }


def batch_item(rows: Sequence[Json], state: PackageState) -> answers.BatchJourneyItem:
    """Return an element of a batch, from the aggregates alone."""
    journey = Journey(rows, state, JourneyEvents().merge([]))
    stages: list[answers.BatchJourneyStep] = [
        {
            "stage": journey.name(step),
            "status": journey.status(step),
            "event_type": step.type,
            "node_id": step.node,
            "timestamp": rfc3339_of_jce(step.clock_us),
            "core_index": journey.core,
        }
        for step in journey.steps()
    ]
    return {
        "hash": state.row["hash"],
        "stages": stages,
        "stage_count": len(stages),
        "has_errors": any(each["status"] == "failed" for each in stages),
        "first_seen": server_time(state.row["first_at"]),
        "last_seen": server_time(state.last_at),
        "nodes_involved": len({row["node"] for row in rows}),
        "current_stage": state.stage,
        "core_index": journey.core,
        "failed": state.failed,
        "superseded": bool(state.superseded),
    }
