"""The tables of the aggregates: their columns, and how rows with equal keys merge.

Pure. DDL, Arrow types, retention and the columns that queries may name derive from this
declaration. Columns ``bucket`` and ``…_at`` are times of the shard's clock (``received_at``);
the steps of a pipeline are times of the node's clock, JCE microseconds, so that differences
between them are exact.

- ``SUMMED`` tables are additive: several rows may have the same keys, since each flush adds
  some. Their values are merged as ``OPERATIONS`` declares.
- ``ROWS`` tables have one row for each item: a pipeline, a connection, a node's first sight
  of a block.
- Every table also has ``flush``: the number of the flush that wrote the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from tart.protocol.events import EventKind
from tart.query.core.aggregate_columns import OUTLINE

HASH = "BLOB"
CLOCK = "UBIGINT"
TIME = "TIMESTAMP"
COUNT = "UINTEGER"
# A sum of values that nodes report: 2^63 values of 2^64 - 1 fit, so no sum is capped on the
# way to an answer.
TOTAL = "HUGEINT"

# Bucket lengths in seconds.
COUNT_BUCKET = 10
MINUTE_BUCKET = 60
LINK_BUCKET = 600
CONFORMANCE_BUCKET = 3600
# Assurances are counted by tenths of a second, so that shares by time merge exactly.
TICK_US = 100_000

# The fields of Status in its order, without the guarantees by core.
GAUGES = (
    "num_peers",
    "num_val_peers",
    "num_sync_peers",
    "num_shards",
    "shards_size",
    "num_preimages",
    "preimages_size",
)
# A guarantor's steps with a work-package, by event type.
PACKAGE_STEPS: Mapping[int, str] = MappingProxyType(
    {
        EventKind.WORK_PACKAGE_RECEIVED: "received",
        EventKind.AUTHORIZED: "authorized",
        EventKind.EXTRINSIC_DATA_RECEIVED: "extrinsics",
        EventKind.IMPORTS_RECEIVED: "imported",
        EventKind.REFINED: "refined",
        EventKind.WORK_REPORT_BUILT: "built",
        EventKind.WORK_REPORT_SIGNATURE_SENT: "signed",
        EventKind.GUARANTEE_BUILT: "guaranteed",
        EventKind.GUARANTEES_DISTRIBUTED: "distributed",
    }
)
BLOCK_STEPS: Mapping[int, str] = MappingProxyType(
    {
        EventKind.AUTHORED: "authored",
        EventKind.BLOCK_VERIFIED: "verified",
        EventKind.BLOCK_EXECUTED: "executed",
    }
)

_NODE = {"node": "INTEGER"}
_BUCKET = {"bucket": TIME}
# Columns of both blocks and packages. ``root`` is the event id of the first event.
_PIPELINE = {
    "started_at": TIME,
    "ended_at": TIME,
    "node": "INTEGER",
    "session": "INTEGER",
    "seq": "BIGINT",
    "last_seq": "BIGINT",
    "root": "UBIGINT",
    "kind": "UTINYINT",
    "slot": "UINTEGER",
    "hash": HASH,
    "outcome": "VARCHAR",
    "failed_type": "UTINYINT",
    "failed": CLOCK,
    "reason": "VARCHAR",
    "started": CLOCK,
}

SUMMED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "counts": {**_BUCKET, **_NODE, "type": "UTINYINT", "count": COUNT},
        "latency": {
            **_BUCKET,
            **_NODE,
            "parent": "UTINYINT",
            "type": "UTINYINT",
            "bin": "UTINYINT",
            "count": COUNT,
        },
        # offset_us: the minimum of received_at minus the node's clock; NULL is unknown.
        "clocks": {**_BUCKET, **_NODE, "offset_us": "BIGINT"},
        "heads": {
            **_BUCKET,
            **_NODE,
            "best": "UINTEGER",
            "finalized": "UINTEGER",
            # When the node last reported its sync status.
            "seen_at": TIME,
            "synced": "UTINYINT",
        },
        # Blocks that nodes reported as their best or finalized block.
        "reached": {
            "hash": HASH,
            "type": "UTINYINT",
            "seen_at": TIME,
            "slot": "UINTEGER",
            "count": COUNT,
        },
        "status": {
            **_BUCKET,
            **_NODE,
            "seen_at": TIME,
            "samples": COUNT,
            "num_guarantees": "BLOB",
            **{name: "UBIGINT" for name in GAUGES},
            **{f"min_{name}": "UBIGINT" for name in GAUGES},
            **{f"max_{name}": "UBIGINT" for name in GAUGES},
            **{f"sum_{name}": TOTAL for name in GAUGES},
        },
        "failures": {
            **_BUCKET,
            **_NODE,
            "type": "UTINYINT",
            "reason": "VARCHAR",
            # The reason without its variable parts (``query.core.failure_templates``).
            "template": "VARCHAR",
            "count": COUNT,
            "first_at": TIME,
            "last_at": TIME,
        },
        # side: 0 the node opened, announced, offered or sent; 1 its peer did.
        "links": {
            **_BUCKET,
            **_NODE,
            "peer": HASH,
            "type": "UTINYINT",
            "side": "UTINYINT",
            "count": COUNT,
            "last_at": TIME,
        },
        # Blocks that a node sent (side 0) or received (1); 2 is unknown.
        "transfers": {
            **_BUCKET,
            **_NODE,
            "slot": "UINTEGER",
            "side": "UTINYINT",
            "count": COUNT,
            "last_at": TIME,
        },
        # A guarantor's events with packages of a core.
        "core_events": {
            **_BUCKET,
            **_NODE,
            "core": "USMALLINT",
            "type": "UTINYINT",
            "count": COUNT,
            "last_at": TIME,
        },
        # Requests sent have the assurer as node, which requests one index or two. Requests
        # received have no node, since a guarantor is asked for every index.
        "shard_requests": {
            **_BUCKET,
            **_NODE,
            "type": "UTINYINT",
            "shard_index": "USMALLINT",
            "count": COUNT,
        },
        "authorizations": {
            **_BUCKET,
            **_NODE,
            "core": "USMALLINT",
            "count": COUNT,
            "gas": TOTAL,
            "elapsed_ns": TOTAL,
            "load_ns": TOTAL,
        },
        "refinements": {
            **_BUCKET,
            **_NODE,
            "core": "USMALLINT",
            "service": "UINTEGER",
            "count": COUNT,
            "gas": TOTAL,
            "elapsed_ns": TOTAL,
            "load_ns": TOTAL,
        },
        # The accumulation of one service in one block; every node reports it with the same gas.
        "executions": {
            "hash": HASH,
            "service": "UINTEGER",
            "seen_at": TIME,
            "slot": "UINTEGER",
            "nodes": COUNT,
            "gas": "UBIGINT",
            "elapsed_ns": TOTAL,
            "load_ns": TOTAL,
            # Work items, and transfers to the service.
            "items": "UINTEGER",
            "transfers": "UINTEGER",
        },
        # Work-reports by the guarantees that guarantors received or discarded.
        "reports": {
            "hash": HASH,
            "slot": "UINTEGER",
            "first_at": TIME,
            "last_at": TIME,
            "received": COUNT,
            "reported_on_chain": COUNT,
            "replaced": COUNT,
            "cannot_report": COUNT,
            "too_many": COUNT,
            "other": COUNT,
            "included_at": TIME,
            "received_at": TIME,
            # Discarded for another reason than being on chain.
            "discarded_at": TIME,
        },
        # Requests for the shards of an erasure root, counted on both sides.
        "erasures": {
            "root": HASH,
            "first_at": TIME,
            "last_at": TIME,
            "requested": COUNT,
            "served": COUNT,
            "transferred": COUNT,
            "failed": COUNT,
            "bundle_shards_served": COUNT,
            "bundle_shards_transferred": COUNT,
            "bundle_shards_failed": COUNT,
            "bundles_served": COUNT,
            "bundles_transferred": COUNT,
            "bundles_failed": COUNT,
        },
        "assurances": {"anchor": HASH, "seen_at": TIME, "type": "UTINYINT", "count": COUNT},
        # Events of the types that have a role in audits or finality (``protocol.roles``), with the
        # values of the fields that the role names, NULL for those that it does not.
        "role_events": {
            **_BUCKET,
            **_NODE,
            "type": "UTINYINT",
            "tranche": "USMALLINT",
            "valid": "UTINYINT",
            "count": COUNT,
            "last_at": TIME,
            "round": "UBIGINT",
        },
        # Deviations from JIP-3 by rule (``protocol.rules``).
        "conformance": {
            **_BUCKET,
            **_NODE,
            "rule": "VARCHAR",
            "count": COUNT,
            "first_at": TIME,
            "last_at": TIME,
        },
    }
)

ROWS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "blocks": {
            **_PIPELINE,
            "parent": HASH,
            **{step: CLOCK for step in BLOCK_STEPS.values()},
            **{name: "UINTEGER" for name in OUTLINE},
            "services": "UINTEGER",
            "gas": TOTAL,
            "elapsed_ns": TOTAL,
        },
        # peer: the builder of a submission, the primary of a share.
        "packages": {
            **_PIPELINE,
            "peer": HASH,
            "core": "USMALLINT",
            **{step: CLOCK for step in PACKAGE_STEPS.values()},
            "size_bytes": "UINTEGER",
            "items": COUNT,
            "refine_gas_limit": TOTAL,
            "imports": "UINTEGER",
            "exports": "UINTEGER",
            "extrinsic_size": "UBIGINT",
            "auth_gas": "UBIGINT",
            "auth_ns": "UBIGINT",
            "refine_gas": TOTAL,
            "refine_ns": TOTAL,
            "report": HASH,
            "bundle_size": "UINTEGER",
            "erasure_root": HASH,
            "segments_root": HASH,
            "shared": COUNT,
            "signatures": COUNT,
            "guarantee_slot": "UINTEGER",
            # Validator indices as a JSON array.
            "guarantors": "VARCHAR",
            "sending": COUNT,
            "sent": COUNT,
            "send_failed": COUNT,
            # The services of the work items in order, and the gas that refining each used, as
            # JSON arrays.
            "services": "VARCHAR",
            "item_gas": "VARCHAR",
        },
        # Guarantees and assurances on their way from one node to all: the start (105, 126) at the
        # node, and arrivals (112, 131) with a histogram of the delays after ``seen_at``, the
        # first of the row; of blocks arrivals alone (11, 12, 43). ``hash`` is of the report, the
        # block or the anchor, ``sender`` the assurer of arrivals, ``package`` and ``core`` those of
        # a guarantee built.
        "deliveries": {
            "seen_at": TIME,
            **_NODE,
            "type": "UTINYINT",
            "hash": HASH,
            "sender": HASH,
            "slot": "UINTEGER",
            "core": "USMALLINT",
            "package": HASH,
            "last_at": TIME,
            "count": COUNT,
            "bins": "BLOB",
        },
        # A node's first sight of a block: the event that shows it, by both clocks.
        "sightings": {
            "seen_at": TIME,
            **_NODE,
            "hash": HASH,
            "slot": "UINTEGER",
            "type": "UTINYINT",
            "timestamp": CLOCK,
        },
        "tickets": {
            "started_at": TIME,
            "ended_at": TIME,
            **_NODE,
            "epoch": "UINTEGER",
            "outcome": "VARCHAR",
            "tickets": "UINTEGER",
            "reason": "VARCHAR",
        },
        # Connections; see ``aggregate.keyed.sessions.SessionSummary``. The end is the first
        # column, so that retention counts from there.
        "sessions": {
            "ended_at": TIME,
            "started_at": TIME,
            **_NODE,
            "session": "INTEGER",
            "address": "VARCHAR",
            "outcome": "VARCHAR",
            "reason": "VARCHAR",
            "protocol_version": "UTINYINT",
            "params_layout": "VARCHAR",
            "last_at": TIME,
            "last_event_id": "UBIGINT",
            "next_event_id": "UBIGINT",
            "events": "UBIGINT",
            "bytes": "UBIGINT",
            "dropped": TOTAL,
            "undecodable": "UBIGINT",
            "shed": "UBIGINT",
            "deviations": "VARCHAR",
        },
        # Examples of what ``conformance`` counts; ``size`` is that of the whole frame.
        "examples": {
            "seen_at": TIME,
            **_NODE,
            "session": "INTEGER",
            "seq": "BIGINT",
            "event_id": "UBIGINT",
            "type": "UTINYINT",
            "rule": "VARCHAR",
            "byte_offset": "UINTEGER",
            "field": "VARCHAR",
            "expectation": "VARCHAR",
            "frame": "BLOB",
            "size": "UINTEGER",
        },
    }
)

TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType({**SUMMED, **ROWS})

# Coarser copies of a table for older times: (name, source, bucket length in seconds).
ROLLUPS: tuple[tuple[str, str, int], ...] = (
    ("counts_1m", "counts", 60),
    ("counts_1h", "counts_1m", 3600),
    ("latency_1h", "latency", 3600),
)


def clock_column(table: str) -> str:
    """Return the column that retention and windows use: the first time of the table."""
    columns = TABLES[table]
    return next(name for name in columns if columns[name] == TIME)


def columns(table: str, rows: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Return rows of a table as its columns."""
    names = TABLES[table]
    values = list(zip(*rows, strict=True)) or [()] * len(names)
    return {name: list(column) for name, column in zip(names, values, strict=True)}


# How rows with equal keys merge, by column of the additive tables; columns without an entry
# are keys. ``last`` is the value of the row with the greatest ``seen_at``.
OPERATIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "counts": {"count": "sum"},
        "latency": {"count": "sum"},
        "clocks": {"offset_us": "min"},
        "heads": {"seen_at": "max", "best": "max", "finalized": "max", "synced": "last"},
        "reached": {"seen_at": "min", "slot": "max", "count": "sum"},
        "status": {
            "seen_at": "max",
            "samples": "sum",
            "num_guarantees": "last",
            **{name: "last" for name in GAUGES},
            **{f"min_{name}": "min" for name in GAUGES},
            **{f"max_{name}": "max" for name in GAUGES},
            **{f"sum_{name}": "sum" for name in GAUGES},
        },
        "failures": {"count": "sum", "first_at": "min", "last_at": "max"},
        "links": {"count": "sum", "last_at": "max"},
        "transfers": {"count": "sum", "last_at": "max"},
        "core_events": {"count": "sum", "last_at": "max"},
        "shard_requests": {"count": "sum"},
        "authorizations": {"count": "sum", "gas": "sum", "elapsed_ns": "sum", "load_ns": "sum"},
        "refinements": {"count": "sum", "gas": "sum", "elapsed_ns": "sum", "load_ns": "sum"},
        "executions": {
            "seen_at": "min",
            "slot": "max",
            "nodes": "sum",
            "gas": "max",
            "elapsed_ns": "sum",
            "load_ns": "sum",
            "items": "max",
            "transfers": "max",
        },
        "reports": {
            "slot": "max",
            "first_at": "min",
            "last_at": "max",
            "received": "sum",
            "reported_on_chain": "sum",
            "replaced": "sum",
            "cannot_report": "sum",
            "too_many": "sum",
            "other": "sum",
            "included_at": "min",
            "received_at": "min",
            "discarded_at": "min",
        },
        "erasures": {
            **{name: "sum" for name in SUMMED["erasures"] if name != "root"},
            "first_at": "min",
            "last_at": "max",
        },
        "assurances": {"count": "sum"},
        "role_events": {"count": "sum", "last_at": "max", "round": "max"},
        "conformance": {"count": "sum", "first_at": "min", "last_at": "max"},
    }
)
