"""Routes about blocks, and figures by second, bucket, step and sender.

Pure; part of ``api.contract``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.gateway.api.common import TYPES, hours, window
from tart.gateway.api.parameters import Choice, EventTypes, Integer, Parameter
from tart.gateway.api.route import BYTES, SHARD_ERRORS, Cache, Route
from tart.query.answers import blocks as block_answers
from tart.query.answers import metrics as answers


@dataclass(frozen=True)
class Flag:
    """A parameter that is ``true`` or ``false``."""

    def read(self, text: str, name: str) -> bool:
        """Return the value.

        Raises:
            BadQuery: The text is neither ``true`` nor ``false``.
        """
        return Choice(("true", "false")).read(text, name) == "true"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the parameter."""
        return Choice(("true", "false")).schema()


SLOT = Parameter("slot", Integer(0, (1 << 32) - 1), "The slot.", where="path")
_BUCKETS = (
    "Buckets begin at multiples of the interval since 1970. The answer has every bucket of the "
    "window; a bucket that is not over yet is partial. A window longer than a day has buckets of "
    "whole hours. "
)
_BLOCKS = "Blocks are distinct header hashes; each counts in the bucket that first names it. "

METRIC_ROUTES: tuple[Route, ...] = (
    Route(
        "blocks",
        "/api/blocks",
        "Get blocks authored, imported and finalized, by author",
        "totals counts events; blocks_authored counts distinct header hashes. The window is in "
        "whole minutes.",
        parameters=window("1h"),
        answer=block_answers.Blocks,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "slot",
        "/api/slots/{slot}",
        "Get blocks and events of a slot",
        "Covers events about best, finalized, authored, imported, announced and transferred blocks "
        "(11, 12, 40 to 47, 62, 68) that name the slot or refer to an event that does. Blocks are "
        "distinct header hashes; the other figures are numbers of events. With include_events the "
        "answer has the newest events by node, in the order of each node's clock.",
        parameters=(
            SLOT,
            Parameter("include_events", Flag(), "Set to true to list the events.", "false"),
            Parameter(
                "limit",
                Integer(1, 1000, (True, True)),
                "Maximum number of events; clamped to 1-1000.",
                "1000",
            ),
            BYTES,
        ),
        answer=block_answers.Slot,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "timeseries",
        "/api/metrics/timeseries",
        "Get blocks, events or throughput by time, newest first",
        f"{_BUCKETS}{_BLOCKS}max_slot is the highest slot that a third of the nodes that named "
        "one in the bucket have reached.",
        parameters=(
            Parameter(
                "metric",
                Choice(("blocks", "events", "throughput")),
                "The metric.",
                "throughput",
            ),
            Parameter(
                "interval",
                Integer(1, 60, (True, True)),
                "Length of a bucket in minutes; clamped to 1-60.",
                "5",
            ),
            *hours(24),
        ),
        answer=answers.Timeseries,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "grouped_timeseries",
        "/api/metrics/timeseries/grouped",
        "Get events, guarantees or failures by time and group, newest first",
        "Groups are node or event_type for events, core for guarantees, category for failures. "
        "The answer has at most 1,000 rows, the newest bucket first and within it the greatest "
        f"count; groups without events are left out. {_BUCKETS}",
        parameters=(
            Parameter(
                "metric", Choice(("events", "guarantees", "failures")), "The metric.", "events"
            ),
            Parameter(
                "group_by",
                Choice(("node", "event_type", "core", "category")),
                "Group of a row; the description lists the groups of each metric.",
                "node",
            ),
            Parameter(
                "interval",
                Integer(1, 1440, (True, True)),
                "Length of a bucket in minutes; clamped to 1-1440.",
                "5",
            ),
            *hours(),
        ),
        answer=answers.GroupedTimeseries,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "realtime",
        "/api/metrics/realtime",
        "Get per-second metrics of the last seconds, newest first",
        "Covers complete seconds, counted in memory. Seconds before the start of a shard are left "
        "out; counted_seconds is the number that remains. Blocks are distinct header hashes.",
        parameters=(
            Parameter(
                "seconds",
                Integer(10, 300, (True, True)),
                "Number of seconds; clamped to 10-300.",
                "60",
            ),
        ),
        answer=answers.Realtime,
        errors=SHARD_ERRORS,
        cache=Cache.LIVE,
    ),
    Route(
        "latency",
        "/api/metrics/latency",
        "Get latency histograms and percentiles of steps",
        "A step leads from an event to one that refers to it on the same connection, and counts "
        "if the second event was received in the window; its duration is by the node's clock. "
        "Percentiles and means are read from merged histograms, within 10 % of the exact value; "
        "durations over 71 minutes count as 71 minutes. With group_by=core the steps are those of "
        "guarantors, for work-packages that began in the window, and event_types are those that "
        "end a step: WorkPackageReceived to GuaranteesDistributed. The window is in whole minutes, "
        "or in whole hours if it begins before yesterday.",
        parameters=(
            Parameter(
                "group_by",
                Choice(("none", "node", "core", "implementation")),
                "Group of the steps.",
                "none",
            ),
            Parameter(
                "event_types",
                EventTypes(),
                f"Only steps that end in one of these. {TYPES}",
                aliases=("event_type",),
            ),
            *window("1h"),
        ),
        answer=answers.Latency,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "top_nodes",
        "/api/nodes/top",
        "List the nodes that send the most events",
        "The window is in whole minutes.",
        parameters=(
            Parameter(
                "event_types",
                EventTypes(),
                f"Only these events are counted. {TYPES}",
                aliases=("event_type",),
            ),
            Parameter(
                "limit",
                Integer(1, 1000, (True, True)),
                "Maximum number of nodes; clamped to 1-1000.",
                "20",
            ),
            *window("1h"),
        ),
        answer=answers.TopNodes,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
)
