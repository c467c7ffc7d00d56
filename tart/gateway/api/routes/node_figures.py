"""Routes with figures of all nodes as columns, of versions, and of one node's steps.

Pure; part of ``api.contract``. The web page is made from them.
"""

from __future__ import annotations

from typing import Any

from tart.gateway.api.common import FORMAT, window
from tart.gateway.api.parameters import Choice, Integer, NodeId, Parameter
from tart.gateway.api.route import NODE, NODE_PREFIX, SHARD_ERRORS, Cache, Route
from tart.query.answers.implementations import Implementations
from tart.query.answers.node_latencies import NodeLatencies, SlowestSteps
from tart.query.answers.node_summary import NodesSummary
from tart.query.answers.topology import Links
from tart.query.topics.node_latencies import STEPS, parse_step
from tart.query.topics.topology import LINKS

MAX_LINKS = 250_000


class Step:
    """The name of a step, such as ``Importing_to_BlockExecuted``; read as two event types."""

    def read(self, text: str, name: str) -> tuple[int, int]:
        """See ``Kind``."""
        return parse_step(text, name)

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "examples": ["Importing_to_BlockExecuted", next(iter(STEPS))]}


NODE_FIGURE_ROUTES: tuple[Route, ...] = (
    Route(
        "nodes_summary",
        "/api/nodes/summary",
        "Get the state and the figures of all nodes as columns",
        "For tables of all nodes that are read again every few seconds: each figure is a list with "
        "one element for each node, in the order of node_id. state is the first of rules that "
        "holds; rules has their thresholds. Lags are against the slots that a third of the "
        "connected nodes have reached. The window is cut into about 30 buckets for series.",
        parameters=(
            Parameter(
                "node_id",
                NodeId(),
                f"Only the columns of this node; everything else is of all nodes. {NODE_PREFIX}",
            ),
            *window("1h"),
        ),
        answer=NodesSummary,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "implementations",
        "/api/implementations",
        "Get implementations and versions: nodes over time, features, lag, failures, findings",
        "Versions are those of the connections that were open. A node's figures count for the "
        "version that it had last in the window; changed is the number of nodes that had another "
        "one before. spread has the times at which a version reached the nodes of its "
        "implementation. /api/implementations/compare tests differences, and "
        "/api/metrics/latency?group_by=implementation has the histograms of all steps. The window "
        "is cut into about 60 buckets of whole minutes, or of whole hours if it is longer than a "
        "day.",
        parameters=(FORMAT, *window("24h")),
        answer=Implementations,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_latencies",
        "/api/nodes/{id}/latencies",
        "Get the durations of a node's steps over time, against those of all nodes",
        "A step leads from an event to one that refers to it on the same connection; its duration "
        "is by the node's clock. band is made of the samples of all nodes, this one included. "
        "Percentiles are read from histograms, within 10 % of the exact value. The window is cut "
        "into about 60 buckets of whole minutes, or of whole hours if it is longer than a day.",
        parameters=(NODE, *window("1h")),
        answer=NodeLatencies,
        errors=(404, *SHARD_ERRORS),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_slowest_steps",
        "/api/nodes/{id}/latencies/slowest",
        "List the longest durations of one step of a node, with their events",
        "Read from the event log: of a window longer than a day, its last day is searched. A step "
        "that began more than an hour before that is not found.",
        parameters=(
            NODE,
            Parameter(
                "step",
                Step(),
                "The step, as /api/nodes/{id}/latencies names it.",
                "Importing_to_BlockExecuted",
            ),
            Parameter(
                "limit",
                Integer(1, 100, (True, True)),
                "Maximum number of examples; clamped to 1-100.",
                "10",
            ),
            *window("1h"),
        ),
        answer=SlowestSteps,
        errors=(404, *SHARD_ERRORS),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "links",
        "/api/network/links",
        "Get messages between all nodes as columns",
        "As in /api/network/topology, in a form that is small enough for all links of a large "
        "network. Counts are kept in buckets of ten minutes; window has the whole buckets that "
        "were counted. nodes has every node that a link names.",
        parameters=(
            Parameter(
                "kind",
                Choice(tuple(LINKS)),
                "Messages that make a link: block announcements, tickets transferred, or block "
                "announcement streams opened.",
                "announcements",
            ),
            Parameter("node_id", NodeId(), f"Only links of this node. {NODE_PREFIX}"),
            Parameter(
                "limit",
                Integer(1, MAX_LINKS, (True, True)),
                f"Maximum number of links, those with the most messages; clamped to 1-{MAX_LINKS}.",
                "65536",
            ),
            *window("1h"),
        ),
        answer=Links,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
)
