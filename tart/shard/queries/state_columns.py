"""States and outcomes of work-packages from rows in memory.

The same answers as the statements of ``packages`` and ``package_outcomes``
(``tests/shard/queries``), which group rows by package and take many values of the guarantor that
leads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from tart.query.core.query import Attached
from tart.query.core.windows import FOREVER_US, Window, bounds_us
from tart.query.packages.package_progress import STEPS
from tart.query.shard_queries.package_outcomes import (
    INCLUDED,
    MAX_REASONS,
    NO_CORE,
    NO_SLOT,
    PACKAGE,
    REACHED,
    RECEIVED,
    REFUSED,
    REPORT,
    REPORTED_WITHIN_US,
    ROOT,
    OutcomesHead,
    PackageOutcomes,
)
from tart.query.shard_queries.packages import LEAD, STATE, SUBMISSION, PackageStates
from tart.shard.queries import column_answers
from tart.shard.queries.column_answers import NO_NODE, NODE_BITS
from tart.shard.queries.node_condition import NodeCondition
from tart.shard.queries.selected_rows import (
    ALL_NODES,
    NodeIds,
    SelectedRows,
    count,
    hash_keys,
    select_rows,
)
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.storage.core.column_table import Array, Groups, Numbers, Texts

# The steps of a guarantor's row by rank, the furthest first, from 7 down to 2; without any it is 1.
# A secondary guarantor signs after its report is built.
RANKED = (
    ("distributed",),
    ("guaranteed",),
    ("signed", "built"),
    ("refined",),
    ("authorized",),
    ("received",),
)
_PLACED = (*(step for steps in RANKED for step in steps), "kind", "started_at")
_STATED = tuple(dict.fromkeys(("hash", "ended_at", "failed", "reason", *LEAD, *_PLACED)))
_OUTCOMES = (
    *("hash", "node", "core", "guarantee_slot", "outcome", "reason", "ended_at"),
    *("report", "erasure_root", *_PLACED),
)
# The factor of the rank in a place: above any start, whose microseconds fit 52 bits.
PLACE_STEP = 1 << 52


def package_states(
    relations: MergedRelations,
    query: PackageStates,
    limit: int,
    nodes: NodeCondition,
    id_of: NodeIds,
) -> list[list[Any]] | None:
    """Return rows of ``STATE``, at most ``limit``; ``None`` if DuckDB must read the rows."""
    rows = _attempts(relations, query.window, query.core, _STATED, nodes)
    if rows is None:
        return None
    chosen = rows.known("hash", "outcome") & ~rows.outcome("duplicate")
    if query.hashes is not None:
        chosen &= rows.among("hash", *map(bytes.fromhex, query.hashes))
    rows = _newest(rows.where(chosen), limit)
    groups = rows.group("hash")
    if not len(groups.starts):
        return []
    place = Numbers(place_of(rows))
    lead = np.array(groups.reduce(Numbers(np.arange(rows.length)), "last", place))
    submission = rows.among("kind", SUBMISSION)
    # A row without a kind is neither.
    share = rows.known("kind") & ~submission
    failed = rows.outcome("failed")
    node = rows.numbers("node")
    ids = column_answers.node_ids(node, id_of)
    earliest = Numbers(-rows.numbers("started_at").values, submission)
    failure = Numbers(place.values, failed)
    columns = {
        "hash": rows.table.columns["hash"].take(groups.first).tolist(),
        **{name: rows.table.columns[name].take(lead).tolist() for name in LEAD if name != "node"},
        "node": [ids[index] for index in lead.tolist()],
        "place": groups.reduce(place, "max", None),
        "first_at": groups.reduce(rows.numbers("started_at"), "min", None),
        "last_at": groups.reduce(rows.numbers("ended_at"), "max", None),
        "nodes": _nodes(ids, groups, np.ones(rows.length, bool)),
        "submitted_to": [
            None if each is None else id_of(each >> NODE_BITS, each & NO_NODE)
            for each in groups.reduce(node, "last", earliest)
        ],
        "submissions": rows.count(groups, submission),
        "submissions_failed": rows.count(groups, submission & failed),
        "shares": rows.count(groups, share),
        "shares_failed": rows.count(groups, share & failed),
        "failed_place": groups.reduce(failure, "max", None),
        "failed": groups.reduce(rows.numbers("failed"), "last", failure),
        "reason": groups.reduce(rows.texts("reason"), "last", failure),
        "any_report": groups.reduce(rows.texts("report"), "last", place),
        "any_erasure_root": groups.reduce(rows.texts("erasure_root"), "last", place),
        "received_by": _nodes(ids, groups, rows.known("received")),
        "guaranteed_by": _nodes(ids, groups, rows.known("guaranteed")),
    }
    newest = np.argsort(-np.array(columns["first_at"], np.int64), kind="stable").tolist()
    ordered = (columns[name] for name in STATE)
    packages = [list(row) for row in zip(*ordered, strict=True)]
    return [packages[index] for index in newest]


def _attempts(
    relations: MergedRelations,
    window: Window,
    core: int | None,
    names: Sequence[str],
    nodes: NodeCondition,
) -> SelectedRows | None:
    """Return guarantors' rows that began in a window, of one core or of all."""
    rows = select_rows(relations, "packages", names, nodes, *bounds_us(window))
    if rows is None or core is None:
        return rows
    return rows.where(rows.among("core", core))


def _newest(rows: SelectedRows, limit: int) -> SelectedRows:
    """Return the rows of the packages that began last."""
    hashes = rows.texts("hash")
    groups = rows.group("hash")
    if len(groups.starts) <= limit:
        return rows
    first_at = np.array(groups.reduce(rows.numbers("started_at"), "min", None))
    newest = groups.first[np.argsort(-first_at, kind="stable")[:limit]]
    return rows.where(np.isin(hashes.codes, hashes.codes[newest]))


def place_of(rows: SelectedRows) -> Array:
    """Return a number for each row that orders guarantors, the leading one last."""
    rank = np.ones(rows.length, np.int64)
    for value, steps in enumerate(reversed(RANKED), 2):
        for step in steps:
            rank[rows.known(step)] = value
    submission = rows.among("kind", SUBMISSION)
    return (rank * 2 + submission) * PLACE_STEP - rows.numbers("started_at").values


def _nodes(ids: Sequence[str | None], groups: Groups, mask: Array) -> list[list[str]]:
    """Return the nodes that each group has in a mask, in order; ``ids`` has one for each row."""
    members: list[list[str]] = []
    ends = [*groups.starts[1:].tolist(), len(ids)]
    chosen = mask.tolist()
    order = groups.order.tolist()
    for start, end in zip(groups.starts.tolist(), ends, strict=True):
        some = {ids[index] for index in order[start:end] if chosen[index]}
        members.append(sorted(filter(None, some)))
    return members


def package_outcomes(
    relations: MergedRelations, query: PackageOutcomes, nodes: NodeCondition
) -> Attached[OutcomesHead] | None:
    """Return the packages of a window; ``None`` if DuckDB must read the rows."""
    rows = _attempts(relations, query.window, query.core, _OUTCOMES, nodes)
    reported = _reports(relations, query)
    roots = _roots(relations, query)
    if rows is None or reported is None or roots is None:
        return None
    named = rows.known("hash")
    submission = rows.among("kind", SUBMISSION)
    unidentified = {
        "submissions": count(~named & submission),
        "shares": count(~named & rows.known("kind") & ~submission),
        "failed": count(~named & rows.outcome("failed")),
    }
    rows = rows.where(named & rows.known("outcome") & ~rows.outcome("duplicate"))
    reasons = ["", *_reasons(rows)]
    packages = _packages(relations, rows, reasons)
    head = OutcomesHead(
        packages=len(packages),
        reports=len(reported),
        roots=len(roots),
        reasons=reasons,
        below=None,
        unidentified=unidentified,
    )
    return Attached(head, packages.tobytes() + reported.tobytes() + roots.tobytes())


def _reasons(rows: SelectedRows) -> list[str]:
    """Return the most frequent reasons of failures."""
    failed = rows.where(rows.outcome("failed"))
    counts = Counter(reason for reason in failed.texts("reason").tolist() if reason)
    return sorted(counts, key=lambda reason: (-counts[reason], reason))[:MAX_REASONS]


def _packages(relations: MergedRelations, rows: SelectedRows, reasons: list[str]) -> Array:
    groups = rows.group("hash")
    packages = np.zeros(len(groups.starts), PACKAGE)
    if not len(packages):
        return packages
    place = Numbers(place_of(rows))
    lead = np.array(groups.reduce(Numbers(np.arange(rows.length)), "last", place))
    failed = rows.outcome("failed")[lead]
    positions = {reason: position for position, reason in enumerate(reasons)}
    reported = rows.texts("reason").take(lead).tolist()
    packages["key"] = hash_keys(relations, rows.texts("hash").take(groups.first))
    packages["place"] = place.values[lead]
    packages["first_at"] = groups.reduce(rows.numbers("started_at"), "min", None)
    packages["last_at"] = [
        each or 0 for each in groups.reduce(rows.numbers("ended_at"), "max", None)
    ]
    packages["core"] = _or(rows.numbers("core").take(lead), NO_CORE)
    packages["slot"] = _or(rows.numbers("guarantee_slot").take(lead), NO_SLOT)
    packages["stage"] = _stages(rows)[lead]
    packages["failed"] = failed
    packages["reason"] = [
        positions.get(reason, 0) if has_failed else 0
        for reason, has_failed in zip(reported, failed.tolist(), strict=True)
    ]
    for name, column in (("report", "report"), ("root", "erasure_root")):
        packages[name] = hash_keys(relations, _last_known(rows, groups, column, place))
    return packages


def _stages(rows: SelectedRows) -> Array:
    """Return the stage of each row as a number of ``REACHED``."""
    stages = np.zeros(rows.length, np.uint8)
    for stage, column in STEPS.items():
        stages[rows.known(column)] = REACHED.index(stage)
    return stages


def _last_known(rows: SelectedRows, groups: Groups, column: str, place: Numbers) -> Texts:
    """Return the value of the guarantor that leads among those of a group that have one."""
    texts = rows.texts(column)
    codes = Numbers(texts.codes, texts.codes >= 0)
    last = groups.reduce(codes, "last", place)
    return Texts(np.array([-1 if each is None else each for each in last], np.int32), texts.values)


def _or(column: Numbers, value: int) -> Array:
    """Return a column with a value in place of NULL."""
    if column.valid is None:
        return column.values
    return np.where(column.valid, column.values.astype(np.int64), value)


def _reports(relations: MergedRelations, query: PackageOutcomes) -> Array | None:
    names = ("hash", "first_at", "received_at", "included_at", "cannot_report")
    rows = select_rows(relations, "reports", names, ALL_NODES, *_named_inside(query))
    if rows is None:
        return None
    groups = rows.group("hash")
    reports = np.zeros(len(groups.starts), REPORT)
    if len(reports):
        flags = np.zeros(rows.length, np.uint8)
        flags[rows.known("received_at")] |= RECEIVED
        flags[rows.known("included_at")] |= INCLUDED
        flags[rows.numbers("cannot_report").values > 0] |= REFUSED
        reports["key"] = hash_keys(relations, rows.texts("hash").take(groups.first))
        reports["flags"] = np.bitwise_or.reduceat(flags[groups.order], groups.starts)
    return reports


def _roots(relations: MergedRelations, query: PackageOutcomes) -> Array | None:
    rows = select_rows(
        relations, "erasures", ("root", "first_at"), ALL_NODES, *_named_inside(query)
    )
    if rows is None:
        return None
    groups = rows.group("root")
    roots = np.zeros(len(groups.starts), ROOT)
    roots["key"] = hash_keys(relations, rows.texts("root").take(groups.first))
    return roots


def _named_inside(query: PackageOutcomes) -> tuple[int, int]:
    """Return the bounds of rows about reports and erasure roots of a window's packages."""
    start, end = bounds_us(query.window)
    return start, min(end + REPORTED_WITHIN_US, FOREVER_US)
