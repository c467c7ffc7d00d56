"""One node on several connections: what they say together.

Pure, and the only place that decides it. A shard puts a node's connections together with
``counting``, the gateway the shards' answers with ``one_node``, which is the same rule for
what was written as JSON: the answer does not depend on the shard where the kernel put a
connection.

A *statement* holds until the node makes it again: who it is (its first message), its status
(10), its best and its finalized block (11, 12), whether it is in sync (13). Of each, the
newest by ``received_at`` counts among those made on connections that are open; where no open
connection has made it, the newest among those that have ended. So of two statements the one
with the greater ``rank`` counts: the greatest of the greatest is the greatest of all, in
whatever order and in whatever groups they are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from tart.query.answers.nodes import Node, NodeSummary, Statement

Json = dict[str, Any]
R = TypeVar("R", bound="Ranked")

# By the name of a statement, the members of a node that are taken from it.
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
_SUMS = ("event_count", "dropped_count", "dropped_messages", "undecodable", "paused_seconds")
_COUNTERS = ("deviations", "pauses", "shed")


def origin(
    received_at: str, session: int | None, address: str | None, *, is_open: bool
) -> Statement:
    """Where a statement comes from.

    Args:
        received_at: RFC 3339 with six digits, so that text order is time order.
        session: the connection it was made on, as the API numbers it.
        address: that connection's.
        is_open: whether it is open now.
    """
    return {
        "received_at": received_at,
        "session": session,
        "address": address,
        "is_open": is_open,
    }


def rank(statement: Mapping[str, Any]) -> tuple[bool, str, str]:
    """By what statements are compared; the address only where two came at the same time."""
    return (
        bool(statement["is_open"]),
        statement["received_at"],
        statement.get("address") or "",
    )


class Ranked(Protocol):
    """A statement before it is written as JSON."""

    @property
    def rank(self) -> tuple[int, str]:
        """When it came, Unix microseconds, and its connection's address."""
        ...


def counting(made: Iterable[tuple[R, bool]]) -> tuple[R, bool] | None:
    """Of statements, and whether their connections are open, the one that counts."""
    return max(made, key=lambda each: (each[1], *each[0].rank), default=None)


def newest(statements: Iterable[Json]) -> Json | None:
    """The statement that counts, ``None`` if there is none; each is an ``origin`` and more."""
    return max(statements, key=rank, default=None)


def one_node(parts: Sequence[Json]) -> Json:
    """What several parts say of one node; what comes out may be a part again.

    A part tells of some connections of the node, or of one: ``node_id``, ``is_connected``,
    the members in ``STATEMENTS`` with ``statements`` (the ``origin`` of each), and what adds
    up. What a part does not have, it does not know.
    """
    node: Json = {"node_id": parts[0]["node_id"]}
    origins: Json = {}
    for name, members in STATEMENTS.items():
        made = [(found, part) for part in parts if (found := _origin(part, name)) is not None]
        counts, source = max(made, key=lambda each: rank(each[0]), default=(None, {}))
        node |= {member: source.get(member) for member in members}
        origins[name] = counts
    node["statements"] = origins
    node["is_connected"] = any(part.get("is_connected") for part in parts)
    ends = _known(parts, "disconnected_at")
    node["disconnected_at"] = None if node["is_connected"] else max(ends, default=None)
    node["first_seen_at"] = min(_known(parts, "first_seen_at"), default=None)
    node["last_seen_at"] = max(_known(parts, "last_seen_at"), default=None)
    node |= {name: sum(_known(parts, name)) for name in _SUMS}
    node |= {name: add_counts(part.get(name) or {} for part in parts) for name in _COUNTERS}
    connections = [each for part in parts for each in part.get("connections") or ()]
    node["connections"] = sorted(connections, key=_beginning, reverse=True)
    return node


def node_json(node: Json) -> Node:
    """Return a node that ``one_node`` put together as the API shows it."""
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
    """Return a node that ``one_node`` put together in brief."""
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


def all_ended(part: Json) -> Json:
    """A part whose process is gone: no connection of it is open, the last one just ended.

    When that was nobody knows; the node was heard until ``last_seen_at``.
    """
    if not part.get("is_connected"):
        return part
    statements = {name: _origin(part, name) for name in STATEMENTS}
    return {
        **part,
        "is_connected": False,
        "disconnected_at": part.get("last_seen_at"),
        "connections": [],
        "statements": {
            name: found and {**found, "is_open": False} for name, found in statements.items()
        },
    }


def add_counts(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counters by label, added up."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)


def _origin(part: Json, name: str) -> Statement | None:
    statements = part.get("statements")
    if statements is not None:
        found: Statement | None = statements.get(name)
        return found
    # A part kept by a release that did not say where statements come from.
    if part.get(name) is None or part.get("connected_at") is None:
        return None
    is_open = bool(part.get("is_connected"))
    return origin(part["connected_at"], None, part.get("address"), is_open=is_open)


def _known(parts: Iterable[Json], name: str) -> list[Any]:
    return [part[name] for part in parts if part.get(name) is not None]


def _beginning(connection: Json) -> tuple[str, str]:
    return str(connection["connected_at"]), str(connection.get("address"))
