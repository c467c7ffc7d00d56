"""The answer of ``/api/chain/reconcile``: sums of telemetry and of the chain, side by side.

Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from tart.query.answers import reconcile as answers
from tart.query.chain_queries.chain import ChainBlock
from tart.query.core.version_spans import VersionSpan
from tart.query.reconcile.attendance import last_spans
from tart.query.reconcile.chain_view import ChainView
from tart.query.reconcile.claims import AuthoredBlock
from tart.query.reconcile.findings import Finding, chain_outline
from tart.query.reconcile.matching import EpochMatches
from tart.query.reconcile.reconciliation import (
    Inputs,
    Reconciliation,
    active_nodes,
    active_validators,
    reconcile,
)

# Examples of one finding.
MAX_EXAMPLES = 10


def reconcile_answer(inputs: Inputs, node: str | None, limit: int) -> answers.Reconcile:
    """Return the answer of ``/api/chain/reconcile``.

    Args:
        inputs: What was read.
        node: Only the validators, blocks and findings of this node; ``None`` for all.
        limit: Maximum number of validators, of blocks and of findings.
    """
    result = reconcile(inputs)
    view = inputs.view
    spans = last_spans(inputs.attendance.spans)
    validators = [
        row for row in _validators(result, spans) if node is None or row["node_id"] == node
    ]
    findings = [each for each in reversed(result.findings) if node is None or each.node == node]
    active = active_nodes(view, inputs.claims, result.matrices)
    return {
        "chain": _range(view),
        "epochs": [_epoch(result, epoch, active.get(epoch, set())) for epoch in _epochs(view)],
        "findings": [_finding(each, spans) for each in findings[:limit]],
        "total_findings": len(findings),
        "validators": validators[:limit],
        "total_validators": len(validators),
        "cores": _cores(result),
        "services": _services(inputs),
        "blocks": _blocks(result, node, limit),
        "implementations": _implementations(validators, findings, spans),
        "unexamined": inputs.unexamined,
    }


def _epochs(view: ChainView) -> list[int]:
    return sorted({view.epoch(block) for block in view.compared}, reverse=True)


def compare(claimed: int | None, on_chain: int) -> answers.Compared:
    """Return a number as nodes say it and as the chain has it."""
    difference = None if claimed is None else on_chain - claimed
    return {"claimed": claimed, "on_chain": on_chain, "difference": difference}


def _range(view: ChainView) -> answers.ChainRange:
    excluded = view.excluded
    return {
        "first_slot": view.first_slot,
        "last_slot": view.last_slot,
        "finalized_slot": view.finalized_slot,
        "epoch_slots": view.epoch_slots,
        "compared": len(view.compared),
        "pending": excluded.pending,
        "without_statistics": excluded.without_statistics,
        "irregular": excluded.irregular,
        "forks": view.forks,
        "complete": view.is_complete,
    }


def _epoch(result: Reconciliation, epoch: int, active: Set[str]) -> answers.EpochMatching:
    view = result.inputs.view
    blocks = [block for block in view.compared if view.epoch(block) == epoch]
    matches = result.matching.epochs[epoch]
    return {
        "epoch": epoch,
        "first_slot": blocks[0].slot,
        "last_slot": blocks[-1].slot,
        "blocks": len(blocks),
        "validators": blocks[-1].validators,
        "matched": len(matches.nodes),
        "by_evidence": dict(Counter(match.evidence for match in matches.nodes.values())),
        "contradictions": [
            {
                "nodes": list(each.nodes),
                "validators": list(each.validators),
                "blocks": list(each.blocks)[:MAX_EXAMPLES],
            }
            for each in result.matching.contradictions
            if each.epoch == epoch
        ],
        "validators_without_telemetry": result.without_telemetry(epoch),
        "unmatched_nodes": sorted(active - matches.nodes.keys()),
    }


@dataclass(frozen=True)
class _EpochSummary:
    """The compared blocks and the claims of an epoch, by validator and by node.

    Attributes:
        columns: True for the compared blocks of the epoch.
        blocks: These blocks.
        authored: By validator, the blocks that it authored.
        guaranteed: By validator, the number of blocks with its guarantee.
        assured: By validator, the number of blocks with its assurance.
        claims: By node, its claims to have authored one of the blocks.
    """

    epoch: int
    columns: np.ndarray[tuple[int], np.dtype[np.bool]]
    blocks: Sequence[ChainBlock]
    authored: Mapping[int, Sequence[ChainBlock]]
    guaranteed: Mapping[int, int]
    assured: Sequence[int]
    claims: Mapping[str, Sequence[AuthoredBlock]]


def _summary(result: Reconciliation, epoch: int) -> _EpochSummary:
    view = result.inputs.view
    columns = np.array([view.epoch(block) == epoch for block in view.compared], bool)
    blocks = [block for block in view.compared if view.epoch(block) == epoch]
    authored: defaultdict[int, list[ChainBlock]] = defaultdict(list)
    for block in blocks:
        if block.author is not None:
            authored[block.author].append(block)
    hashes = {block.hash for block in blocks}
    claims: defaultdict[str, list[AuthoredBlock]] = defaultdict(list)
    for claim in result.inputs.claims.authored:
        if claim.hash in hashes:
            claims[claim.node].append(claim)
    return _EpochSummary(
        epoch=epoch,
        columns=columns,
        blocks=blocks,
        authored=authored,
        guaranteed=Counter(each for block in blocks for each in block.guarantors or ()),
        assured=result.matrices.on_chain[:, columns].sum(axis=1).tolist(),
        claims=claims,
    )


def _validators(
    result: Reconciliation, spans: Mapping[str, VersionSpan]
) -> list[answers.ValidatorComparison]:
    view = result.inputs.view
    rows = []
    for epoch in _epochs(view):
        summary = _summary(result, epoch)
        matches = result.matching.epochs[epoch]
        for validator in sorted({*active_validators(view, epoch), *matches.validators}):
            rows.append(_validator(result, summary, matches, validator, spans))
    return rows


def _validator(
    result: Reconciliation,
    summary: _EpochSummary,
    matches: EpochMatches,
    validator: int,
    spans: Mapping[str, VersionSpan],
) -> answers.ValidatorComparison:
    match = matches.validators.get(validator)
    node = None if match is None else match.node
    own = summary.authored.get(validator, ())
    claims = None if node is None else summary.claims.get(node, ())
    gap = None if node is None else _gap(result, node, summary.blocks)
    assured = summary.assured[validator] if validator < len(summary.assured) else 0
    return {
        "epoch": summary.epoch,
        "validator": validator,
        "node_id": node,
        "implementation": _implementation(node, spans),
        "evidence": None if match is None else match.evidence,
        "evidence_count": None if match is None else match.count,
        "complete": None if node is None else gap is None,
        "incomplete_reason": gap,  # type: ignore[typeddict-item]
        "blocks": compare(None if claims is None else len(claims), len(own)),
        "guarantees": compare(
            _signed(result, node, summary.blocks), summary.guaranteed.get(validator, 0)
        ),
        "assurances": compare(_assured(result, node, summary), assured),
        "tickets": compare(
            _outline_sum(claims, "num_tickets"), sum(block.tickets or 0 for block in own)
        ),
        "preimages": compare(
            _outline_sum(claims, "num_preimages"), sum(block.preimages or 0 for block in own)
        ),
        "preimage_octets": compare(None, sum(block.preimage_octets or 0 for block in own)),
    }


def _outline_sum(claims: Iterable[AuthoredBlock] | None, name: str) -> int | None:
    if claims is None:
        return None
    outlines = [claim.outline for claim in claims]
    if None in outlines:
        return None
    return sum((outline or {}).get(name, 0) for outline in outlines)


def _gap(result: Reconciliation, node: str, blocks: Sequence[ChainBlock]) -> str | None:
    view = result.inputs.view
    return result.attendance.gap(node, view.time_us(blocks[0]), view.time_us(blocks[-1]))


def _signed(result: Reconciliation, node: str | None, blocks: Sequence[ChainBlock]) -> int | None:
    if node is None:
        return None
    return len(result.reports.slots_of(node) & {block.slot for block in blocks})


def _assured(result: Reconciliation, node: str | None, summary: _EpochSummary) -> int | None:
    if node is None:
        return None
    claimed = result.matrices.claimed.get(node)
    return 0 if claimed is None else int(claimed[summary.columns].sum())


def _implementation(node: str | None, spans: Mapping[str, VersionSpan]) -> str | None:
    span = None if node is None else spans.get(node)
    return None if span is None else span.name


def _finding(finding: Finding, spans: Mapping[str, VersionSpan]) -> answers.ReconcileFinding:
    return {
        "kind": finding.kind,
        "node_id": finding.node,
        "implementation": _implementation(finding.node, spans),
        "validator": finding.validator,
        "epoch": finding.epoch,
        "count": len(finding.examples),
        "expected": None if finding.expected is None else round(finding.expected, 3),
        "probability": finding.probability,
        "examples": [
            {
                "hash": each.hash,
                "slot": each.slot,
                "subject": each.subject,
                "claimed": each.claimed,
                "on_chain": each.on_chain,
            }
            for each in finding.examples[-MAX_EXAMPLES:]
        ],
    }


def _total(claimed: int, on_chain: int) -> answers.ComparedTotal:
    return {"claimed": claimed, "on_chain": on_chain, "equal": claimed == on_chain}


@dataclass
class _CoreTotal:
    reports: int = 0
    gas: int = 0
    exports: int = 0


def _cores(result: Reconciliation) -> list[answers.CoreComparison]:
    slots = {block.slot for block in result.inputs.view.compared}
    claimed: defaultdict[int, _CoreTotal] = defaultdict(_CoreTotal)
    on_chain: defaultdict[int, _CoreTotal] = defaultdict(_CoreTotal)
    for (slot, core), row in result.reports.cores.items():
        if slot in slots:
            total = on_chain[core]
            total.reports += 1
            total.gas += row.gas_used
            total.exports += row.exports
    for report in result.reports.reports.values():
        if report.slot in slots and report.core is not None:
            total = claimed[report.core]
            total.reports += 1
            total.gas += report.refine_gas or 0
            total.exports += report.exports or 0
    return [
        {
            "core": core,
            "reports": compare(claimed[core].reports, on_chain[core].reports),
            "gas": _total(claimed[core].gas, on_chain[core].gas),
            "exports": compare(claimed[core].exports, on_chain[core].exports),
        }
        for core in sorted(on_chain.keys() | claimed.keys())
    ]


def _services(inputs: Inputs) -> list[answers.ServiceComparison]:
    executed = {row["hash"] for row in inputs.claims.services}
    slots = {block.slot for block in inputs.view.compared if block.hash in executed}
    hashes = inputs.view.compared_hashes
    claimed: Counter[int] = Counter()
    on_chain: Counter[int] = Counter()
    for row in inputs.claims.services:
        if row["hash"] in hashes:
            claimed[row["service"]] += row["gas"]
    for total in inputs.services:
        if total.step in slots and total.service is not None and total.accumulate_gas:
            on_chain[total.service] += total.accumulate_gas
    return [
        {"service": service, "gas": _total(claimed[service], on_chain[service])}
        for service in sorted(claimed.keys() | on_chain.keys())
    ]


def _blocks(result: Reconciliation, node: str | None, limit: int) -> list[answers.ComparedBlock]:
    inputs = result.inputs
    authors = {block.hash: block for block in inputs.claims.authored}
    gas: Counter[int] = Counter()
    for row in inputs.services:
        gas[row.step] += row.accumulate_gas
    rows: list[answers.ComparedBlock] = []
    for block in reversed(inputs.view.compared):
        claim = authors.get(block.hash)
        author = result.matching.node_of(inputs.view.epoch(block), block.author)
        if node is not None and node not in (author, claim and claim.node):
            continue
        if len(rows) >= limit:
            break
        rows.append(_block(result, block, claim, gas[block.slot]))
    return rows


def _block(
    result: Reconciliation, block: ChainBlock, claim: AuthoredBlock | None, gas: int
) -> answers.ComparedBlock:
    assert block.author is not None
    outline = {} if claim is None or claim.outline is None else claim.outline
    chain = chain_outline(block)
    amounts = result.inputs.claims.gas.get(block.hash, ())
    most = max(amounts, key=lambda amount: amount.tellers, default=None)
    return {
        "hash": block.hash,
        "slot": block.slot,
        "epoch": result.inputs.view.epoch(block),
        "validator": block.author,
        "node_id": None if claim is None else claim.node,
        "tickets": compare(outline.get("num_tickets"), chain["num_tickets"] or 0),
        "preimages": compare(outline.get("num_preimages"), chain["num_preimages"] or 0),
        "assurances": compare(outline.get("num_assurances"), chain["num_assurances"] or 0),
        "guarantees": compare(outline.get("num_guarantees"), chain["num_guarantees"] or 0),
        "gas": None if most is None else _total(most.gas, gas),
    }


def _implementations(
    validators: Iterable[answers.ValidatorComparison],
    findings: Iterable[Finding],
    spans: Mapping[str, VersionSpan],
) -> list[answers.ReconciledImplementation]:
    members: defaultdict[tuple[str | None, str | None], list[answers.ValidatorComparison]] = (
        defaultdict(list)
    )
    kinds: defaultdict[tuple[str | None, str | None], Counter[str]] = defaultdict(Counter)
    for row in validators:
        if row["node_id"] is not None:
            members[_version(row["node_id"], spans)].append(row)
    for finding in findings:
        kinds[_version(finding.node, spans)][finding.kind] += len(finding.examples)
    return [
        {
            "name": version[0],
            "version": version[1],
            "nodes": len({row["node_id"] for row in members[version]}),
            "blocks": _sum(row["blocks"] for row in members[version]),
            "guarantees": _sum(row["guarantees"] for row in members[version]),
            "assurances": _sum(row["assurances"] for row in members[version]),
            "findings": dict(sorted(kinds[version].items())),
        }
        for version in sorted(members.keys() | kinds.keys(), key=str)
    ]


def _version(node: str, spans: Mapping[str, VersionSpan]) -> tuple[str | None, str | None]:
    span = spans.get(node)
    return (None, None) if span is None else (span.name, span.version)


def _sum(rows: Iterable[answers.Compared]) -> answers.Compared:
    some = list(rows)
    return compare(sum(row["claimed"] or 0 for row in some), sum(row["on_chain"] for row in some))
