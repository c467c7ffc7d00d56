"""Sections of the report about what the network did: blocks, work-packages, services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.cli.render.report.markup import (
    Html,
    Section,
    Table,
    join,
    number,
    paragraph,
    percent,
    table,
    tag,
)
from tart.cli.render.report.plots import bar_plot, series_plot
from tart.cli.render.report.values import Report, time_name, version_name

if TYPE_CHECKING:
    from tart.client._generated import answers as api

_MAX_SERVICES = 60
_NS_MS = 1e-6


def block_section(report: Report) -> Section:
    """Return the section of blocks: slots, forks, authors, propagation, finality."""
    parts: list[object] = []
    if report.slots:
        parts += [_slots(report.slots, is_cut=report.slots_cut), _authors(report.slots)]
    if report.blocks is not None:
        parts.append(_attempts(report.blocks["totals"]))
    if report.production is not None:
        parts.append(_production(report.production))
    if report.propagation is not None:
        parts += _propagation(report.propagation)
    if report.finality is not None:
        parts += _finality(report.finality)
    return Section("blocks", "Blocks", join(parts))


def count_slots(slots: Sequence[api.SlotSummary]) -> dict[str, int]:
    """Return the numbers of slots with and without a block, of forks, and of blocks."""
    states = Counter(slot["state"] for slot in slots)
    return {
        "slots": len(slots),
        "with a block": states["authored"],
        "missed": states["missed"],
        "unknown": states["unknown"] + states["pending"],
        "with several blocks": sum(len(slot["blocks"]) > 1 for slot in slots),
        "blocks": sum(len(slot["blocks"]) for slot in slots),
        "blocks of forks": sum(
            block["chain"] == "fork" for slot in slots for block in slot["blocks"]
        ),
    }


def _slots(slots: Sequence[api.SlotSummary], *, is_cut: bool) -> Html:
    counts = count_slots(slots)
    rows = [(name, count) for name, count in counts.items()]
    caption = f"Slots {slots[0]['slot']} to {slots[-1]['slot']}"
    caption += ", the newest of the window" if is_cut else ""
    return table(Table(caption, ("Slots", "#Number"), rows))


def _authors(slots: Sequence[api.SlotSummary]) -> Html:
    authored: Counter[str] = Counter()
    forked: Counter[str] = Counter()
    for slot in slots:
        for block in slot["blocks"]:
            author = block["author"]
            name = "without telemetry" if author is None else version_name(
                author["implementation_name"], author["implementation_version"]
            )  # fmt: skip
            authored[name] += 1
            forked[name] += block["chain"] == "fork"
    total = sum(authored.values()) or 1
    rows = [
        (name, authored[name], forked[name], bar_plot(authored[name] / total))
        for name in sorted(authored)
    ]
    heads = ("Author", "#Blocks", "#On forks", "Share")
    return table(Table("Blocks by the author's implementation", heads, rows))


def _attempts(totals: api.BlockTotals) -> Html:
    rows = [(name.replace("_", " "), count) for name, count in totals.items()]
    caption = "Events about blocks, of all nodes"
    return table(Table(caption, ("Events", "#Number"), rows))


def _production(answer: api.Timeseries) -> Html:
    buckets = answer["data"][::-1]
    values = [bucket.get("blocks") for bucket in buckets]
    highest = max((value for value in values if value is not None), default=0)
    minutes = answer["interval_minutes"]
    label = f"Blocks by time: each bar is {plural(minutes, 'minute')}, at most {highest} blocks"
    return tag("figure", series_plot(values, highest, label), tag("figcaption", label))


def _propagation(answer: api.BlockPropagation) -> list[object]:
    delays = [
        (name, row["sample_count"], row["avg_propagation_ms"], row["p50_propagation_ms"],
         row["p95_propagation_ms"], row["p99_propagation_ms"], row["late"])
        for name, row in (
            ("received by this server", answer["last_hour"]),
            ("nodes' clocks, corrected", answer["node_clocks"]),
        )
    ]  # fmt: skip
    heads = ("Clock", "#First sights", "#Mean, ms", "#p50, ms", "#p95, ms", "#p99, ms", "#Late")
    coverage = [
        (percent(row["share"]), row["blocks"], row["blocks_reached"], row["p50_ms"],
         row["p95_ms"], row["max_ms"])
        for row in answer["coverage"]["received_at"]
    ]  # fmt: skip
    reached = (
        "Share of nodes", "#Blocks", "#Reached it", "#p50, ms", "#p95, ms", "#Longest, ms",
    )  # fmt: skip
    return [
        tag("h3", "Propagation"),
        table(Table("Time from the first node that had a block to another", heads, delays)),
        table(Table("Time until a share of the nodes had a block", reached, coverage)),
    ]


def _finality(answer: api.Finality) -> list[object]:
    delays = [
        (name, row["count"], row["p50_ms"], row["p95_ms"], row["max_ms"])
        for name, row in (
            ("a node: from having a block to finalizing it", answer["node_delay"]),
            ("network: first sight to first finalized", answer["network_delay"]),
            ("between the first and the last node", answer["spread"]),
        )
    ]
    stalls = [
        (time_name(stall["since"]), time_name(stall["until"]), stall["seconds"],
         stall["finalized_slot"])
        for stall in answer["stalls"]
    ]  # fmt: skip
    return [
        tag("h3", "Finality"),
        table(Table("Delays", ("Delay", "#Number", "#p50, ms", "#p95, ms", "#Max, ms"), delays)),
        table(Table("Standstills", ("Since", "Until", "#Seconds", "#Finalized slot"), stalls)),
    ]


def work_section(report: Report) -> Section:
    """Return the section of work-packages: funnel, stages, guarantees, assurances, services."""
    parts: list[object] = []
    if report.funnel is not None:
        parts.append(_funnel(report.funnel))
    if report.stages is not None:
        parts.append(_stages(report.stages))
    if report.guarantees is not None:
        rows = [
            (name.replace("_", " "), count) for name, count in report.guarantees["totals"].items()
        ]
        parts.append(table(Table("Guarantees, events", ("Events", "#Number"), rows)))
    if report.assurances is not None:
        totals = [
            (name.replace("_", " "), count) for name, count in report.assurances["totals"].items()
        ]
        caption = f"Assurances of {report.assurances['total_anchors']:,} anchors"
        parts.append(table(Table(caption, ("Assurances", "#Number"), totals)))
    parts.append(
        paragraph(
            "Punctuality of guarantees and assurances by implementation is among the metrics."
        )
    )
    if report.execution is not None:
        parts += _services(report.execution)
    return Section("work", "Work-packages and services", join(parts))


def _funnel(answer: api.WorkFunnel) -> Html:
    packages = answer["packages"] or 1
    rows = [
        (
            stage["stage"].replace("_", " "),
            stage["reached"],
            stage["lost"],
            stage["waiting"],
            stage["stopped"],
            _reasons(stage),
            bar_plot(stage["reached"] / packages, stage["lost"] / packages),
        )
        for stage in answer["stages"]
    ]
    caption = f"{answer['packages']:,} work-packages by the stages that they reached"
    caption += "" if answer["exact"] else ", approximately"
    heads = ("Stage", "#Reached", "#Lost before it", "#Waiting", "#Stopped", "Reasons", "Share")
    return table(Table(caption, heads, rows))


def _reasons(stage: api.FunnelStage) -> str:
    return "; ".join(
        f"{row['reason'] or 'not told'} ({row['count']:,})" for row in stage["reasons"][:5]
    )


def _stages(answer: api.WorkLatency) -> Html:
    rows = [
        (stage["stage"].replace("_to_", " → ").replace("_", " "), sum(stage["counts"]),
         *_ends(stage["p50_ms"]), *_ends(stage["p95_ms"]))
        for stage in answer["stages"]
    ]  # fmt: skip
    heads = ("Stage", "#Number", "#Least p50, ms", "#Greatest", "#Least p95, ms", "#Greatest")
    minutes = answer["bucket_seconds"] // 60
    caption = f"Times of stages: percentiles of each {plural(minutes, 'minute')}"
    return table(Table(caption, heads, rows))


def _ends(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    known = [value for value in values if value is not None]
    return min(known, default=None), max(known, default=None)


def _services(answer: api.Execution) -> list[object]:
    services = answer["by_service"]
    rows = [
        (
            "unknown" if row["service_id"] is None else str(row["service_id"]),
            row["items_refined"],
            number(row["refine_gas_used"]),
            _mean_ms(row["refine_time_ns"], row["items_refined"]),
            row["accumulations"],
            number(row["accumulate_gas_used"]),
            _scaled(row["accumulate_average_time_ns"]),
        )
        for row in services[:_MAX_SERVICES]
    ]
    heads = (
        "Service", "#Items refined", "#Gas of refinement", "#Mean time, ms", "#Accumulations",
        "#Gas of accumulation", "#Mean time, ms",
    )  # fmt: skip
    parts: list[object] = [table(Table("Services, those with most gas first", heads, rows))]
    if len(services) > _MAX_SERVICES:
        parts.append(paragraph(f"{len(services) - _MAX_SERVICES:,} more services have less gas."))
    return parts


def _mean_ms(total_ns: int | str, count: int) -> float | None:
    return round(int(total_ns) / count * _NS_MS, 6) if count else None


def _scaled(nanoseconds: float | None) -> float | None:
    return None if nanoseconds is None else round(nanoseconds * _NS_MS, 6)
