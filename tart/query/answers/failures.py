"""Answers about failure groups: the failures of one event type and template. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, EventType, Hex64, Number, Time, Timestamped, Windowed
from tart.query.answers.events import Event

Fingerprint = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{16}$",
        description="Of event type and template; the same in all releases and on all servers.",
    ),
]
State = Literal["open", "resolved", "ignored", "regressed"]
SetState = Literal["open", "resolved", "ignored"]
Outcome = Literal["recovered", "superseded", "lost", "unknown"]


class FailureVersion(TypedDict):
    """Failures of a group from nodes of one implementation and version."""

    name: Annotated[
        str | None, Meta(description="Null if no node information of the nodes is stored any more.")
    ]
    version: str | None
    count: Count
    nodes: Count


class FailureMembers(TypedDict):
    """A failure group: its state, and its failures in the window."""

    fingerprint: Fingerprint
    event_type: EventType
    event_name: str
    template: Annotated[
        str,
        Meta(
            description="The reason with placeholders such as <number> and <address>; empty if the "
            "nodes give none."
        ),
    ]
    state: Annotated[
        State, Meta(description="regressed: a failure arrived after the group was resolved.")
    ]
    is_new: Annotated[bool, Meta(description="Whether it was first seen in the window.")]
    count: Annotated[Count, Meta(description="Failures in the window.")]
    nodes: Annotated[Count, Meta(description="Nodes that reported them.")]
    versions: Annotated[
        list[FailureVersion], Meta(description="Of those nodes, the most failures first.")
    ]
    first_seen: Annotated[
        Time,
        Meta(
            description="received_at of the first failure ever; it outlives the aggregates. Of "
            "failures that an earlier release stored, the start of their hour."
        ),
    ]
    last_seen: Annotated[Time, Meta(description="received_at of the newest failure ever.")]
    first_version: Annotated[
        str | None, Meta(description="Version of the node of the first failure; null if unknown.")
    ]
    changed_at: Annotated[Time | None, Meta(description="When the state changed last.")]
    changed_by: Annotated[
        str | None, Meta(description="Id of the key that changed it; null without one.")
    ]
    comment: Annotated[str, Meta(description="Why the state was set.")]
    resolved_at: Time | None
    resolved_version: Annotated[
        str | None, Meta(description="The version that has the remedy, if that was given.")
    ]
    regressed_at: Annotated[
        Time | None, Meta(description="received_at of the first failure after the resolution.")
    ]
    regressed_version: Annotated[
        str | None, Meta(description="Version of the node in which it was seen again.")
    ]
    series: Annotated[list[Count], Meta(description="Failures by bucket, oldest first.")]


class FailureBuckets(TypedDict):
    """Buckets of the series."""

    start: Annotated[Time, Meta(description="Start of the first bucket.")]
    seconds: Annotated[Count, Meta(description="Length of a bucket.")]
    count: Annotated[Count, Meta(description="Number of buckets; the last one may be partial.")]


class FailureTotals(TypedDict):
    """Totals over all groups that fulfil the conditions, listed or not."""

    groups: Count
    failures: Count
    new: Annotated[Count, Meta(description="Groups that were first seen in the window.")]
    by_state: Annotated[
        dict[str, Count], Meta(description="Groups by state; without the condition on the state.")
    ]
    other_reasons: Annotated[
        Count,
        Meta(
            description="Failures in the groups (other reasons): their nodes sent too many "
            "different reasons in half a minute."
        ),
    ]
    ungrouped: Annotated[
        Count,
        Meta(
            description="Failures that are in no group, because a shard has more groups in the "
            "window than one answer takes."
        ),
    ]


class FailureWatchState(TypedDict):
    """The state of the watch for new and regressed groups."""

    scanned_at: Annotated[Time | None, Meta(description="The last scan; null before the first.")]
    is_complete: Annotated[bool, Meta(description="Whether all shards answered it.")]
    groups: Annotated[Count, Meta(description="Stored groups.")]
    evicted: Annotated[
        Count,
        Meta(
            description="Groups that were deleted because there were too many; they are new if "
            "they come back."
        ),
    ]
    problem: Annotated[str | None, Meta(description="Why groups cannot be stored; null if so.")]


class Failures(Timestamped, Windowed):
    """Failure groups with a failure in the window."""

    failures: list[FailureMembers]
    buckets: FailureBuckets
    totals: FailureTotals
    watch: FailureWatchState
    has_more: bool


class FailingNode(TypedDict):
    """The failures of a group from one node."""

    node_id: Hex64
    name: Annotated[str | None, Meta(description="The implementation; null if unknown.")]
    version: str | None
    count: Count
    last_at: Time


class FailureReason(TypedDict):
    """A reason of a group as nodes sent it."""

    reason: str
    count: Count
    last_at: Time


class Breadcrumb(TypedDict):
    """An event of the same connection before a failure."""

    id: Count
    event_id: Count
    event_type: EventType
    event_name: str
    received_at: Time
    before_ms: Annotated[float, Meta(description="Milliseconds before the failure by received_at.")]
    is_related: Annotated[
        bool,
        Meta(description="Whether it belongs to the same chain of references as the failure."),
    ]
    summary: Annotated[str, Meta(description="The event's fields, shortened, as JSON.")]


class FailureSample(TypedDict):
    """An event of the group that is still stored."""

    event: Event
    reason: str
    outcome: Outcome
    outcome_text: Annotated[str, Meta(description="What came of it, as a sentence.")]
    breadcrumbs: Annotated[
        list[Breadcrumb],
        Meta(
            description="Events of the connection before it, oldest first: the last ones, and "
            "those of its chain of references."
        ),
    ]


class FailureOutcomes(TypedDict):
    """Outcomes of the newest failures of the group, as the pipelines tell."""

    recovered: Annotated[Count, Meta(description="A later attempt at the same succeeded.")]
    superseded: Annotated[
        Count, Meta(description="Another took its place: the network went on without it.")
    ]
    lost: Annotated[Count, Meta(description="Nothing came of it.")]
    unknown: Annotated[Count, Meta(description="Too early to tell, or nothing stored tells it.")]
    examined: Annotated[Count, Meta(description="Failures that were looked at: the newest.")]
    rule: Annotated[
        str | None,
        Meta(description="What counts as which; null for event types that nothing tells about."),
    ]


class FailureDetails(FailureMembers, Timestamped, Windowed):
    """A failure group with its nodes, reasons, outcomes and samples."""

    summary: Annotated[str, Meta(description="The group in a sentence.")]
    buckets: FailureBuckets
    failing_nodes: Annotated[
        list[FailingNode], Meta(description="At most 100, the most failures first.")
    ]
    reasons: Annotated[
        list[FailureReason],
        Meta(description="As the nodes sent them; the 20 most frequent of the window."),
    ]
    different_reasons: Annotated[
        Count, Meta(description="Different reasons in the window; at most 1,000 are counted.")
    ]
    samples: Annotated[
        list[FailureSample],
        Meta(description="The newest failures of different nodes; empty if none is stored."),
    ]
    outcomes: FailureOutcomes
    rate: Annotated[
        Number | None,
        Meta(description="Failures of the group by attempts of its pipeline in the window."),
    ]


class FailureStateChange(TypedDict):
    """The state to set."""

    state: SetState
    reason: NotRequired[Annotated[str, Meta(max_length=1000, description="Why.")]]
    version: NotRequired[
        Annotated[
            str,
            Meta(
                max_length=100,
                description="With resolved: the version that has the remedy. Failures of nodes "
                "with an older version do not make the group regressed.",
            ),
        ]
    ]


class FailureStateSet(TypedDict):
    """A group's state after a change."""

    fingerprint: Fingerprint
    state: State
    changed_at: Time
    changed_by: str | None
    comment: str
    resolved_at: Time | None
    resolved_version: str | None
