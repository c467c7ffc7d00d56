"""The outcome of every work-package of a window, from the aggregates, as columns.

``query.shard_queries.package_outcomes`` declares the answer and merges it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from tart.query.core.query import Attached
from tart.query.core.windows import FOREVER_US, bounds_us
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
    SAMPLE_ROWS,
    OutcomesHead,
    PackageOutcomes,
)
from tart.query.shard_queries.packages import KEYS, SUBMISSION
from tart.shard.queries import state_columns
from tart.shard.queries.node_condition import NodeCondition
from tart.shard.queries.packages import PLACED, rows_inside
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]

_FAILED = "outcome = 'failed'"
_STAGE = "CASE {} ELSE 0 END".format(
    " ".join(
        f"WHEN {column} IS NOT NULL THEN {REACHED.index(stage)}"
        for stage, column in reversed(list(STEPS.items()))
    )
)


def package_outcomes(
    relations: MergedRelations, query: PackageOutcomes, nodes: NodeCondition, id_of: NodeIds
) -> Attached[OutcomesHead]:
    """Return the packages of a window, and the reports and erasure roots that were named since."""
    outcomes = state_columns.package_outcomes(relations, query, nodes)
    return _outcomes_by_statement(relations, query, nodes) if outcomes is None else outcomes


def _outcomes_by_statement(
    relations: MergedRelations, query: PackageOutcomes, nodes: NodeCondition
) -> Attached[OutcomesHead]:
    where = f"{rows_inside(query.window, query.core)} AND {nodes}"
    rows, unidentified = _count(relations, where)
    below = None if rows <= SAMPLE_ROWS else KEYS * SAMPLE_ROWS // rows
    identified = f"{where} AND hash IS NOT NULL AND outcome <> 'duplicate'"
    if below is not None:
        identified += f" AND hash(hash) < {below}"
    reasons = ["", *_reasons(relations, identified)]
    packages = _packages(relations, identified, reasons)
    reports, roots = _reports(relations, query), _roots(relations, query)
    head = OutcomesHead(
        packages=len(packages),
        reports=len(reports),
        roots=len(roots),
        reasons=reasons,
        below=below,
        unidentified=unidentified,
    )
    return Attached(head, packages.tobytes() + reports.tobytes() + roots.tobytes())


def _count(relations: MergedRelations, where: str) -> tuple[int, dict[str, int]]:
    """Return the number of rows with a package, and the attempts without one."""
    submission = f"kind = {SUBMISSION}"
    names = {"submissions": submission, "shares": f"NOT {submission}", "failed": _FAILED}
    counts = ", ".join(f"count(*) FILTER (hash IS NULL AND {each})" for each in names.values())
    ((rows, *unidentified),) = relations.execute(
        f"SELECT count(hash), {counts} FROM {relations.table('packages', where)}"
    ).fetchall()
    return rows, dict(zip(names, unidentified, strict=True))


def _reasons(relations: MergedRelations, where: str) -> list[str]:
    """Return the most frequent reasons of failures."""
    relation = relations.table("packages", f"{where} AND {_FAILED}")
    rows = relations.execute(
        f"SELECT reason FROM {relation} WHERE reason <> '' GROUP BY reason "
        f"ORDER BY count(*) DESC, reason LIMIT {MAX_REASONS}"
    ).fetchall()
    return [reason for (reason,) in rows]


def _packages(relations: MergedRelations, where: str, reasons: list[str]) -> npt.NDArray[Any]:
    lead = {
        "core": f"coalesce(core, {NO_CORE})",
        "slot": f"coalesce(guarantee_slot, {NO_SLOT})",
        "stage": _STAGE,
        "failed": f"({_FAILED})::UTINYINT",
        "reason": f"CASE WHEN {_FAILED} THEN list_position(?, reason) END",
    }
    packed = ", ".join(f"{name} := {sql}" for name, sql in lead.items())
    columns = relations.execute(
        "SELECT * EXCLUDE (lead), lead.core AS core, lead.slot::BIGINT AS slot, "
        "lead.stage AS stage, lead.failed AS failed, "
        # Reasons beyond the most frequent have no position.
        "greatest(coalesce(lead.reason, 1) - 1, 0) AS reason FROM ("
        f"SELECT hash(hash) AS key, max(place) AS place, epoch_us(min(started_at)) AS first_at, "
        "epoch_us(max(ended_at)) AS last_at, "
        f"arg_max(struct_pack({packed}), place) AS lead, {_key_of('report')} AS report, "
        f"{_key_of('erasure_root')} AS root "
        f"FROM {PLACED.format(relations.table('packages', where))} GROUP BY hash)",
        [reasons],
    ).fetchnumpy()
    return _records(PACKAGE, columns)


def _key_of(column: str) -> str:
    """Return SQL of the hash of a column of the guarantor that leads among those that have it."""
    known = f"arg_max({column}, place) FILTER ({column} IS NOT NULL)"
    return f"CASE WHEN count({column}) > 0 THEN hash({known}) ELSE 0 END"


def _reports(relations: MergedRelations, query: PackageOutcomes) -> npt.NDArray[Any]:
    flags = ((RECEIVED, "received_at"), (INCLUDED, "included_at"))
    bits = [f"CASE WHEN count({column}) > 0 THEN {bit} ELSE 0 END" for bit, column in flags]
    bits.append(f"CASE WHEN sum(cannot_report) > 0 THEN {REFUSED} ELSE 0 END")
    columns = relations.execute(
        f"SELECT hash(hash) AS key, {' | '.join(f'({bit})' for bit in bits)} AS flags "
        f"FROM {relations.table('reports', _named_inside(query))} GROUP BY hash"
    ).fetchnumpy()
    return _records(REPORT, columns)


def _roots(relations: MergedRelations, query: PackageOutcomes) -> npt.NDArray[Any]:
    columns = relations.execute(
        "SELECT DISTINCT hash(root) AS key "
        f"FROM {relations.table('erasures', _named_inside(query))}"
    ).fetchnumpy()
    return _records(ROOT, columns)


def _named_inside(query: PackageOutcomes) -> str:
    """Return the condition of rows about reports and erasure roots of a window's packages."""
    start, end = bounds_us(query.window)
    last = min(end + REPORTED_WITHIN_US, FOREVER_US)
    return f"first_at >= make_timestamp({start}) AND first_at < make_timestamp({last})"


def _records(kind: np.dtype[Any], columns: dict[str, Any]) -> npt.NDArray[Any]:
    """Return columns as an array of records."""
    names: Iterable[str] = kind.names or ()
    records = np.empty(len(columns["key"]), kind)
    for name in names:
        records[name] = np.ma.filled(columns[name], 0)
    return records
