"""The answer about alerts: problems that hold now, and those that ended. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Number, Time


class AlertSubject(TypedDict):
    """The subject of an alert."""

    kind: Annotated[
        str,
        Meta(
            description="node or pipeline (of /api/analytics/failure-rates); later versions may "
            "have more."
        ),
    ]
    id: Annotated[str, Meta(description="Node id, or name of the pipeline.")]


class NetworkAlert(TypedDict):
    """A problem."""

    id: Annotated[
        str, Meta(description="The same for as long as the problem lasts, and if it comes back.")
    ]
    rule: Annotated[
        str,
        Meta(
            description="dropped_events, undecodable_events, node_behind, node_inactive or "
            "high_failure_rate; later versions may have more."
        ),
    ]
    severity: Literal["info", "warning", "critical"]
    state: Annotated[
        Literal["firing", "ended"], Meta(description="Later versions may have more states.")
    ]
    message: Annotated[str, Meta(description="One sentence: what is wrong, with its numbers.")]
    since: Annotated[Time, Meta(description="When it was first noticed.")]
    ended_at: Annotated[
        Time | None,
        Meta(description="When it was first not noticed any more; null while it holds."),
    ]
    about: AlertSubject
    details: Annotated[
        dict[str, Any], Meta(description="The figures of the message, by the rule's own names.")
    ]


class Alerts(TypedDict):
    """Problems of the network, found by comparing its state every few seconds."""

    alerts: Annotated[
        list[NetworkAlert], Meta(description="Those that hold now: worst first, then newest first.")
    ]
    ended: Annotated[
        list[NetworkAlert],
        Meta(description="The last 200 that ended while this gateway ran, newest first."),
    ]
    ended_forgotten: Annotated[
        Count, Meta(description="Those that ended before, which are not listed.")
    ]
    evaluated_at: Annotated[
        Time | None,
        Meta(description="When the alerts were evaluated last; null until they have been."),
    ]
    evaluated_since: Annotated[
        Time | None, Meta(description="When they were evaluated first: earlier ones are unknown.")
    ]
    shards_answered: Annotated[
        Count,
        Meta(
            description="Shards that the last evaluation covers: of the others' nodes, no "
            "alert is noticed."
        ),
    ]
    shards_total: Count
    interval_seconds: Annotated[Number, Meta(description="Time between two evaluations.")]
