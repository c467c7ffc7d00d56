"""Percentiles, targets and tables of a benchmark.

Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadtest.measure import Buckets

Json = dict[str, Any]


def histogram_difference(after: Buckets, before: Buckets) -> Buckets:
    """Return the counts between two readings of a cumulative histogram."""
    return {bound: count - before.get(bound, 0.0) for bound, count in after.items()}


def histogram_percentile(buckets: Buckets, share: float) -> float | None:
    """Return a percentile, interpolated linearly within its bucket.

    ``inf`` beyond the last finite bound; ``None`` if the histogram is empty.
    """
    ordered = sorted(buckets.items())
    total = ordered[-1][1] if ordered else 0.0
    if not total:
        return None
    wanted, lower, below = share * total, 0.0, 0.0
    for bound, count in ordered:
        if count >= wanted and count > below:
            part = (wanted - below) / (count - below)
            return bound if math.isinf(bound) else lower + (bound - lower) * part
        lower, below = bound, count
    return math.inf


def histogram_maximum(buckets: Buckets) -> float | None:
    """Return the upper bound of the highest bucket that is not empty."""
    below, highest = 0.0, None
    for bound, count in sorted(buckets.items()):
        if count > below:
            highest = bound
        below = count
    return highest


def milliseconds(seconds: float | None) -> float | None:
    """Return seconds in milliseconds; ``None`` stays."""
    return None if seconds is None else seconds * 1000


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least this share of the values do not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True)
class Bar:
    """A target for a figure.

    Attributes:
        scenario: Scenario of the target.
        what: The figure in words.
        figure: Name of the figure.
        limit: The limit, by default a maximum.
        unit: Unit of figure and limit.
        strict: Whether the figure must be below the limit.
        least: Whether the limit is a minimum.
    """

    scenario: str
    what: str
    figure: str
    limit: float
    unit: str = ""
    strict: bool = False
    least: bool = False

    @property
    def sign(self) -> str:
        """The relation of figure and limit."""
        return "≥" if self.least else "<" if self.strict else "≤"

    def met(self, value: float) -> bool:
        """Return whether a value meets the target."""
        if self.least:
            return value >= self.limit
        return value < self.limit if self.strict else value <= self.limit


BARS = (
    Bar("line", "events lost", "lost", 0),
    # Events that wait in the kernel's buffers are not held by the server.
    Bar("line", "of the rate, until all stored", "held_share", 0.97, least=True),
    Bar("line", "write latency p99", "write_p99_ms", 50, "ms", strict=True),
    Bar("line", "all server processes", "cores", 0.5, "cores", strict=True),
    Bar("line", "memory", "memory_mib", 600, "MiB"),
    Bar("line", "CPU per event, everything", "cpu_us_per_event", 5, "µs"),
    Bar("line", "CPU per event, times the floor", "above_floor", 3.5),
    Bar("line", "disk per event", "bytes_per_event", 10, "bytes"),
    Bar("line", "queries p99, slowest route", "query_p99_ms", 100, "ms", strict=True),
    Bar("full", "events lost", "lost", 0),
    Bar("full", "of the rate, until all stored", "held_share", 0.97, least=True),
    Bar("full", "CPU per event, everything", "cpu_us_per_event", 3, "µs"),
    Bar("full", "CPU per event, times the floor", "above_floor", 5),
    Bar("full", "disk per event", "bytes_per_event", 10, "bytes"),
    Bar("growth", "CPU per event, full : empty", "cost_ratio", 1.2),
    Bar("dashboard", "queries p99, slowest route", "query_p99_ms", 100, "ms", strict=True),
    Bar("dashboard", "queries that failed", "query_failures", 0),
    Bar("opening", "all routes at once, after a restart", "opening_together_ms", 300, "ms"),
    Bar("opening", "dearest route alone, CPU", "opening_dearest_cpu_ms", 50, "ms"),
    Bar("search", "slowest search", "search_slowest_ms", 200, "ms"),
    Bar("search", "skip indexes", "index_bytes_per_event", 0.3, "bytes/event"),
    Bar("streams", "delivery p99, read to received", "delivery_p99_ms", 10, "ms", strict=True),
    Bar("streams", "live events subscribers missed", "delivery_missed", 0),
    Bar("fanout", "no readers, all processes", "no_reader_cores", 0.05, "cores"),
    Bar("fanout", "50 readers, gateway per event and reader", "gateway_us_50", 1, "µs"),
    Bar("fanout", "300 readers, gateway per event and reader", "gateway_us_300", 1, "µs"),
    Bar("fanout", "GET with 300 readers, p99", "get_p99_ms_300", 100, "ms", strict=True),
    Bar("growth", "recent queries, full : empty", "query_ratio", 1.2),
    Bar("storm", "events lost", "lost", 0),
    Bar("storm", "write latency normal again", "normal_writes_s", 10, "s"),
    Bar("storm", "queries normal again", "normal_queries_s", 10, "s"),
    Bar("idle", "all server processes", "cores", 0.02, "cores", strict=True),
    Bar("idle", "memory", "memory_mib", 300, "MiB", strict=True),
    Bar("six", "all server processes", "cores", 0.03, "cores"),
    Bar("small", "events lost", "lost", 0),
    Bar("small", "CPU per event, everything", "cpu_us_per_event", 8, "µs"),
    Bar("hostile", "events of other nodes lost", "lost", 0),
    Bar("hostile", "write latency p99", "write_p99_ms", 50, "ms", strict=True),
    Bar("hostile", "silent sockets not closed", "silent_left", 0),
)


# If a scenario was not run, a smaller one with the same targets gives an estimate.
_STAND_INS = {"line": "quick"}


def bars(results: Mapping[str, Json]) -> str:
    """Return every target beside the measured figure.

    A mark in parentheses is for another load than that of the target.

    Args:
        results: Results by scenario.
    """
    rows = []
    for bar in BARS:
        scenario = bar.scenario
        if scenario not in results:
            scenario = _STAND_INS.get(scenario, scenario)
        value = results.get(scenario, {}).get("figures", {}).get(bar.figure)
        limit = f"{bar.sign} {number(bar.limit)} {bar.unit}".rstrip()
        name = bar.scenario if scenario == bar.scenario else f"{bar.scenario}, by {scenario}"
        if value is None:
            rows.append((bar.scenario, bar.what, limit, "not measured", ""))
        else:
            measured = f"{number(value)} {bar.unit}".rstrip()
            mark = "✓" if bar.met(value) else "✗"
            same_load = scenario == bar.scenario and not results[scenario].get("altered")
            rows.append((name, bar.what, limit, measured, mark if same_load else f"({mark})"))
    return table(("scenario", "what", "bar", "measured", ""), rows)


def number(value: float) -> str:
    """Format a number with three significant digits and thousands separators."""
    if math.isinf(value) or math.isnan(value):
        return "beyond the scale"
    if value == int(value):
        return f"{int(value):,}"
    magnitude = math.floor(math.log10(abs(value)))
    return f"{value:,.{max(0, 2 - magnitude)}f}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format rows as aligned columns."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    lines = [heads, ["─" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


# Printed figures: key, words, unit.
_FIGURES = (
    ("sent", "sent", "events"),
    ("stored", "stored, by the files", "events"),
    ("committed", "committed, by /metrics", "events"),
    ("lost", "lost", "events"),
    ("undecodable", "stored as undecodable", "events"),
    ("sessions_with_gaps", "sessions with gaps", ""),
    ("rate", "sending rate reached", "events/s"),
    ("held_share", "of the rate asked, until all stored", ""),
    ("backlog_s", "commits behind the schedule, at most", "s"),
    ("write_p50_ms", "write latency p50", "ms"),
    ("write_p99_ms", "write latency p99", "ms"),
    ("write_max_ms", "write latency, at most", "ms"),
    ("cores", "server meanwhile", "cores"),
    ("cpu_us_per_event", "server, everything", "CPU µs/event"),
    ("cpu_us_until_stored", "server, until all was stored", "CPU µs/event"),
    ("floor_us_per_event", "floor: frames split", "CPU µs/event"),
    ("above_floor", "times the floor", ""),
    ("memory_mib", "peak memory, shared pages once", "MiB"),
    ("rss_mib", "peak memory, resident sizes", "MiB"),
    ("bytes_per_event", "disk", "bytes/event"),
    ("wire_bytes_per_event", "wire", "bytes/event"),
    ("query_p99_ms", "queries p99, slowest route", "ms"),
    ("query_first_ms", "first answers of a dashboard, slowest", "ms"),
    ("query_failures", "queries that failed", ""),
    ("storm_s", "the storm lasted", "s"),
    ("before_write_p99_ms", "write latency p99, second by second, median: before", "ms"),
    ("storm_write_p99_ms", "  in the storm", "ms"),
    ("after_write_p99_ms", "  after it", "ms"),
    ("before_query_ms", "slowest query of a second, median: before", "ms"),
    ("storm_query_ms", "  in the storm", "ms"),
    ("after_query_ms", "  after it", "ms"),
    ("before_memory_mib", "peak memory: before", "MiB"),
    ("storm_memory_mib", "  in the storm", "MiB"),
    ("memory_end_mib", "  in the end", "MiB"),
    ("files_deleted", "files that retention deleted", ""),
    ("caught_up_s", "all of the storm committed after", "s"),
    ("normal_writes_s", "write latency normal again after", "s"),
    ("normal_queries_s", "queries normal again after", "s"),
    ("normal_memory_s", "memory down to its final level after", "s"),
    ("opening_routes", "routes of a dashboard", ""),
    ("opening_together_ms", "all at once, after a restart", "ms"),
    ("opening_again_ms", "all at once, later, nothing cached", "ms"),
    ("opening_first_ms", "slowest route alone", "ms"),
    ("opening_cpu_ms", "all routes, each alone", "CPU ms"),
    ("opening_dearest_cpu_ms", "dearest route alone", "CPU ms"),
    ("opening_statements", "statements of DuckDB", ""),
    ("search_slowest_ms", "slowest search, median", "ms"),
    ("search_first_ms", "slowest first search", "ms"),
    ("search_cpu_ms", "dearest search", "CPU ms"),
    ("index_us_per_event", "making skip indexes", "CPU µs/event"),
    ("index_bytes_per_event", "skip indexes", "bytes/event"),
    ("search_log_bytes_per_event", "event log", "bytes/event"),
    ("delivered", "live events delivered to subscribers", ""),
    ("delivery_missed", "live events subscribers missed", ""),
    ("delivery_p50_ms", "delivery p50, read to received", "ms"),
    ("delivery_p99_ms", "delivery p99, read to received", "ms"),
    ("delivery_cores", "the subscribers themselves", "cores"),
    ("no_reader_cores", "no readers, all processes", "cores"),
    ("get_p99_ms_0", "p99 of a GET without readers", "ms"),
    *(
        (f"{figure}_{group}", f"{readers}: {words}", unit)
        for group, readers in (
            ("50", "50 readers"),
            ("300", "300 readers"),
            ("300_distinct", "300, each with its filter"),
            ("300_sse", "300, server-sent events"),
            ("300_resumed", "300, server-sent events resumed"),
        )
        for figure, words, unit in (
            ("gateway_us", "gateway", "CPU µs/event and reader"),
            ("shards_us", "shards", "CPU µs/event and reader"),
            ("received_share", "of the events, received meanwhile", ""),
            ("events_per_read", "events in a read", ""),
            ("delivery_p99_ms", "delivery p99", "ms"),
            ("get_p99_ms", "p99 of a GET beside them", "ms"),
            ("readers_cores", "the readers themselves", "cores"),
        )
    ),
    ("pauses", "reading paused", "times"),
    ("checkpoints", "checkpoints", ""),
    ("stored_after_s", "all stored after the last was sent", "s"),
    ("stop_s", "stopping", "s"),
    ("behind_s", "generator behind, at most", "s"),
    ("worst_behind_s", "worst connection: blocked, at most", "s"),
    ("generator_cores", "generator", "cores"),
    ("other_cores", "everybody else on this machine", "cores"),
    ("silent_left", "silent sockets not closed", ""),
    ("silent_closed_s", "silent sockets closed after, at most", "s"),
    ("slow_closed", "senders of half frames closed", ""),
    ("stored_before", "events stored before", ""),
    ("cost_ratio", "CPU per event, full : empty", ""),
    ("query_ratio", "recent queries, full : empty", ""),
)


def summary(result: Json) -> str:
    """Format the result of one scenario."""
    figures, parameters = result["figures"], result["parameters"]
    given = ", ".join(f"{key} {value}" for key, value in parameters.items())
    rows = [
        (words, number(figures[key]), unit)
        for key, words, unit in _FIGURES
        if figures.get(key) is not None
    ]
    parts = [f"{result['scenario']}: {given}", table(("", "", ""), rows)]
    for key, when in (("queries_empty", "on the empty store"), ("queries", "")):
        for name, route in (result.get(key) or {}).items():
            values = "  ".join(f"{key} {number(value)}" for key, value in route.items())
            parts.append(f"  {name:14} {values}  {when}".rstrip())
    if "opening" in result:
        parts.append(_opening(result["opening"]))
    if "search" in result:
        names = list(result["search"][0])
        rows = [
            (row["search"], *(number(row[name]) for name in names[1:])) for row in result["search"]
        ]
        parts.append(table(names, rows))
    if "mix" in result:
        mix = ", ".join(f"{group} {share:.1%}" for group, share in result["mix"].items())
        parts.append(f"mix: {mix}")
    parts += [f"BROKEN: {each}" for each in result["broken"]]
    return "\n".join(parts)


def _opening(routes: Sequence[Json]) -> str:
    """Format the costs of routes: the first request, and of the cheapest the CPU."""
    names = list(routes[0]["first"])
    rows = [
        (
            each["route"],
            *(number(each["first"][name]) for name in names),
            number(each["cheapest"]["shards_ms"] + each["cheapest"]["gateway_ms"]),
        )
        for each in routes
    ]
    return table(("route", *names, "cheapest, CPU ms"), rows)
