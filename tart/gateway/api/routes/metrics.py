"""The routes about blocks, and figures by second, by bucket, by step and by sender.

Pure; part of ``contract``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.gateway.api.parameters import Choice, Duration, EventTypes, Integer, Parameter, Time
from tart.gateway.api.route import ASKED, BYTES, Cache, Route
from tart.query.core import windows
from tart.query.core.windows import MAX_DAYS
from tart.units import HOUR_US


@dataclass(frozen=True)
class Hours:
    """A number of hours, as the peer has it, or a duration; read as microseconds.

    Attributes:
        high: a greater number of hours is moved to it.
    """

    high: int = MAX_DAYS * 24

    def read(self, text: str, name: str) -> int:
        """See ``Kind``."""
        if text.isascii() and text.isdecimal() and len(text) <= 8:
            return max(1, min(int(text), self.high)) * HOUR_US
        try:
            return windows.duration_us(text, name)
        except BadQuery as error:
            raise BadQuery(f"{name} must be a number of hours, or: {error}", name) from None

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "pattern": "^[0-9]{1,8}[smhd]?$", "examples": ["1", "90m"]}


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def read(self, text: str, name: str) -> bool:
        """See ``Kind``."""
        return Choice(("true", "false")).read(text, name) == "true"

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return Choice(("true", "false")).schema()


START = Parameter(
    "start", Time(), "First moment; the window begins with its bucket.", aliases=("start_time",)
)
END = Parameter(
    "end",
    Time(),
    "Last moment; the window ends before its bucket, unless that is the present.",
    aliases=("end_time",),
)
_LENGTH = "Length of the window, which ends now; start and end take precedence."


def window(default: str) -> tuple[Parameter, ...]:
    """The parameters of a window."""
    return Parameter("duration", Duration(), _LENGTH, default), START, END


def hours(high: int = MAX_DAYS * 24) -> tuple[Parameter, ...]:
    """The same where the peer takes a number of hours."""
    text = f"A number of hours, or a duration such as 90m. {_LENGTH}"
    return Parameter("duration", Hours(high), text, "1"), START, END


SLOT = Parameter("slot", Integer(0, (1 << 32) - 1), "The slot.", where="path")
_BUCKETS = (
    "Buckets begin at multiples of the interval since 1970, all of the window are there, and "
    "one that is not over yet is partial. A window longer than a day is in whole hours. "
)
_BLOCKS = "Blocks are distinct header hashes, each counted when it was first named. "

METRIC_ROUTES: tuple[Route, ...] = (
    Route(
        "blocks",
        "/api/blocks",
        "Blocks authored and imported, and who authors them",
        "totals counts events, but blocks_authored distinct header hashes; by the minute.",
        parameters=window("1h"),
        schema="Blocks",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "slot",
        "/api/slots/{slot}",
        "What happened in one slot",
        "Of best, finalized, authored, imported, announced and transferred blocks (11, 12, 40 "
        "to 47, 62, 68) what names the slot or refers to what does. Blocks are distinct header "
        "hashes, the other figures events. With include_events the newest events by node, in "
        "the order of each node's clock.",
        parameters=(
            SLOT,
            Parameter("include_events", Flag(), "Whether to list the events.", "false"),
            Parameter(
                "limit",
                Integer(1, 1000, (True, True)),
                "Events listed at most; moved into 1 to 1000.",
                "1000",
            ),
            BYTES,
        ),
        schema="Slot",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "timeseries",
        "/api/metrics/timeseries",
        "Blocks, events or throughput by time, newest first",
        f"{_BUCKETS}{_BLOCKS}max_slot is the highest that a third of the nodes that named one "
        "in the bucket have reached.",
        parameters=(
            Parameter(
                "metric",
                Choice(("blocks", "events", "throughput")),
                "What is counted.",
                "throughput",
            ),
            Parameter(
                "interval",
                Integer(1, 60, (True, True)),
                "Minutes of a bucket; moved into 1 to 60.",
                "5",
            ),
            *hours(24),
        ),
        schema="Timeseries",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "grouped_timeseries",
        "/api/metrics/timeseries/grouped",
        "Events, guarantees or failures by time and something else, newest first",
        f"{_BUCKETS}events by node or event_type, guarantees by core, failures by category. "
        "At most 1,000 rows, without those of nothing: the newest bucket first, in it the "
        "greatest count.",
        parameters=(
            Parameter(
                "metric", Choice(("events", "guarantees", "failures")), "What is counted.", "events"
            ),
            Parameter(
                "group_by",
                Choice(("node", "event_type", "core", "category")),
                "By what; which ones go with the metric is said above.",
                "node",
            ),
            Parameter(
                "interval",
                Integer(1, 1440, (True, True)),
                "Minutes of a bucket; moved into 1 to 1440.",
                "5",
            ),
            *hours(),
        ),
        schema="GroupedTimeseries",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "realtime",
        "/api/metrics/realtime",
        "The last seconds one by one, newest first",
        "Complete seconds, counted in memory. Seconds before a shard began to count are left "
        "out, and counted_seconds says how many there are. Blocks are distinct header hashes.",
        parameters=(
            Parameter(
                "seconds",
                Integer(10, 300, (True, True)),
                "How many; moved into 10 to 300.",
                "60",
            ),
        ),
        schema="Realtime",
        errors=ASKED,
        cache=Cache.LIVE,
    ),
    Route(
        "latency",
        "/api/metrics/latency",
        "How long steps take: histograms and percentiles",
        "From an event to one that refers to it, in the same connection, by the node's clock; "
        "of events that came in the window. Percentiles and means are read from merged "
        "histograms and are at most a tenth off; what lasts longer than 71 minutes counts as "
        "that. By core there are the steps of guarantors, of packages that began in the window. "
        "A window is of whole minutes, before yesterday of whole hours.",
        parameters=(
            Parameter(
                "group_by",
                Choice(("none", "node", "core", "implementation")),
                "Whether steps are told apart by something else.",
                "none",
            ),
            Parameter("event_types", EventTypes(), "Only steps that end in these events."),
            *window("1h"),
        ),
        schema="Latency",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "top_nodes",
        "/api/nodes/top",
        "The nodes that send the most events",
        "Counted by the minute.",
        parameters=(
            Parameter(
                "event_types",
                EventTypes(),
                "Only these events, by number.",
                aliases=("event_type",),
            ),
            Parameter(
                "limit", Integer(1, 1000, (True, True)), "How many; moved into 1 to 1000.", "20"
            ),
            *window("1h"),
        ),
        schema="TopNodes",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
)
