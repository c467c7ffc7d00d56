"""Answers about telemetry connections and about conformance to JIP-3. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.protocol.rules import Severity
from tart.query.answers.common import (
    Amount,
    Compared,
    Count,
    Counters,
    Hex,
    Hex64,
    Number,
    OpenWindowed,
    Paged,
    Time,
    Total,
    Uint64,
)

Verdict = Literal["error", "warning", "conformant"]


class Session(TypedDict):
    """A telemetry connection."""

    session: Count
    node_id: Annotated[Hex64 | None, Meta(description="Null if the node never sent it.")]
    address: str
    started_at: Time
    ended_at: Annotated[Time | None, Meta(description="Null while the connection is open.")]
    outcome: Literal["open", "closed", "refused", "died"]
    reason: str | None
    protocol_version: Count | None
    params_layout: str | None
    first_event_id: Uint64 | None
    last_event_id: Uint64 | None
    last_event_at: Time | None
    next_event_id: Uint64
    event_count: Count
    bytes: Count
    dropped_count: Annotated[
        Total, Meta(description="Events that the node reports as dropped by itself.")
    ]
    undecodable: Count
    shed: Count
    deviations: Counters


class Sessions(Paged, OpenWindowed):
    """A page of telemetry connections."""

    sessions: list[Session]


class Handshake(TypedDict):
    """A protocol version and parameter layout with which connections began."""

    protocol_version: Count | None
    params_layout: str | None
    sessions: Count
    first_at: Time
    last_at: Time


class ConformanceClock(TypedDict):
    """The server's clock minus the node's in the newest hour, by the fastest message."""

    offset_ms: float | None
    is_jce: bool | None
    looks_like: Annotated[
        str | None,
        Meta(description="What the node seems to count instead, where that can be inferred."),
    ]


class ConformanceNode(TypedDict):
    """A node."""

    node_id: Hex64
    implementation_name: str | None
    implementation_version: str | None
    is_connected: bool


class ConformanceFigures(TypedDict):
    """Statistics of one node's connections."""

    sessions: Count
    connected_seconds: Annotated[
        Number, Meta(description="Over all connections of the node, within the window.")
    ]
    event_count: Count
    events_per_second: Annotated[Amount, Meta(description="While connected.")]
    status_count: Count
    status_interval_seconds: Annotated[
        Amount, Meta(description="Mean interval between Status events; JIP-3 has about 2 s.")
    ]
    clock: ConformanceClock


class NodeVerdict(ConformanceNode, ConformanceFigures):
    """A node, its verdict, and what the verdict rests on."""

    verdict: Annotated[Verdict, Meta(description="The worst severity other than info.")]
    handshakes: list[Handshake]


class Finding(TypedDict):
    """A rule that a node broke."""

    code: str
    severity: Severity
    count: Count
    counted: Annotated[
        str, Meta(description="The unit of count: events, messages, connections or hours.")
    ]
    first_at: Time
    last_at: Time
    docs: Annotated[str | None, Meta(description="Path of the rule's page on this server.")]


class RuleText(TypedDict):
    """The words of a rule."""

    scope: str | None
    explanation: str


class Example(TypedDict):
    """A message that broke a rule."""

    id: Annotated[
        Count | None, Meta(description="Id of the event; null for a connection's first message.")
    ]
    session: Count
    event_id: Uint64 | None
    event_type: Count | None
    at: Time
    field: str
    offset: Annotated[
        Count, Meta(description="Byte offset in the message, after its length prefix.")
    ]
    expectation: str
    hex: Hex | None
    size: Annotated[Count | None, Meta(description="Size of the whole message in bytes.")]


class NodeExample(Example):
    """A message that broke a rule, and the node that sent it."""

    node_id: Hex64 | None


class ExplainedFinding(Finding, RuleText):
    """A rule that a node broke, explained, with examples."""

    examples: list[Example]


class BrokenRule(Finding, RuleText):
    """A rule that was broken, over all nodes."""

    nodes: Annotated[Count, Meta(description="Number of nodes that broke the rule.")]
    examples: list[NodeExample]


class NodeFindings(NodeVerdict):
    """A node, its verdict and its findings."""

    findings: list[Finding]


class NodeConformance(NodeVerdict, OpenWindowed, Compared):
    """Conformance of one node."""

    findings: list[ExplainedFinding]


class Conformance(OpenWindowed, Compared):
    """Conformance of all nodes."""

    verdict: Verdict
    rules: list[BrokenRule]
    nodes: list[NodeFindings]
    unidentified: Annotated[
        list[Finding], Meta(description="Findings of connections that never named their node.")
    ]
