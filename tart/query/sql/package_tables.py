"""The SQL tables of work packages: attempts of guarantors, packages. Pure.

A package is merged over its guarantors as ``query.shard_queries.packages`` and
``query.packages.package_progress`` merge it for the API.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.query.shard_queries.packages import SUBMISSION
from tart.query.sql.table import (
    NODE_ID,
    SESSION_ID,
    WITH_NODES,
    Part,
    Table,
    declare_columns,
)
from tart.query.sql.views import node_time

# Steps of a guarantor: columns of the aggregates and of the tables.
_STEPS: Mapping[str, str] = {
    "received": "received_at",
    "authorized": "authorized_at",
    "refined": "refined_at",
    "built": "report_built_at",
    "signed": "signed_at",
    "guaranteed": "guarantee_built_at",
    "distributed": "distributed_at",
}
_STEP_COLUMNS = declare_columns(
    *(
        (name, "TIMESTAMP", f"The step {name[:-3].replace('_', ' ')}, by the node's clock.")
        for name in _STEPS.values()
    )
)
_STEP_TIMES = ", ".join(f"{node_time(step)} AS {name}" for step, name in _STEPS.items())
_ATTEMPT_COLUMNS = declare_columns(
    ("work_package_hash", "BLOB", "Hash of the work package; NULL until the guarantor named it."),
    NODE_ID,
    ("session", "BIGINT", "Id of the connection; sessions has its row."),
    ("root_event_id", "UBIGINT", "Id of the first event of the attempt in its connection."),
    ("is_submission", "BOOLEAN", "Whether a builder submitted it; else a guarantor shared it."),
    ("peer", "BLOB", "Peer id of the builder, or of the guarantor that shared it."),
    ("core", "USMALLINT", "Core."),
    ("started_at", "TIMESTAMP", "When its first event came."),
    ("ended_at", "TIMESTAMP", "When its last event came."),
    ("outcome", "VARCHAR", "unfinished, failed, duplicate, or the last step."),
    ("failed_type", "UTINYINT", "Event type of the failure."),
    ("reason", "VARCHAR", "Reason of the failure, as the node says."),
    *_STEP_COLUMNS,
    ("size_bytes", "UINTEGER", "Size of the work package in bytes."),
    ("bundle_size", "UINTEGER", "Size of the bundle in bytes."),
    ("items", "UINTEGER", "Number of work items."),
    ("imports", "UINTEGER", "Number of imported segments."),
    ("exports", "UINTEGER", "Number of exported segments."),
    ("refine_gas", "HUGEINT", "Gas that refining used."),
    ("refine_gas_limit", "HUGEINT", "Sum of the items' limits of gas for refining."),
    ("report_hash", "BLOB", "Hash of the work-report."),
    ("erasure_root", "BLOB", "Erasure root of the bundle."),
    ("guarantee_slot", "UINTEGER", "Slot of the guarantee."),
    ("guarantors", "JSON", "Validator indices in the guarantee."),
    ("sending", "UINTEGER", "Sendings of the guarantee that began."),
    ("sent", "UINTEGER", "Sendings of the guarantee that succeeded."),
    ("send_failed", "UINTEGER", "Sendings of the guarantee that failed."),
)
_ATTEMPT = (
    f"SELECT hash AS work_package_hash, node_id, {SESSION_ID} AS session, "
    f"root AS root_event_id, kind = {SUBMISSION} AS is_submission, peer, core, started_at, "
    f"ended_at, outcome, failed_type, reason, {_STEP_TIMES}, size_bytes, bundle_size, "
    "items::UINTEGER AS items, imports, exports, refine_gas, refine_gas_limit, "
    "report AS report_hash, erasure_root, guarantee_slot, guarantors::JSON AS guarantors, "
    "sending::UINTEGER AS sending, sent::UINTEGER AS sent, send_failed::UINTEGER AS send_failed "
    f"FROM $packages {WITH_NODES}"
)
_ATTEMPTS = Table(
    "work_package_attempts",
    "A work package at one guarantor, from its submission or sharing to its last step.",
    _ATTEMPT_COLUMNS,
    part=Part(_ATTEMPT, ("packages",)),
    example="SELECT node_id, core, outcome, reason FROM work_package_attempts "
    "WHERE outcome = 'failed' AND started_at > NOW() - INTERVAL '1 hour'",
)

_PACKAGE_COLUMNS = declare_columns(
    ("hash", "BLOB", "Hash of the work package."),
    ("core", "USMALLINT", "Core, as its leading guarantor says."),
    ("stage", "VARCHAR", "The last stage that it reached, as in /api/workpackages/active."),
    ("is_active", "BOOLEAN", "Whether guarantors still have something to do with it."),
    ("submitted_at", "TIMESTAMP", "When a guarantor first named it."),
    ("last_update", "TIMESTAMP", "When the last event about it came."),
    ("submitted_to", "VARCHAR", "Id of the node that a builder submitted it to."),
    ("node_id", "VARCHAR", "Id of its leading guarantor: the one with the furthest step."),
    ("nodes_involved", "BIGINT", "Number of its guarantors."),
    ("submissions", "BIGINT", "Submissions by builders."),
    ("submissions_failed", "BIGINT", "Submissions that failed."),
    ("shares", "BIGINT", "Times that a guarantor shared it."),
    ("shares_failed", "BIGINT", "Shares that failed."),
    ("failure_reason", "VARCHAR", "Reason of the failure, as a guarantor says."),
    *(column for column in _STEP_COLUMNS if column.name != "signed_at"),
    ("guarantee_received_at", "TIMESTAMP", "When a node first received a guarantee of it."),
    ("included_at", "TIMESTAMP", "When a node first discarded a guarantee as reported on chain."),
    ("available_at", "TIMESTAMP", "When a shard of its bundle was first requested."),
    ("report_hash", "BLOB", "Hash of the work-report."),
    ("erasure_root", "BLOB", "Erasure root of the bundle."),
    ("guarantee_slot", "UINTEGER", "Slot of the guarantee."),
    ("bundle_size", "UINTEGER", "Size of the bundle in bytes."),
    ("refine_gas", "HUGEINT", "Gas that refining used."),
)
# Rows of three kinds: of a guarantor, of a report, of an erasure root. ``key`` is the hash.
_PACKAGE_PARTS = declare_columns(
    ("row", "VARCHAR", ""),
    ("key", "BLOB", ""),
    ("node_id", "VARCHAR", ""),
    ("is_submission", "BOOLEAN", ""),
    ("failed", "BOOLEAN", ""),
    ("place", "BIGINT", ""),
    ("core", "USMALLINT", ""),
    ("first_at", "TIMESTAMP", ""),
    ("last_at", "TIMESTAMP", ""),
    ("reason", "VARCHAR", ""),
    *(column for column in _STEP_COLUMNS if column.name != "signed_at"),
    ("report_hash", "BLOB", ""),
    ("erasure_root", "BLOB", ""),
    ("guarantee_slot", "UINTEGER", ""),
    ("bundle_size", "UINTEGER", ""),
    ("refine_gas", "HUGEINT", ""),
    ("guarantee_received_at", "TIMESTAMP", ""),
    ("included_at", "TIMESTAMP", ""),
    ("cannot_report", "BIGINT", ""),
)
# The order of guarantors, the leading one first: the furthest step, a submission before a share,
# then the earlier start (``query.shard_queries.packages``).
_PLACE = (
    "(CASE WHEN distributed IS NOT NULL THEN 7 WHEN guaranteed IS NOT NULL THEN 6 "
    "WHEN signed IS NOT NULL OR built IS NOT NULL THEN 5 WHEN refined IS NOT NULL THEN 4 "
    "WHEN authorized IS NOT NULL THEN 3 WHEN received IS NOT NULL THEN 2 ELSE 1 END * 2 "
    f"+ (kind = {SUBMISSION})::BIGINT) * {1 << 52} - epoch_us(started_at)"
)
_PACKAGE_PART = f"""
SELECT {", ".join(column.name for column in _PACKAGE_PARTS)} FROM (
SELECT 'guarantor' AS row, hash AS key, node_id, kind = {SUBMISSION} AS is_submission,
  outcome = 'failed' AS failed, {_PLACE} AS place, core, started_at AS first_at,
  ended_at AS last_at, reason, {_STEP_TIMES}, report AS report_hash, erasure_root,
  guarantee_slot, bundle_size, refine_gas
FROM $packages {WITH_NODES} WHERE hash IS NOT NULL AND outcome <> 'duplicate'
UNION ALL BY NAME
SELECT 'report' AS row, hash AS key, min(first_at) AS first_at, max(last_at) AS last_at,
  min(received_at) AS guarantee_received_at, min(included_at) AS included_at,
  sum(cannot_report)::BIGINT AS cannot_report
FROM $reports GROUP BY hash
UNION ALL BY NAME
SELECT 'erasure root' AS row, root AS key, min(first_at) AS first_at, max(last_at) AS last_at
FROM $erasures GROUP BY root)
"""
_LEAD = (
    "node_id",
    "core",
    "failed",
    *(name for name in _STEPS.values() if name != "signed_at"),
    "guarantee_slot",
    "bundle_size",
    "refine_gas",
)
_STAGE_STEPS = (
    ("distributed_at", "distributed"),
    ("guarantee_built_at", "guarantee_built"),
    ("report_built_at", "report_built"),
    ("refined_at", "refined"),
    ("authorized_at", "authorized"),
    ("received_at", "received"),
)
_STAGE = (
    "CASE WHEN reports.included_at IS NOT NULL AND roots.key IS NOT NULL THEN 'available' "
    "WHEN reports.included_at IS NOT NULL THEN 'included' "
    "WHEN cannot_report > 0 THEN 'discarded' "
    "WHEN reports.guarantee_received_at IS NOT NULL THEN 'guarantee_received' "
    "WHEN top.failed THEN 'failed' "
    + " ".join(f"WHEN top.{step} IS NOT NULL THEN '{stage}'" for step, stage in _STAGE_STEPS)
    + " ELSE 'submitted' END"
)
_FINAL = "('distributed', 'included', 'available', 'discarded', 'failed')"


def _count(condition: str) -> str:
    return f"count(*) FILTER ({condition})"


_PACKAGE_SHOWN = {
    "hash": "packages.key",
    "stage": _STAGE,
    "is_active": f"stage NOT IN {_FINAL} AND top.distributed_at IS NULL",
    "submitted_at": "packages.first_at",
    "last_update": "greatest(packages.last_at, reports.last_at, roots.last_at)",
    **{name: f"top.{name}" for name in _LEAD if name != "failed"},
    "guarantee_received_at": "reports.guarantee_received_at",
    "included_at": "reports.included_at",
    "available_at": "roots.first_at",
}
_PACKAGE_MERGE = f"""
WITH packages AS (
  SELECT key, arg_max(struct_pack({", ".join(f"{n} := {n}" for n in _LEAD)}), place) AS top,
    min(first_at) AS first_at, max(last_at) AS last_at,
    count(DISTINCT node_id) AS nodes_involved,
    arg_min(node_id, first_at) FILTER (is_submission) AS submitted_to,
    {_count("is_submission")} AS submissions,
    {_count("is_submission AND failed")} AS submissions_failed,
    {_count("NOT is_submission")} AS shares,
    {_count("NOT is_submission AND failed")} AS shares_failed,
    arg_max(reason, place) FILTER (failed) AS failure_reason,
    arg_max(report_hash, place) AS report_hash, arg_max(erasure_root, place) AS erasure_root
  FROM partials WHERE row = 'guarantor' GROUP BY key),
reports AS (
  SELECT key, max(last_at) AS last_at, min(guarantee_received_at) AS guarantee_received_at,
    min(included_at) AS included_at, sum(cannot_report) AS cannot_report
  FROM partials WHERE row = 'report' GROUP BY key),
roots AS (
  SELECT key, min(first_at) AS first_at, max(last_at) AS last_at
  FROM partials WHERE row = 'erasure root' GROUP BY key)
SELECT {", ".join(f"{_PACKAGE_SHOWN.get(c.name, c.name)} AS {c.name}" for c in _PACKAGE_COLUMNS)}
FROM packages LEFT JOIN reports ON reports.key = report_hash
  LEFT JOIN roots ON roots.key = erasure_root
"""
_PACKAGES = Table(
    "work_packages",
    "A work package over all its guarantors, once for each hash, as in "
    "/api/workpackages/active. Statements read all of them; work_package_attempts is faster.",
    _PACKAGE_COLUMNS,
    _PACKAGE_MERGE,
    part=Part(_PACKAGE_PART, ("packages", "reports", "erasures"), _PACKAGE_PARTS),
    example="SELECT stage, count(*) AS packages FROM work_packages "
    "WHERE submitted_at > NOW() - INTERVAL '1 hour' GROUP BY stage ORDER BY packages DESC",
)

PACKAGE_TABLES: tuple[Table, ...] = (_PACKAGES, _ATTEMPTS)
