"""Traces of blocks: authoring, and the import at each node with verification and execution.

Pure. The root is the block. Its children are the pipelines of nodes (rows of the table ``blocks``),
whose children are their steps, and the propagation: from the first node that had the block to the
last, with the first sight of each as an event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from tart.protocol.events import EventKind
from tart.query.core.aggregate_columns import OUTLINE
from tart.tracing.node_times import NodeTimes
from tart.tracing.span_ids import attempt_key, root_span_id, span_id, trace_id
from tart.tracing.spans import Link, Service, Span, SpanEvent, Trace, Value, assemble

Json = dict[str, Any]

# Columns of a row that it reads.
BLOCK_COLUMNS = (
    *("started_at", "ended_at", "node", "session", "root", "kind", "slot", "hash", "outcome"),
    *("failed_type", "failed", "reason", "started", "parent"),
    *("authored", "verified", "executed", "services", "gas", "elapsed_ns"),
    *OUTLINE,
)
SIGHT_COLUMNS = ("seen_at", "node", "hash", "slot", "type", "timestamp")
_STEPS: Mapping[str, str] = {"authored": "author", "verified": "verify", "executed": "execute"}
_FAILED: Mapping[int, str] = {
    EventKind.AUTHORING_FAILED: "author",
    EventKind.BLOCK_VERIFICATION_FAILED: "verify",
    EventKind.BLOCK_EXECUTION_FAILED: "execute",
}


def block_start_us(rows: Sequence[Json], sights: Sequence[Json]) -> int:
    """Return the first arrival about a block, Unix microseconds."""
    times = [row["started_at"] for row in rows] + [sight["seen_at"] for sight in sights]
    return int(min(times))


def block_nodes(rows: Sequence[Json], sights: Sequence[Json]) -> list[str]:
    """Return the nodes of rows and sights."""
    return sorted({each["node"] for each in (*rows, *sights)})


def block_trace(
    reference: bytes,
    rows: Sequence[Json],
    sights: Sequence[Json],
    offsets: Mapping[str, int],
    services: Mapping[str, Service],
    *,
    missing_shards: int = 0,
) -> Trace:
    """Return the trace of a block.

    Args:
        reference: The hash of the header; the key of its attempt if authoring failed before.
        rows: Of the table ``blocks``, with ``BLOCK_COLUMNS``.
        sights: Of the table ``sightings``, with ``SIGHT_COLUMNS``; a row or a sight at least.
        offsets: Offsets of the nodes' clocks in ``node_times.clock_window`` of the block.
        services: Implementations by node.
        missing_shards: Shards that did not answer.
    """
    times = NodeTimes.estimate(offsets, _arrivals(rows, sights))
    root = _root(reference, rows, sights, times, missing_shards)
    ordered = sorted(rows, key=lambda row: (row["started"], row["node"], row["session"]))
    spans = [root, *_propagation(reference, root, sights, times)]
    for row in ordered:
        spans += _pipeline(root, row, times)
    failed = any(row["outcome"] == "failed" for row in rows)
    return assemble(trace_id(reference), spans, services, is_failed=failed)


def _arrivals(rows: Sequence[Json], sights: Sequence[Json]) -> Iterator[tuple[str, int, int]]:
    for row in rows:
        yield row["node"], row["started_at"], row["started"]
    for sight in sights:
        yield sight["node"], sight["seen_at"], sight["timestamp"]


def _root(
    reference: bytes,
    rows: Sequence[Json],
    sights: Sequence[Json],
    times: NodeTimes,
    missing_shards: int,
) -> Span:
    authoring = [row for row in rows if row["kind"] == EventKind.AUTHORING]
    starts = [times.unix_us(row["node"], row["started"]) for row in rows]
    starts += [times.unix_us(sight["node"], sight["timestamp"]) for sight in sights]
    failed = sorted(
        (row for row in rows if row["outcome"] == "failed"),
        key=lambda row: (row["failed"], row["node"]),
    )
    parent = _first(authoring, "parent")
    attributes = {
        "jam.block.hash": _first((*rows, *sights), "hash"),
        "jam.block.parent": parent,
        "jam.block.author": _first(authoring, "node"),
        "jam.slot": _first((*rows, *sights), "slot"),
        "jam.block.nodes": len({each["node"] for each in (*rows, *sights)}),
        "jam.block.failures": len(failed) or None,
        "jam.trace.missing_shards": missing_shards or None,
        **{f"jam.block.{name}": _first(rows, name) for name in OUTLINE},
    }
    return Span(
        id=root_span_id(reference),
        parent=None,
        name="block",
        node=None,
        start_us=min(starts),
        end_us=min(starts),
        attributes=_known(attributes),
        links=() if parent is None else (_parent_link(parent),),
        error=_reason(failed[0]) if failed else None,
    )


def _parent_link(digest: str) -> Link:
    reference = bytes.fromhex(digest)
    return Link(
        trace_id(reference),
        root_span_id(reference),
        {"jam.link.relation": "parent", "jam.block.hash": digest},
    )


def _propagation(
    reference: bytes, root: Span, sights: Sequence[Json], times: NodeTimes
) -> Iterator[Span]:
    first: dict[str, Json] = {}
    for sight in sights:
        known = first.get(sight["node"])
        if known is None or sight["timestamp"] < known["timestamp"]:
            first[sight["node"]] = sight
    moments = sorted(
        (times.unix_us(node, sight["timestamp"]), node, sight["type"])
        for node, sight in first.items()
    )
    if not moments:
        return
    yield Span(
        id=span_id(reference, "propagation"),
        parent=root.id,
        name="propagation",
        node=None,
        start_us=moments[0][0],
        end_us=moments[-1][0],
        attributes={"jam.block.nodes": len(moments)},
        events=[
            SpanEvent(at_us, "first_seen", {"jam.node.id": node, "jam.event.type": kind})
            for at_us, node, kind in moments
        ],
    )


def _pipeline(root: Span, row: Json, times: NodeTimes) -> Iterator[Span]:
    node = row["node"]
    key = attempt_key(node, row["session"], row["root"])
    points = [("started", row["started"])]
    points += [(name, row[name]) for name in _STEPS if row[name] is not None]
    if row["outcome"] == "failed" and row["failed"] is not None:
        points.append(("failed", row["failed"]))
    order = {name: place for place, (name, _) in enumerate(points)}
    points.sort(key=lambda point: (point[1], order[point[0]]))
    clock = [(name, times.unix_us(node, clock_us)) for name, clock_us in points]
    is_authoring = row["kind"] == EventKind.AUTHORING
    error = _reason(row) if row["outcome"] == "failed" else None
    pipeline = Span(
        id=span_id(key),
        parent=root.id,
        name="author block" if is_authoring else "import block",
        node=node,
        start_us=clock[0][1],
        end_us=clock[-1][1],
        attributes={
            "jam.node.id": node,
            **times.raw(node, clock[0][1], clock[-1][1]),
            **_known(
                {
                    "jam.attempt.outcome": row["outcome"],
                    "jam.attempt.reason": row["reason"] or None,
                    "jam.event.id": row["root"],
                }
            ),
        },
        error=error,
    )
    yield pipeline
    for (_, start), (name, end) in pairwise(clock):
        columns = {"jam.gas.used": row["gas"], "jam.execution.elapsed_ns": row["elapsed_ns"]}
        yield Span(
            id=span_id(key, name),
            parent=pipeline.id,
            name=_FAILED.get(row["failed_type"], "failed") if name == "failed" else _STEPS[name],
            node=node,
            start_us=start,
            end_us=end,
            attributes={
                "jam.node.id": node,
                **times.raw(node, start, end),
                **(_known(columns) if name == "executed" else {}),
            },
            error=error if name == "failed" else None,
        )


def _reason(row: Json) -> str:
    return row["reason"] or "failed"


def _first(rows: Sequence[Json], column: str) -> Any:
    return next((row[column] for row in rows if row.get(column) is not None), None)


def _known(values: Mapping[str, Any]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}
