"""The way of one work-package: its stages over all nodes, in order of arrival.

Pure. ``Journey`` brings together what the aggregates know (``handlings`` and the account of
``query.packages.package_progress``) and the events themselves, as long as the log has them. Of
a guarantor whose events are gone, the steps of its row stand in. Durations are between stages
of one guarantor, by its own clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tart.query.answers import packages as answers
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce, server_time
from tart.query.core.windows import time_us
from tart.query.packages.package_progress import Account
from tart.query.packages.packages import SHARE, SUBMISSION

Json = dict[str, Any]

FAILED, SHARING_FAILED, SEND_FAILED, SHARD_FAILED = 92, 99, 107, 122
SIGNED, SIGNATURE, GUARANTEE_BUILT, GUARANTEE_SENT, DISCARDED = 103, 104, 105, 108, 113
ON_CHAIN = "PackageReportedOnChain"
STAGES: Mapping[int, str] = {
    SUBMISSION: "submitted",
    SHARE: "being_shared",
    FAILED: "failed",
    93: "duplicate",
    94: "received",
    95: "authorized",
    96: "extrinsic_received",
    97: "imports_received",
    98: "sharing",
    SHARING_FAILED: "sharing_failed",
    100: "bundle_sent",
    101: "refined",
    102: "report_built",
    SIGNED: "signature_sent",
    SIGNATURE: "signature_received",
    GUARANTEE_BUILT: "guarantee_built",
    106: "guarantee_sending",
    SEND_FAILED: "guarantee_send_failed",
    GUARANTEE_SENT: "guarantee_sent",
    109: "guarantees_distributed",
    112: "guarantee_received",
    120: "shard_requested",
    SHARD_FAILED: "shard_request_failed",
    124: "shard_received",
    125: "shards_transferred",
}
# A guarantor's steps by column of its row, and the event that each is.
ROW_STEPS: Mapping[str, int] = {
    "received": 94,
    "authorized": 95,
    "extrinsics": 96,
    "imported": 97,
    "refined": 101,
    "built": 102,
    "signed": SIGNED,
    "guaranteed": GUARANTEE_BUILT,
    "distributed": 109,
}
_FAILURES = frozenset({FAILED, SHARING_FAILED, SEND_FAILED, SHARD_FAILED})
_UNDER_WAY = frozenset({SHARE, 96, 97, 98, 100, 106, 120})
# Audits: who asks for shards of the bundle, or for all of it.
AUDITS = frozenset({142, 144, 145, 150, 152, 153})


class Step(NamedTuple):
    """One event of a journey, or what is left of it.

    Attributes:
        at_us: when it arrived, Unix microseconds; reckoned where the event is gone.
        clock_us: the node's clock, JCE microseconds.
        pipeline: session and first event's id; ``None`` of what others heard.
        fields: the event's; empty where it is gone.
        event: the API's Event, if it is still there.
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
        """Why it failed, in the event's own words."""
        if self.type in _FAILURES or (self.type == DISCARDED and not self.on_chain):
            return self.fields.get("reason")
        return None

    @property
    def on_chain(self) -> bool:
        """Whether it says that the report is on chain."""
        return self.fields.get("reason") == ON_CHAIN


class Journey(NamedTuple):
    """One package's: its guarantors' rows, its account, the log's answer.

    Attributes:
        account: ``None`` where the package itself never became known.
        found: several shards' answers to ``journey`` as one.
    """

    rows: Sequence[Json]
    account: Account | None
    found: Json

    @property
    def hash(self) -> str | None:
        """The work-package's."""
        return next((row["hash"] for row in self.rows if row["hash"]), None)

    @property
    def core(self) -> int | None:
        """The core it was for, as its leading guarantor has it."""
        if self.account is not None and self.account.state["core"] is not None:
            core: int = self.account.state["core"]
            return core
        return next((row["core"] for row in self.rows if row["core"] is not None), None)

    @property
    def stage(self) -> answers.Stage:
        """How far it came."""
        if self.account is not None:
            return self.account.stage
        return "failed" if self._outcome == "failed" else "submitted"

    @property
    def failed(self) -> bool:
        """Whether it came to nothing."""
        return self.account.failed if self.account else self._outcome == "failed"

    @property
    def superseded(self) -> bool:
        """Whether an attempt failed while another guarantor guaranteed it."""
        return bool(self.account and self.account.superseded)

    @property
    def failure_reason(self) -> str | None:
        """Of the guarantor that came furthest of those who failed."""
        if self.account is not None:
            reason: str | None = self.account.state["reason"]
            return reason
        return next((row["reason"] for row in self.rows if row["outcome"] == "failed"), None)

    @property
    def _outcome(self) -> str | None:
        return next((row["outcome"] for row in self.rows), None)

    def steps(self) -> list[Step]:
        """All of it in order of arrival."""
        steps: list[Step] = []
        for row in self.rows:
            key = row["session"], row["root"]
            events = self.found["pipelines"].get(f"{key[0]}/{key[1]}")
            steps += [_step(each, key) for each in events] if events else row_steps(row)
        others = [*self.found["reports"], *self.found["erasures"]]
        steps += [_step(each, None) for each in others if each["event_type"] not in AUDITS]
        return sorted(steps, key=lambda each: each.at_us)

    def name(self, step: Step, names: Mapping[int, str] = STAGES) -> str:
        """What a step is called."""
        if step.type == DISCARDED:
            return "included" if step.on_chain else "discarded"
        if step.type == FAILED and self.superseded:
            return "superseded"
        return names.get(step.type, STAGES[step.type])

    def status(self, step: Step) -> answers.StepStatus:
        """Superseded, failed, in progress or completed."""
        if step.type == FAILED and self.superseded:
            return "superseded"
        if step.type in _FAILURES or (step.type == DISCARDED and not step.on_chain):
            return "failed"
        return "in_progress" if step.type in _UNDER_WAY else "completed"


def candidates(rows: Iterable[Json]) -> list[Json]:
    """The packages that rows of one event id are about: one of each, the first."""
    found: dict[Any, Json] = {}
    for row in rows:
        # One that never became known is another's than any.
        key = row["hash"] or (row["session"],)
        found.setdefault(
            key,
            {
                "node_id": row["node"],
                "session": row["session"],
                "event_id": row["root"],
                "work_package_hash": row["hash"],
                "started_at": rfc3339(row["started_at"]),
            },
        )
    return list(found.values())


def merged(answers: Iterable[Json], limit: int) -> Json:
    """Shards' answers to ``journey`` as one; ``truncated`` if there may be more."""
    body: Json = {"pipelines": {}, "reports": [], "erasures": [], "truncated": False}
    auditors: set[str] = set()
    for answer in answers:
        body["pipelines"] |= answer["pipelines"]
        body["reports"] += answer["reports"]
        body["erasures"] += answer["erasures"]
        auditors.update(answer["auditors"])
        lists = [*answer["pipelines"].values(), answer["reports"], answer["erasures"]]
        body["truncated"] |= any(len(each) >= limit for each in lists)
    body["erasures"].sort(key=lambda each: (each["received_at"], each["id"]))
    return {**body, "auditors": sorted(auditors)}


def row_steps(row: Json) -> list[Step]:
    """The steps a guarantor's row has, where the events are gone."""
    times = [(row["started"], row["kind"])]
    times += [(row[column], number) for column, number in ROW_STEPS.items()]
    if row["outcome"] == "failed":
        times.append((row["failed"], FAILED))
    if row["outcome"] == "duplicate":
        times.append((row["failed"], 93))
    fields = {"reason": row["reason"]} if row["reason"] else {}
    return [
        Step(
            row["started_at"] + clock - row["started"],
            number,
            row["node"],
            clock,
            (row["session"], row["root"]),
            fields if number == FAILED else {},
            None,
        )
        for clock, number in times
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


def plain(journey: Journey, given: str) -> answers.Journey:
    """The body of ``/api/workpackages/{hash}/journey``."""
    return {
        "work_package_hash": journey.hash or given,
        "core_index": journey.core,
        "stages": [
            {
                "stage": journey.name(step),
                "timestamp": rfc3339_of_jce(step.clock_us),
                "node_id": step.node,
                "event_type": step.type,
                "data": step.event["data"] if step.event else None,
                **identity(step),
            }
            for step in journey.steps()
        ],
        "current_stage": journey.stage,
        "failed": journey.failed,
        "superseded": journey.superseded,
        "failure_reason": journey.failure_reason,
        "truncated": journey.found["truncated"],
    }


def identity(step: Step) -> answers.EventIdentity:
    """Which event a step is, where there is one."""
    event = step.event or {}
    session = step.pipeline[0] if step.pipeline else None
    return {
        "id": event.get("id"),
        "session": event.get("session", session),
        "event_id": event.get("event_id"),
        "received_at": event.get("received_at"),
    }


def batch_item(rows: Sequence[Json], account: Account) -> answers.BatchJourneyItem:
    """An element of ``journeys`` of the batch, from the aggregates alone."""
    journey = Journey(rows, account, merged((), 1))
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
        "hash": account.state["hash"],
        "stages": stages,
        "stage_count": len(stages),
        "has_errors": any(each["status"] == "failed" for each in stages),
        "first_seen": server_time(account.state["first_at"]),
        "last_seen": server_time(account.last_at),
        "nodes_involved": len({row["node"] for row in rows}),
        "current_stage": account.stage,
        "core_index": journey.core,
        "failed": account.failed,
        "superseded": bool(account.superseded),
    }
