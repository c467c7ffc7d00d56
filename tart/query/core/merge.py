"""Merging of shards' answers about events, nodes and the chain.

Pure. Counts are added, sets are united, of several states the newest is taken. A node may
connect to another shard after a reconnect, or be on two for a moment, so all data about a node
is merged by its id.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypedDict

from tart.query.core.cursor import Cursor
from tart.query.core.event_ids import event_identity
from tart.query.core.nodes import StatedSlot, add_counts, merge_node, newest_statement
from tart.query.core.query import Partials
from tart.query.core.wall_clock import AheadSlot

Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Some events, newest first, whether older ones follow, and the cursor after them."""

    events: list[Any]
    has_more: bool
    cursor: Cursor


def event_page(
    partials: Partials[list[Json]], limit: int, cursor: Cursor, time: str = "received_at"
) -> Page:
    """Return the first ``limit`` events over all shards, or other rows with ids and a ``time``.

    Each shard answers with one event more than ``limit`` per directory, from ``cursor`` on. The
    merge takes the newest of the directories' next events; a directory's own order is preserved
    even if its clock was set back. The page ends where a shard cut a directory's events by size:
    the directory's next event may be newer than those of the others.
    """
    directories: dict[int, list[Json]] = {}
    for _, events in partials:
        for event in events:
            directories.setdefault(event_identity(event["id"])[0], []).append(event)
    merged, cut = _until_cut(islice(_newest_first(directories.values(), time), limit + 1))
    page = merged[:limit]
    positions = {shard: 0 for shard, _ in partials if shard not in cursor.positions}
    # A directory without an event on the page continues at its first event.
    positions |= {key: _sequence(rows[0]) + 1 for key, rows in directories.items()}
    positions |= {event_identity(event["id"])[0]: _sequence(event) for event in page}
    return Page(page, cut or len(merged) > limit, cursor.advanced(positions, len(page)))


def _until_cut(events: Iterable[Json]) -> tuple[list[Json], bool]:
    """Return events up to the first that its shard marked as cut, and whether there is one."""
    page: list[Json] = []
    for event in events:
        page.append(event)
        if event.pop("more", False):
            return page, True
    return page, False


def _newest_first(directories: Iterable[list[Json]], time: str) -> Iterable[Json]:
    return heapq.merge(*directories, key=partial(_age, time=time), reverse=True)


def _age(event: Json, time: str = "received_at") -> tuple[str, int]:
    return event[time], event["id"]


def _sequence(event: Json) -> int:
    return event_identity(event["id"])[1]


def recent(partials: Partials[list[Json]], limit: int) -> list[Json]:
    """Return the newest ``limit`` events over all shards, oldest first."""
    events = sorted((event for _, answer in partials for event in answer), key=_age, reverse=True)
    return _until_cut(events[:limit])[0][::-1]


def oldest_first(answers: Iterable[list[Json]]) -> list[Json]:
    """Return events that are in order within each directory in one order."""
    directories: dict[int, list[Json]] = {}
    for answer in answers:
        for event in answer:
            directories.setdefault(event_identity(event["id"])[0], []).append(event)
    return list(heapq.merge(*directories.values(), key=_age))


def nodes(partials: Partials[list[Json]]) -> dict[str, Json]:
    """Return nodes by id, each merged over the shards that know it."""
    known: dict[str, list[Json]] = {}
    for _, answer in partials:
        for node in answer:
            known.setdefault(node["node_id"], []).append(node)
    return {node_id: merge_node(parts) for node_id, parts in known.items()}


class NodeStatusAnswer(TypedDict):
    """Counts of one node by event type, and by type the latest statement and its origin."""

    counts: dict[str, int]
    latest: dict[str, Json]


def node_status(partials: Partials[NodeStatusAnswer]) -> NodeStatusAnswer:
    """Return the status of one node: counts are added, of each statement the newest is taken."""
    latest: dict[str, list[Json]] = {}
    for _, answer in partials:
        for number, statement in answer["latest"].items():
            latest.setdefault(number, []).append(statement)
    return {
        "counts": add_counts(answer["counts"] for _, answer in partials),
        "latest": {
            number: newest
            for number, statements in latest.items()
            if (newest := newest_statement(statements)) is not None
        },
    }


class ChainStatements(NamedTuple):
    """A node's last statements of the best and finalized block."""

    node: str
    best: StatedSlot | None
    finalized: StatedSlot | None


# Statements of the best and the finalized block.
Statements = tuple[StatedSlot | None, StatedSlot | None]
# The best and the finalized slot that a node has stated.
Claim = tuple[int | None, int | None]


def chain(partials: Partials[list[ChainStatements]]) -> dict[str, Statements]:
    """Return the newest of each statement, by node id."""
    merged: dict[str, Statements] = {}
    for _, rows in partials:
        for row in rows:
            best, finalized = merged.get(row.node, (None, None))
            merged[row.node] = _newer(best, row.best), _newer(finalized, row.finalized)
    return merged


def _newer(one: StatedSlot | None, other: StatedSlot | None) -> StatedSlot | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda statement: statement.preference)


def claims(chain: Mapping[str, Statements]) -> dict[str, Claim]:
    """Return the slots of statements."""
    return {
        node_id: (_slot_of(best), _slot_of(finalized))
        for node_id, (best, finalized) in chain.items()
    }


def _slot_of(statement: StatedSlot | None) -> int | None:
    if statement is None or statement.slot is None:
        return None
    return AheadSlot(statement.slot) if statement.is_ahead else statement.slot


@dataclass
class Second:
    """Counts of one second over all shards."""

    events: int
    best: set[str]
    finalized: set[str]
    best_events: int
    finalized_events: int


def seconds(answers: Iterable[Mapping[str, Any]]) -> dict[int, Second]:
    """Return live counts by Unix second; hashes are united, events added."""
    merged: dict[int, Second] = {}
    for answer in answers:
        for number, events, best, finalized, best_events, finalized_events in answer["seconds"]:
            second = merged.setdefault(number, Second(0, set(), set(), 0, 0))
            second.events += events
            second.best.update(best)
            second.finalized.update(finalized)
            second.best_events += best_events
            second.finalized_events += finalized_events
    return merged


def histogram(histograms: Iterable[Json]) -> Json:
    """Return histograms ``{buckets, sum, count}`` of equal bounds, added bin by bin."""
    buckets: dict[float, int] = {}
    total: Json = {"sum": 0.0, "count": 0}
    for part in histograms:
        total["sum"] += part["sum"]
        total["count"] += part["count"]
        for bound, count in part["buckets"]:
            buckets[bound] = buckets.get(bound, 0) + count
    return {"buckets": [[bound, buckets[bound]] for bound in sorted(buckets)], **total}
