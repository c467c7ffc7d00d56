"""Answers about the steps of audits and finality that coming event types will report. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Hex64, Time, Uint64


class TrancheEvents(TypedDict):
    """The events of one tranche."""

    tranche: Count
    events: Count
    invalid: Annotated[
        Count | None, Meta(description="With a negative verdict; null if the step has no verdict.")
    ]


class StepNode(TypedDict):
    """The events of one node."""

    node_id: Hex64
    events: Count


class ProtocolStep(TypedDict):
    """Events that report one step of the protocol."""

    event_types: Annotated[list[str], Meta(description="Names of the types that report the step.")]
    events: Count
    series: Annotated[list[Count], Meta(description="Events by bucket of the answer.")]
    nodes: Annotated[list[StepNode], Meta(description="Nodes that reported it, most events first.")]
    tranches: Annotated[
        list[TrancheEvents] | None, Meta(description="Null if the step has no tranche.")
    ]
    invalid: Annotated[
        Count | None, Meta(description="With a negative verdict; null if the step has no verdict.")
    ]
    highest_round: Annotated[
        Uint64 | None, Meta(description="Null if the step has no round, or did not occur.")
    ]
    last_at: Time | None


_UNTOLD = Meta(description="Null as long as no event type of JIP-3 reports it.")
Step = Annotated[ProtocolStep | None, _UNTOLD]


class AuditSteps(TypedDict):
    """The steps of audits, in the order of the protocol."""

    audit_started: Step
    announcement_sent: Step
    announcement_received: Step
    judgment_made: Step
    judgment_received: Step
    dispute_concluded: Step


class FinalitySteps(TypedDict):
    """The steps of a round of finality, in the order of the protocol."""

    round_started: Step
    vote_sent: Step
    vote_received: Step
    round_completed: Step
