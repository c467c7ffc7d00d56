"""Answers about conformance findings: the matrix of rules and nodes, and single examples. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.protocol.rules import Severity
from tart.query.answers.common import Compared, Count, Hex, Hex64, OpenWindowed, Time
from tart.query.answers.sessions import Example, Verdict


class MatrixRule(TypedDict):
    """A rule that a node broke: a row of the matrix."""

    code: str
    severity: Severity
    scope: str | None
    explanation: str
    counted: Annotated[str, Meta(description="The unit of counts.")]
    docs: Annotated[str | None, Meta(description="Path of the rule's page on this server.")]
    count: Count
    nodes: Annotated[Count, Meta(description="Number of nodes that broke the rule.")]
    first_at: Time
    last_at: Time


class MatrixNode(TypedDict):
    """A node that was connected in the window: a column of the matrix."""

    node_id: Hex64
    implementation: Annotated[Count, Meta(description="Index in implementations.")]
    is_connected: bool
    verdict: Verdict
    event_count: Annotated[Count, Meta(description="Events that were checked.")]


class MatrixImplementation(TypedDict):
    """A version of an implementation."""

    name: str | None
    version: str | None
    nodes: Count
    verdict: Annotated[Verdict, Meta(description="The worst of its nodes.")]


class MatrixCell(TypedDict):
    """The findings of one rule of one node."""

    rule: Annotated[Count, Meta(description="Index in rules.")]
    node: Annotated[Count, Meta(description="Index in nodes.")]
    count: Count
    first_at: Time
    last_at: Time


class ConformanceMatrix(OpenWindowed, Compared):
    """Findings by rule and node. Cells without findings are left out."""

    verdict: Verdict
    event_count: Annotated[Count, Meta(description="Events that were checked.")]
    rules: Annotated[list[MatrixRule], Meta(description="Most severe first.")]
    implementations: Annotated[
        list[MatrixImplementation], Meta(description="By name and version, unknown ones last.")
    ]
    nodes: Annotated[list[MatrixNode], Meta(description="By implementation and id.")]
    cells: list[MatrixCell]
    unidentified: Annotated[
        Count, Meta(description="Findings of connections that never named their node.")
    ]


class FindingExample(Example):
    """A message that broke a rule, its node, and what stands at its offset."""

    code: str
    severity: Severity
    docs: str | None
    node_id: Annotated[
        Hex64 | None, Meta(description="Null if the connection never named its node.")
    ]
    implementation_name: Annotated[str | None, Meta(description="Of the node's newest connection.")]
    implementation_version: str | None
    event_name: str | None
    found: Annotated[
        Hex | None,
        Meta(
            description="Up to 16 bytes at offset; null if the message ends before, or is longer "
            "than the stored part."
        ),
    ]


class ConformanceExamples(OpenWindowed, Compared):
    """Messages that broke rules, newest first."""

    examples: list[FindingExample]
    has_more: bool
