"""The answer of the summarised live channel: the network's newest second, and changed nodes. Pure.

One message has what a page needs each second. It names no event, and of the nodes only those that
changed. Nodes have numbers, and their figures are columns, so that a thousand of them are some
50 KiB.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Count, Counters, Hex64, Scattered, Time
from tart.query.answers.network import LiveWindow


class SummaryNodes(TypedDict):
    """Figures of nodes: the same position of each list is the same node."""

    number: Annotated[
        list[Count],
        Meta(
            description="Numbers of the nodes: their positions in the list of all added node ids."
        ),
    ]
    is_connected: list[bool]
    best_slot: Annotated[
        list[Count | None],
        Meta(
            description="Slot of the best block that the node named last, as in /api/nodes; null "
            "without one."
        ),
    ]
    finalized_slot: list[Count | None]
    synced: Annotated[list[bool | None], Meta(description="Null if the node never said.")]
    peers: Annotated[
        list[Count | None],
        Meta(description="Peers by the node's last Status event; null without one."),
    ]
    last_seen_ms: Annotated[
        list[Count | None],
        Meta(description="Arrival of the node's last message, Unix milliseconds."),
    ]
    event_count: Annotated[
        list[Count], Meta(description="Events of all its connections, as in /api/nodes.")
    ]
    events_per_second: Annotated[
        list[Amount],
        Meta(
            description="Mean since the state before, which is a second older while somebody "
            "reads the summary; null if it is not known."
        ),
    ]
    dropped_count: Annotated[
        list[Count], Meta(description="Events that the node reported to have dropped.")
    ]
    undecodable: Annotated[list[Count], Meta(description="Events that could not be decoded.")]


class Summary(Scattered):
    """The present of the network, and the nodes that changed."""

    sequence: Annotated[
        Count,
        Meta(
            description="Number of this state; later states have higher ones, also after a restart."
        ),
    ]
    since: Annotated[
        Count | None,
        Meta(
            description="The state whose changes follow; null if all nodes follow. A client whose "
            "own state is older has a gap and needs a full state."
        ),
    ]
    timestamp: Time
    shards_answered: Annotated[
        Count,
        Meta(
            description="Nodes of a shard that does not answer keep their last figures, and do not "
            "count for best_block and finalized_block."
        ),
    ]
    shards_total: Count
    last_second: Annotated[
        LiveWindow | None,
        Meta(description="The last complete second; null if no shard answered."),
    ]
    last_10s: Annotated[
        LiveWindow | None, Meta(description="As in /api/metrics/live; null if no shard answered.")
    ]
    events_by_type: Annotated[
        Counters,
        Meta(description="Well-formed events of the last complete second by event type."),
    ]
    best_block: Annotated[
        Count | None,
        Meta(
            description="The highest slot that a third of the connected nodes, and at least one, "
            "have reached, as in /api/stats; null if it is not known."
        ),
    ]
    finalized_block: Annotated[
        Count | None,
        Meta(description="The highest finalized slot that as many nodes have reached."),
    ]
    nodes_ahead: Annotated[
        Count, Meta(description="Nodes that claim to be beyond either; /api/stats names them.")
    ]
    nodes_connected: Count
    nodes_known: Annotated[Count, Meta(description="All nodes of /api/nodes.")]
    events_total: Annotated[Count, Meta(description="Sum of event_count over the nodes.")]
    failures_total: Annotated[
        Count,
        Meta(description="Failures that nodes reported since the shards started; never falls."),
    ]
    findings_total: Annotated[
        Count,
        Meta(description="Conformance findings since the shards started; never falls."),
    ]
    alerts: Annotated[
        Count | None,
        Meta(
            description="Alerts of /api/alerts that fire, without those that are silenced or "
            "explained by another; null until they are evaluated."
        ),
    ]
    alerts_by_severity: Annotated[
        Counters | None, Meta(description="The same alerts: critical, warning and info.")
    ]
    added: Annotated[
        list[Hex64],
        Meta(
            description="Ids of the nodes that are new since, in the order of their numbers; in a "
            "full state all ids, from number 0 on."
        ),
    ]
    nodes: Annotated[
        SummaryNodes, Meta(description="The nodes that changed; in a full state all nodes.")
    ]
