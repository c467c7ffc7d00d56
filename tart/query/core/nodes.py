"""Merging of a node's connections into one node.

Pure, and the only place that decides which statement of a node counts. A shard merges a node's
connections with ``choose_statement``; the gateway merges the shards' answers with ``merge_node``,
which is the same rule for JSON. So the answer does not depend on the shard to which the kernel
assigned a connection.

A *statement* holds until the node makes it again: its node information (first message), its
status (10), its best and finalized block (11, 12), and whether it is in sync (13). The newest by
``received_at`` counts among those made on open connections; if no open connection has made one, the
newest among those made on ended connections. Of two statements the one with the greater ``rank``
counts, so statements can be compared in any order and in any groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from tart.query.answers.nodes import Node, NodeSummary, Statement

Json = dict[str, Any]
R = TypeVar("R", bound="Ranked")

# Members of a node by the statement from which they are taken.
STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "node_info": (
        "node_info",
        "implementation_name",
        "implementation_version",
        "connected_at",
        "address",
    ),
    "best": ("best",),
    "finalized": ("finalized",),
    "synced": ("synced",),
}
_ADDED = ("event_count", "dropped_count", "dropped_messages", "undecodable", "paused_seconds")
_COUNTERS = ("deviations", "pauses", "shed")


def statement_source(
    received_at: str, session: int | None, address: str | None, *, is_open: bool
) -> Statement:
    """Return the source of a statement.

    Args:
        received_at: RFC 3339 with six digits, so that text order is time order.
        session: API id of the connection on which it was made.
        address: Remote address of that connection.
        is_open: Whether that connection is open now.
    """
    return {
        "received_at": received_at,
        "session": session,
        "address": address,
        "is_open": is_open,
    }


def rank(statement: Mapping[str, Any]) -> tuple[bool, str, str]:
    """Return the key by which statements are compared; the address decides ties."""
    return (
        bool(statement["is_open"]),
        statement["received_at"],
        statement.get("address") or "",
    )


def _preference(statement: Mapping[str, Any]) -> tuple[bool, bool, tuple[bool, str, str]]:
    """Return the key that prefers slots that are not ahead of the wall clock, then the newest."""
    return bool(statement["is_open"]), not statement.get("is_ahead"), rank(statement)


class Ranked(Protocol):
    """A statement before it is written as JSON."""

    @property
    def rank(self) -> tuple[int, str]:
        """Time of arrival, Unix microseconds, and address of the connection."""
        ...

    @property
    def is_ahead(self) -> bool:
        """True if it states a slot that is ahead of the wall clock; see ``wall_clock``."""
        ...


class StatedSlot(NamedTuple):
    """The slot of a statement about a block, with what decides whether the statement counts.

    Attributes:
        slot: The slot; ``None`` if this release cannot decode the statement.
        received_at: Unix microseconds.
        address: Remote address of the connection on which it was made.
        is_open: Whether that connection is open now.
        is_ahead: Whether the slot is ahead of the wall clock; see ``wall_clock``.
    """

    slot: int | None
    received_at: int
    address: str
    is_open: bool
    is_ahead: bool

    @property
    def preference(self) -> tuple[bool, bool, int, str]:
        """The key by which statements are compared, as in ``choose_statement``."""
        return self.is_open, not self.is_ahead, self.received_at, self.address


def choose_statement(statements: Iterable[tuple[R, bool]]) -> tuple[R, bool] | None:
    """Return the statement that counts, of pairs with whether the connection is open."""
    return max(
        statements, key=lambda each: (each[1], not each[0].is_ahead, *each[0].rank), default=None
    )


def newest_statement(statements: Iterable[Json]) -> Json | None:
    """Return the statement that counts; each has the members of its source."""
    return max(statements, key=_preference, default=None)


def merge_node(parts: Sequence[Json]) -> Json:
    """Merge several parts of one node; the result can be a part again.

    A part covers one or several connections of the node: ``node_id``, ``is_connected``, the
    members in ``STATEMENTS`` with ``statements`` (the source of each), and counts. Members that a
    part does not have are not known to it.
    """
    node: Json = {"node_id": parts[0]["node_id"]}
    sources: Json = {}
    for name, members in STATEMENTS.items():
        made = [(found, part) for part in parts if (found := _source(part, name)) is not None]
        newest, source_part = max(made, key=lambda each: _preference(each[0]), default=(None, {}))
        node |= {member: source_part.get(member) for member in members}
        sources[name] = newest
    node["statements"] = sources
    node["is_connected"] = any(part.get("is_connected") for part in parts)
    ends = _known(parts, "disconnected_at")
    node["disconnected_at"] = None if node["is_connected"] else max(ends, default=None)
    node["first_seen_at"] = min(_known(parts, "first_seen_at"), default=None)
    node["last_seen_at"] = max(_known(parts, "last_seen_at"), default=None)
    node |= {name: sum(_known(parts, name)) for name in _ADDED}
    node |= {name: add_counts(part.get(name) or {} for part in parts) for name in _COUNTERS}
    connections = [each for part in parts for each in part.get("connections") or ()]
    node["connections"] = sorted(connections, key=_start, reverse=True)
    return node


def node_json(node: Json) -> Node:
    """Return a node that ``merge_node`` put together as the API shows it."""
    return {
        "node_id": node["node_id"],
        "peer_id": node["node_id"],
        "implementation_name": node["implementation_name"],
        "implementation_version": node["implementation_version"],
        "node_info": node["node_info"],
        "connected_at": node["connected_at"],
        "disconnected_at": node["disconnected_at"],
        "last_seen_at": node["last_seen_at"],
        "is_connected": node["is_connected"],
        "event_count": node["event_count"],
        "address": node["address"],
        "first_seen_at": node["first_seen_at"],
        "dropped_count": node["dropped_count"],
        "dropped_messages": node["dropped_messages"],
        "undecodable": node["undecodable"],
        "deviations": node["deviations"],
        "pauses": node["pauses"],
        "paused_seconds": node["paused_seconds"],
        "shed": node["shed"],
        "best": node["best"],
        "finalized": node["finalized"],
        "synced": node["synced"],
        "statements": node["statements"],
    }


def node_summary(node: Json) -> NodeSummary:
    """Return a node that ``merge_node`` put together in brief."""
    return {
        "node_id": node["node_id"],
        "peer_id": node["node_id"],
        "implementation_name": node["implementation_name"],
        "implementation_version": node["implementation_version"],
        "is_connected": node["is_connected"],
        "connected_at": node["connected_at"],
        "last_seen_at": node["last_seen_at"],
        "event_count": node["event_count"],
    }


def end_connections(part: Json) -> Json:
    """Return a part whose shard process is gone: all of its connections have ended.

    The exact time is not known; the last message was received at ``last_seen_at``.
    """
    if not part.get("is_connected"):
        return part
    statements = {name: _source(part, name) for name in STATEMENTS}
    return {
        **part,
        "is_connected": False,
        "disconnected_at": part.get("last_seen_at"),
        "connections": [],
        "statements": {
            name: source and {**source, "is_open": False} for name, source in statements.items()
        },
    }


def add_counts(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add up counters by label."""
    total: Counter[str] = Counter()
    for labels in counts:
        total.update(labels)
    return dict(total)


def _source(part: Json, name: str) -> Statement | None:
    statements = part.get("statements")
    if statements is not None:
        source: Statement | None = statements.get(name)
        return source
    # A part stored by a release that did not store the sources of statements.
    if part.get(name) is None or part.get("connected_at") is None:
        return None
    is_open = bool(part.get("is_connected"))
    return statement_source(part["connected_at"], None, part.get("address"), is_open=is_open)


def _known(parts: Iterable[Json], name: str) -> list[Any]:
    return [part[name] for part in parts if part.get(name) is not None]


def _start(connection: Json) -> tuple[str, str]:
    return str(connection["connected_at"]), str(connection.get("address"))
