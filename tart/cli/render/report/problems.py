"""Sections of the report about what went wrong: failures, conformance, alerts, missing data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tart.amounts import plural
from tart.cli.render.report.markup import (
    Html,
    Section,
    Table,
    bullets,
    join,
    paragraph,
    percent,
    table,
    tag,
)
from tart.cli.render.report.plots import bar_plot
from tart.cli.render.report.values import Report, time_name, version_name

if TYPE_CHECKING:
    from tart.client._generated import answers as api

_MAX_VERSIONS = 12


def failure_section(report: Report) -> Section:
    """Return the section of failures by kind and implementation."""
    parts: list[object] = []
    rates = report.failure_rates
    if rates is not None:
        highest = max((row["rate"] or 0.0 for row in rates["by_category"]), default=0.0) or 1.0
        rows = [
            (row["category"].replace("_", " "), row["attempts"], row["failures"],
             percent(row["rate"]), bar_plot((row["rate"] or 0.0) / highest))
            for row in rates["by_category"]
        ]  # fmt: skip
        heads = ("Kind", "#Attempts", "#Failures", "#Share", "Plot")
        parts.append(table(Table("Failures by kind", heads, rows)))
    if report.failures is not None:
        parts.append(_groups(report.failures))
    return Section("failures", "Failures", join(parts))


def _groups(answer: api.Failures) -> Html:
    names = Counter[str]()
    for group in answer["failures"]:
        for row in group["versions"]:
            names[version_name(row["name"], row["version"])] += row["count"]
    shown = sorted(name for name, _ in names.most_common(_MAX_VERSIONS))
    rows = []
    for group in answer["failures"]:
        counts = {
            version_name(row["name"], row["version"]): row["count"] for row in group["versions"]
        }
        rows.append(
            (
                f"{group['event_name']}: {group['template']}",
                group["count"],
                group["nodes"],
                "yes" if group["is_new"] else "",
                *(counts.get(name, 0) for name in shown),
            )
        )
    totals = answer["totals"]
    caption = (
        f"Failures by reason: {plural(totals['groups'], 'group')}, "
        f"{plural(totals['failures'], 'failure')}; first seen in the window: {totals['new']:,}"
    )
    heads = ("Event and reason", "#Failures", "#Nodes", "New", *(f"#{name}" for name in shown))
    parts: list[object] = [table(Table(caption, heads, rows))]
    if answer["has_more"]:
        parts.append(paragraph("The groups with the most failures are listed."))
    return join(parts)


def conformance_section(report: Report) -> Section:
    """Return the section of broken rules of JIP-3."""
    answer = report.conformance
    if answer is None:
        return Section("conformance", "Conformance", Html(""))
    names = [version_name(row["name"], row["version"]) for row in answer["implementations"]]
    counts: dict[tuple[int, str], int] = defaultdict(int)
    for cell in answer["cells"]:
        node = answer["nodes"][cell["node"]]
        counts[cell["rule"], names[node["implementation"]]] += cell["count"]
    rows = [
        (
            tag("code", rule["code"]),
            rule["severity"],
            rule["explanation"],
            rule["count"],
            rule["nodes"],
            ", ".join(
                f"{name} ({counts[place, name]:,})" for name in names if (place, name) in counts
            ),
        )
        for place, rule in enumerate(answer["rules"])
    ]
    heads = ("Rule", "Severity", "Meaning", "#Count", "#Nodes", "Implementations")
    verdicts = [
        (name, row["nodes"], row["verdict"])
        for name, row in zip(names, answer["implementations"], strict=True)
    ]
    body = join(
        (
            paragraph("Verdict over all nodes: ", tag("strong", answer["verdict"]), "."),
            table(Table("Verdicts", ("Implementation", "#Nodes", "Verdict"), verdicts)),
            table(Table("Broken rules of JIP-3", heads, rows)),
        )
    )
    return Section("conformance", "Conformance", body)


def alert_section(report: Report) -> Section:
    """Return the section of alerts that fired."""
    if report.alerts is None:
        return Section("alerts", "Alerts", Html(""))
    fired: dict[str, list[api.AlertTransition]] = defaultdict(list)
    for change in report.alerts["history"]:
        if change["to"] == "firing":
            fired[change["alert"]].append(change)
    rows = [
        (
            name,
            changes[0]["severity"],
            len(changes),
            len({change["labels"].get("node") for change in changes} - {None}),
            time_name(min(change["at"] for change in changes)),
            time_name(max(change["at"] for change in changes)),
            changes[0]["summary"],
        )
        for name, changes in sorted(fired.items())
    ]
    heads = ("Alert", "Severity", "#Fired", "#Nodes", "First", "Last", "Newest message")
    parts: list[object] = [table(Table("Alerts that fired", heads, rows))]
    if report.alerts["has_more"]:
        parts.append(paragraph("Only the newest changes of states are counted."))
    return Section("alerts", "Alerts", join(parts))


def gap_section(report: Report) -> Section:
    """Return the section of what the window lacks."""
    gaps = describe_gaps(report)
    body = bullets(gaps) if gaps else paragraph("Nothing is known to be missing.")
    # Answers of one report end at the moments when they were asked for; that is no difference.
    windows = {
        tuple(time_name(answer["window"][end])[:-3] for end in ("start", "end"))
        for answer in report.answers().values()
        if answer.get("window")
    }
    note = (
        "Figures are sums of whole minutes, or of whole hours if the window is longer than a day, "
        "so their windows differ a little:"
    )
    shown = bullets(f"{start} to {end}" for start, end in sorted(windows))
    return Section("gaps", "What the window lacks", join((body, paragraph(note), shown)))


def describe_gaps(report: Report) -> list[str]:
    """Return a sentence for each gap in the data."""
    answers = report.answers()
    gaps = [
        f"{name.replace('_', ' ').capitalize()} could not be read: {why}"
        for name, why in report.refused.items()
        if name != "chain"
    ]
    shards = [
        f"{name.replace('_', ' ').capitalize()}: {answer['shards']['answered']} of "
        f"{answer['shards']['total']} shards answered."
        for name, answer in answers.items()
        if "shards" in answer and answer["shards"]["answered"] < answer["shards"]["total"]
    ]
    return [*gaps, *shards, *_files(answers), *_sampling(answers), *_nodes(report)]


def _files(answers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    files = {
        row["file"]: row for answer in answers.values() for row in answer.get("unreadable", ())
    }
    return [
        f"Unreadable file {name}"
        + (f", {row['rows']:,} rows" if row["rows"] is not None else "")
        + (f", {time_name(row['since'])} to {time_name(row['until'])}" if row["since"] else "")
        for name, row in sorted(files.items())
    ]


def _sampling(answers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    sampled = [answer["sampled"] for answer in answers.values() if "sampled" in answer]
    if not sampled:
        return []
    most = max(sampled, key=lambda sample: sample["events"])
    return [
        f"{most['events']:,} events were not stored, by the settings of sampling, "
        f"{time_name(most['since'])} to {time_name(most['until'])}."
    ]


def _nodes(report: Report) -> list[str]:
    gaps = []
    if report.implementations is not None:
        rows = report.implementations["implementations"]
        if dropped := sum(row["dropped_messages"] for row in rows):
            gaps.append(f"Nodes said {dropped:,} times that they dropped events.")
    if report.comparison is not None and (unknown := report.comparison["nodes_unknown"]):
        gaps.append(f"{unknown:,} nodes are not compared: their implementation is not known.")
    if report.slots_cut and report.slots:
        gaps.append(f"Slots: only the newest {len(report.slots):,} of the window were read.")
    return gaps
