"""Section of the report about the network: implementations, versions over time, nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.cli.render.report.markup import (
    Html,
    Section,
    Table,
    bullets,
    join,
    number,
    paragraph,
    percent,
    table,
    tag,
)
from tart.cli.render.report.plots import series_plot
from tart.cli.render.report.values import Report, node_name, time_name, version_name

if TYPE_CHECKING:
    from tart.client._generated import answers as api

_MAX_SERIES = 24


def network_section(report: Report) -> Section:
    """Return the section; an answer that is missing leaves its part out."""
    parts: list[object] = []
    if report.network is not None:
        parts.append(_parameters(report.network))
    if report.implementations is not None:
        parts += [_implementations(report.implementations), *_versions(report.implementations)]
    if report.nodes is not None:
        parts.append(_nodes(report.nodes))
    return Section("network", "Network", join(parts))


def _parameters(network: api.Network) -> Html:
    topology, genesis = network["topology"], network["network"]["genesis"]
    return bullets(
        (
            tag("span", "Genesis ", tag("code", genesis or "unknown")),
            tag(
                "span",
                "Validators ", number(topology["validator_count"]),
                ", cores ", number(topology["core_count"]),
                ", slots of ", number(topology["slot_period_sec"], " s"),
                ", epochs of ", number(topology["epoch_period"]), " slots",
            ),
        )
    )  # fmt: skip


def _implementations(answer: api.Implementations) -> Html:
    rows = [
        (
            version_name(row["name"], row["version"]),
            row["nodes"],
            row["changed"],
            percent(row["uptime_share"]),
            row["restarts"],
            row["events"],
            row["dropped_messages"],
            row["failures"],
            row["deviating_nodes"],
            len(row["event_types"]),
            ", ".join(map(str, row["protocol_versions"])) or "–",
            ", ".join(row["params_layouts"]) or "–",
        )
        for row in answer["implementations"]
    ]
    heads = (
        "Implementation", "#Nodes", "#Changed version", "#Uptime", "#Restarts", "#Events",
        "#Messages of drops", "#Failures", "#Nodes with findings", "#Event types used", "JIP-3",
        "Parameters",
    )  # fmt: skip
    return table(Table("Implementations: nodes by the last version that they had", heads, rows))


def _versions(answer: api.Implementations) -> list[object]:
    rows = answer["implementations"]
    spread = [
        (
            version_name(row["name"], row["version"]),
            row["spread"]["reached"],
            row["spread"]["nodes"],
            row["spread"]["at_start"],
            *(time_name(row["spread"][share]) for share in ("first_at", "half_at", "most_at")),
        )
        for row in rows
    ]
    heads = (
        "Version", "#Nodes that had it", "#Of", "#Had it at the start", "First node", "Half",
        "Nine tenths",
    )  # fmt: skip
    parts: list[object] = [
        tag("h3", "Versions over time"),
        table(
            Table("Spread of versions; a dash: before the window, or not reached", heads, spread)
        ),
    ]
    highest = max((max(row["series"], default=0) for row in rows), default=0)
    minutes = answer["buckets"]["seconds"] // 60
    for row in rows[:_MAX_SERIES]:
        name = version_name(row["name"], row["version"])
        label = f"Nodes with {name} over the window, at most {max(row['series'], default=0)}"
        plot = series_plot(row["series"], highest, label)
        parts.append(tag("figure", plot, tag("figcaption", name)))
    note = f"A bar is {plural(minutes, 'minute')}; all scales are from 0 to {highest} nodes."
    parts.append(paragraph(note))
    if len(rows) > _MAX_SERIES:
        parts.append(paragraph(f"{len(rows) - _MAX_SERIES} more versions are in the table only."))
    return parts


def _nodes(answer: api.NodesSummary) -> Html:
    columns = answer["nodes"]
    names = [version_name(row["name"], row["version"]) for row in answer["implementations"]]
    rows = sorted(
        (
            names[columns["implementation"][place]],
            node_id,
            (
                columns["events"][place],
                columns["failures"][place],
                columns["dropped_messages"][place],
                columns["undecodable"][place],
                columns["errors"][place],
                columns["warnings"][place],
                columns["clock_offset_ms"][place],
            ),
        )
        for place, node_id in enumerate(columns["node_id"])
    )
    cells = [(tag("code", node_name(node)), name, *figures) for name, node, figures in rows]
    heads = (
        "Node", "Implementation", "#Events", "#Failures", "#Messages of drops", "#Undecodable",
        "#Rules broken: error", "#warning", "#Clock offset, ms",
    )  # fmt: skip
    return table(Table("Nodes", heads, cells))
