"""The document of the report: head, style, summary, sections.

It needs no script and nothing of the network. It is light or dark as the reader's system is.
"""

from __future__ import annotations

from tart.amounts import plural
from tart.cli.render.report.activity import block_section, count_slots, work_section
from tart.cli.render.report.chain import chain_section
from tart.cli.render.report.differences import (
    describe_worse,
    difference_section,
    distribution_section,
)
from tart.cli.render.report.markup import Html, Section, bullets, escape, join, tag
from tart.cli.render.report.network import network_section
from tart.cli.render.report.problems import (
    alert_section,
    conformance_section,
    describe_gaps,
    failure_section,
    gap_section,
)
from tart.cli.render.report.values import Report, time_name

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2024;--soft:#54595f;--page:#fff;--line:#d5d8dc;
--shade:#f3f4f6;--main:#0b5cad;--band:#b9d4ee;--lost:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--soft:#a7adb4;--page:#16191c;
--line:#3a4046;--shade:#20252a;--main:#7db7f0;--band:#2c4a68;--lost:#f2928c}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:84rem;color:var(--ink);background:var(--page);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.7rem;margin:0 0 .3rem}h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}
h3{margin:1.5rem 0 .5rem}p,ul{max-width:52rem}a{color:var(--main)}nav ul{padding:0;display:flex;
flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none}
.t{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-size:13px;min-width:24rem}
caption{text-align:left;font-weight:600;padding:.2rem 0}
th,td{padding:.15rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{background:var(--shade);vertical-align:bottom}tbody th{font-weight:400;min-width:9rem}
thead th.n{white-space:normal}
tr.g th{background:var(--shade);font-weight:600}small{color:var(--soft);font-weight:400}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.none{color:var(--soft)}
tbody td:not(.n){max-width:30rem}code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}
figure{margin:.5rem 0}figcaption{color:var(--soft);font-size:13px}
svg{display:block}svg.series{width:100%;max-width:720px;height:auto}
.axis{stroke:var(--line);fill:none}.band{fill:var(--band)}.bar{fill:var(--main)}
.lost{fill:var(--lost)}.dot{fill:var(--main)}.ring{fill:var(--page);stroke:var(--main)}
.tick,.whisker{stroke:var(--main);fill:none;stroke-width:1.5}
.zero{stroke:var(--soft);stroke-dasharray:3 2}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--page:#fff;--line:#bbb;--shade:#eee;
--main:#0b5cad;--band:#b9d4ee;--lost:#b3261e}body{padding:0;font-size:11px;max-width:none}
table{font-size:8.5px}th,td{padding:.1rem .25rem}svg.small{width:130px}nav{display:none}
.t{overflow:visible}tr{break-inside:avoid}thead{display:table-header-group}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


def report_html(report: Report) -> str:
    """Return the report as one HTML document, the same for the same values."""
    sections = [
        difference_section(report),
        network_section(report),
        block_section(report),
        failure_section(report),
        conformance_section(report),
        work_section(report),
        chain_section(report),
        alert_section(report),
        gap_section(report),
        distribution_section(report),
    ]
    title = f"Report of {time_name(report.start)} to {time_name(report.end)} UTC"
    shown = [section for section in sections if section.body]
    body = join(
        (
            tag("header", tag("h1", title), tag("p", _source(report))),
            tag("nav", bullets(_link(section) for section in shown), aria_label="Sections"),
            tag("main", _summary(report), *map(_section, shown)),
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _source(report: Report) -> Html:
    return join(("From ", tag("code", report.url), f", tart {report.version}. Times are UTC."), "")


def _link(section: Section) -> Html:
    return tag("a", section.title, href=f"#{section.name}")


def _section(section: Section) -> Html:
    heading = tag("h2", section.title, id=f"{section.name}-title")
    return tag(
        "section", heading, section.body, id=section.name, aria_labelledby=f"{section.name}-title"
    )


def _summary(report: Report) -> Html:
    heading = tag("h2", "Summary", id="summary-title")
    points = bullets([*_network(report), *_activity(report), *_problems(report)])
    return tag("section", heading, points, id="summary", aria_labelledby="summary-title")


def _network(report: Report) -> list[object]:
    points: list[object] = []
    if lacking := sorted(set(report.refused) - {"chain"}):
        names = ", ".join(name.replace("_", " ") for name in lacking)
        points.append(tag("strong", f"Incomplete: the server did not answer about {names}."))
    if report.implementations is not None:
        rows = report.implementations["implementations"]
        nodes = sum(row["nodes"] for row in rows)
        kinds = len({row["name"] for row in rows})
        points.append(
            f"{plural(nodes, 'node')} of {plural(kinds, 'implementation')} in "
            f"{plural(len(rows), 'version')} sent {sum(row['events'] for row in rows):,} events."
        )
    if report.comparison is not None:
        differences = report.comparison["differences"]
        count = sum(pair["significant"] for pair in differences)
        untested = sum(pair["state"] == "not_enough_data" for pair in differences)
        points.append(
            f"{plural(count, 'significant difference')} in "
            f"{plural(report.comparison['comparisons'], 'comparison')}; "
            f"{untested:,} more have not enough data."
        )
        points += describe_worse(report.comparison)
    return points


def _activity(report: Report) -> list[object]:
    points: list[object] = []
    if report.slots:
        counts = count_slots(report.slots)
        points.append(
            f"Slots: {counts['slots']:,}, of which {counts['with a block']:,} with a block, "
            f"{counts['missed']:,} missed. Blocks on forks: {counts['blocks of forks']:,}."
        )
    if report.funnel is not None:
        stages = {stage["stage"]: stage["reached"] for stage in report.funnel["stages"]}
        points.append(
            f"Of {plural(report.funnel['packages'], 'work-package')} "
            f"{stages.get('available', 0):,} became available."
        )
    return points


def _problems(report: Report) -> list[object]:
    points: list[object] = []
    if report.failure_rates is not None:
        overall = report.failure_rates["overall"]
        points.append(f"{overall['failed_events']:,} of {overall['attempts']:,} attempts failed.")
    if report.conformance is not None:
        rules = report.conformance["rules"]
        errors = sum(rule["severity"] == "error" for rule in rules)
        points.append(
            f"Conformance to JIP-3: {report.conformance['verdict']}; "
            f"{plural(errors, 'rule')} of severity error broken, "
            f"{plural(len(rules) - errors, 'rule')} of others."
        )
    if report.chain is not None:
        points.append(
            f"Telemetry against the chain: {plural(report.chain['total_findings'], 'finding')}."
        )
    if report.alerts is not None:
        fired = sum(change["to"] == "firing" for change in report.alerts["history"])
        points.append(f"{plural(fired, 'alert')} fired.")
    gaps = len(describe_gaps(report))
    points.append(
        tag("span", tag("a", "What the window lacks", href="#gaps"), f": {plural(gaps, 'point')}.")
        if gaps
        else "Nothing is known to be missing from the window."
    )
    return points
