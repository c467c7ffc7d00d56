"""How the shards' partial answers add up to one.

Pure. Counts add, sets unite, of states the newest holds. A node has no home shard: after
a reconnect it may be on another one, or for a moment on two, so everything about a node
is merged by its id.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from tart.query.core.catalog import event_identity
from tart.query.core.cursor import Cursor
from tart.query.core.nodes import add_counts, merge_node, newest_statement

Json = dict[str, Any]
# One shard's answer with the number of that shard.
Partials = Sequence[tuple[int, Any]]


@dataclass(frozen=True)
class Page:
    """Some events, newest first, whether older ones follow, and where."""

    events: list[Any]
    has_more: bool
    cursor: Cursor


def event_page(partials: Partials, limit: int, cursor: Cursor, time: str = "received_at") -> Page:
    """The first ``limit`` events over all shards, or what else has ids and a ``time``.

    Each shard was asked for one more than ``limit`` per directory, continuing at
    ``cursor``. Of the directories' newest unread events the newest comes next; a
    directory's own order is kept even where its clock was set back. Where a directory had
    no room for more, the page ends: what follows may be newer than the others'.
    """
    directories: dict[int, list[Json]] = {}
    for _, events in partials:
        for event in events:
            directories.setdefault(event_identity(event["id"])[0], []).append(event)
    merged, cut = _until_cut(islice(_newest_first(directories.values(), time), limit + 1))
    page = merged[:limit]
    positions = {shard: 0 for shard, _ in partials if shard not in cursor.positions}
    # What was seen but not taken begins above its first event: nothing newer may follow.
    positions |= {key: _sequence(rows[0]) + 1 for key, rows in directories.items()}
    positions |= {event_identity(event["id"])[0]: _sequence(event) for event in page}
    return Page(page, cut or len(merged) > limit, cursor.advanced(positions, len(page)))


def _until_cut(events: Iterable[Json]) -> tuple[list[Json], bool]:
    """Events up to one after which its directory had no room, and whether there was one."""
    found: list[Json] = []
    for event in events:
        found.append(event)
        if event.pop("more", False):
            return found, True
    return found, False


def _newest_first(directories: Iterable[list[Json]], time: str) -> Iterable[Json]:
    return heapq.merge(*directories, key=partial(_age, time=time), reverse=True)


def _age(event: Json, time: str = "received_at") -> tuple[str, int]:
    return event[time], event["id"]


def _sequence(event: Json) -> int:
    return event_identity(event["id"])[1]


def recent(partials: Partials, limit: int) -> list[Json]:
    """The newest ``limit`` events over all shards, oldest first."""
    events = sorted((event for _, answer in partials for event in answer), key=_age, reverse=True)
    return _until_cut(events[:limit])[0][::-1]


def oldest_first(answers: Iterable[list[Json]]) -> list[Json]:
    """Events that are in order within each directory, merged into one order."""
    directories: dict[int, list[Json]] = {}
    for answer in answers:
        for event in answer:
            directories.setdefault(event_identity(event["id"])[0], []).append(event)
    return list(heapq.merge(*directories.values(), key=_age))


def nodes(partials: Partials) -> dict[str, Json]:
    """Nodes by id; one that several shards know becomes one."""
    known: dict[str, list[Json]] = {}
    for _, answer in partials:
        for node in answer:
            known.setdefault(node["node_id"], []).append(node)
    return {node_id: merge_node(parts) for node_id, parts in known.items()}


def node_status(partials: Partials) -> Json:
    """``{counts, latest}`` of one node: counts add, of statements the newest counts."""
    latest: dict[str, list[Json]] = {}
    for _, answer in partials:
        for number, statement in answer["latest"].items():
            latest.setdefault(number, []).append(statement)
    return {
        "counts": add_counts(answer["counts"] for _, answer in partials),
        "latest": {number: newest_statement(statements) for number, statements in latest.items()},
    }


# What a node connected now has said of the chain: best slot and finalized slot.
Claim = tuple[int | None, int | None]
# The same by statement: ``query.core.nodes.origin`` and ``slot``.
Claims = tuple[Json | None, Json | None]


def chain(partials: Partials) -> dict[str, Claims]:
    """What nodes said of the chain, by node id: of each statement the newest."""
    claims: dict[str, Claims] = {}
    for _, answer in partials:
        for node_id, *said in answer:
            known = claims.get(node_id, (None, None))
            best, finalized = (
                newest_statement(each for each in pair if each is not None)
                for pair in zip(known, said, strict=True)
            )
            claims[node_id] = best, finalized
    return claims


def claims(chain: Mapping[str, Claims]) -> dict[str, Claim]:
    """The slots of what was said."""
    return {
        node_id: (_slot(best), _slot(finalized)) for node_id, (best, finalized) in chain.items()
    }


def _slot(statement: Json | None) -> int | None:
    return None if statement is None else statement["slot"]


def union(partials: Partials) -> set[str]:
    """What any shard named, each once."""
    return {each for _, answer in partials for each in answer}


@dataclass
class Second:
    """One second over all shards."""

    events: int
    best: set[str]
    finalized: set[str]
    best_events: int
    finalized_events: int


def seconds(partials: Partials) -> dict[int, Second]:
    """Live counters by Unix second; hashes are united, events added."""
    found: dict[int, Second] = {}
    for _, answer in partials:
        for number, events, best, finalized, best_events, finalized_events in answer["seconds"]:
            into = found.setdefault(number, Second(0, set(), set(), 0, 0))
            into.events += events
            into.best.update(best)
            into.finalized.update(finalized)
            into.best_events += best_events
            into.finalized_events += finalized_events
    return found


def histogram(partials: Iterable[Json]) -> Json:
    """Histograms ``{buckets, sum, count}`` of equal bounds, added bin by bin."""
    buckets: dict[float, int] = {}
    total: Json = {"sum": 0.0, "count": 0}
    for each in partials:
        total["sum"] += each["sum"]
        total["count"] += each["count"]
        for bound, count in each["buckets"]:
            buckets[bound] = buckets.get(bound, 0) + count
    return {"buckets": [[bound, buckets[bound]] for bound in sorted(buckets)], **total}
