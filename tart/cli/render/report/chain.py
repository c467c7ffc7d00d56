"""Section of the report that compares telemetry with the chain."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tart.cli.render.report.markup import Html, Section, Table, join, paragraph, table, tag
from tart.cli.render.report.values import Report, node_name, version_name

if TYPE_CHECKING:
    from tart.client._generated import answers as api

# As the page says it, of many.
_KINDS = {
    "unreported_block": "blocks on chain that the node does not report",
    "unknown_block": "blocks that the node alone knows",
    "foreign_block": "blocks of other validators claimed",
    "unreported_guarantee": "guarantees on chain that the node does not report",
    "unknown_guarantee": "guarantees that the node alone knows",
    "unreported_assurance": "assurances on chain that the node does not report",
    "unknown_assurance": "assurances that no other node received",
    "missing_assurance": "assurances missing on chain",
    "outline_differs": "blocks reported with other numbers than on chain",
    "gas_differs": "blocks reported with other gas than on chain",
}
_MAX_FINDINGS = 200
_FIGURES = ("blocks", "guarantees", "assurances")


def chain_section(report: Report) -> Section:
    """Return the section; without a followed chain one sentence."""
    answer = report.chain
    if answer is None:
        why = report.refused.get("chain", "the server follows no chain ([rpc] is not set).")
        return Section(
            "chain", "Chain", paragraph("Telemetry is not compared with the chain: ", why)
        )
    chain = answer["chain"]
    span = f"Slots {chain['first_slot']} to {chain['last_slot']}"
    counts = [
        (name.replace("_", " "), chain[name])
        for name in ("compared", "pending", "without_statistics", "irregular", "forks")
    ]
    body = join(
        (
            table(Table(f"{span}: blocks", ("Blocks", "#Number"), counts)),
            _implementations(answer),
            _findings(answer),
            _epochs(answer),
        )
    )
    return Section("chain", "Chain", body)


def _implementations(answer: api.Reconcile) -> Html:
    rows = [
        (
            version_name(row["name"], row["version"]),
            row["nodes"],
            *(
                row[figure][side]  # type: ignore[literal-required]
                for figure in _FIGURES
                for side in ("claimed", "on_chain", "difference")
            ),
            sum(row["findings"].values()),
        )
        for row in answer["implementations"]
    ]
    heads = [
        f"#{figure.capitalize()}: {side}"
        for figure in _FIGURES
        for side in ("claimed", "on chain", "difference")
    ]
    caption = "Telemetry against the chain; difference is on chain minus claimed"
    return table(Table(caption, ("Implementation", "#Nodes", *heads, "#Findings"), rows))


def _findings(answer: api.Reconcile) -> Html:
    by_finding: dict[tuple[str, str, str], list[api.ReconcileFinding]] = defaultdict(list)
    for finding in answer["findings"]:
        key = (finding["implementation"] or "unknown", finding["node_id"], finding["kind"])
        by_finding[key].append(finding)
    rows = [
        (
            tag("code", node_name(node)),
            name,
            _KINDS.get(kind) or kind.replace("_", " "),
            sum(finding["count"] for finding in findings),
            len({finding["epoch"] for finding in findings}),
            _example(findings[0]),
        )
        for (name, node, kind), findings in sorted(by_finding.items())[:_MAX_FINDINGS]
    ]
    heads = ("Node", "Implementation", "Finding", "#Count", "#Epochs", "Example")
    listed = len(answer["findings"])
    caption = "Differences that nothing but the node explains"
    if listed < answer["total_findings"] or len(by_finding) > _MAX_FINDINGS:
        caption += f" (a part of {answer['total_findings']:,}; /api/chain/reconcile has all)"
    return table(Table(caption, heads, rows))


def _example(finding: api.ReconcileFinding) -> Html:
    if not finding["examples"]:
        return Html("")
    example = finding["examples"][0]
    return tag("span", f"slot {example['slot']}, ", tag("code", example["hash"][:16]))


def _epochs(answer: api.Reconcile) -> Html:
    rows = [
        (
            str(epoch["epoch"]),
            epoch["blocks"],
            epoch["validators"],
            epoch["matched"],
            len(epoch["validators_without_telemetry"]),
            len(epoch["unmatched_nodes"]),
            len(epoch["contradictions"]),
        )
        for epoch in answer["epochs"]
    ]
    heads = (
        "Epoch", "#Blocks", "#Validators", "#Known nodes", "#Without a known node",
        "#Nodes without an index", "#Contradictions",
    )  # fmt: skip
    return table(Table("Validators by epoch", heads, rows))
