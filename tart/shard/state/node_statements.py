"""Statements of a node about itself that hold until it makes them again: status, blocks, sync.

Pure values. A connection keeps the last of each type; ``query.core.nodes`` decides which counts
among the connections of a node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tart.aggregate.core.tables import GAUGES
from tart.errors import DecodeError
from tart.protocol.decoding import decode_event
from tart.protocol.dialects import Dialect
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.node_information import SLOT_SECONDS
from tart.query.answers import nodes as answers
from tart.query.core.nodes import StatedSlot, statement_source
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.wall_clock import TOLERANCE_SLOTS, is_ahead

# The types of events that are statements, and the members of a node's object that show them.
STATEMENT_TYPES = (
    EventKind.STATUS,
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.FINALIZED_BLOCK_CHANGED,
    EventKind.SYNC_STATUS_CHANGED,
)
_BLOCKS = frozenset({EventKind.BEST_BLOCK_CHANGED, EventKind.FINALIZED_BLOCK_CHANGED})
MEMBERS: Mapping[EventKind, str] = MappingProxyType(
    {
        EventKind.BEST_BLOCK_CHANGED: "best",
        EventKind.FINALIZED_BLOCK_CHANGED: "finalized",
        EventKind.SYNC_STATUS_CHANGED: "synced",
    }
)

_FIGURES = frozenset({"slot", "synced", *GAUGES})


@dataclass(frozen=True)
class Statement:
    """An event of one of ``STATEMENT_TYPES``, as received.

    Attributes:
        type: The event type.
        received_at: Unix microseconds.
        timestamp: The node's clock, JCE microseconds.
        session: The connection's id in the API.
        address: The connection's address.
        version: The protocol version that decodes ``payload``.
        cores: The number of cores that decodes ``payload``.
        dialect: The dialect that decodes ``payload``.
        slot_seconds: The slot period by the node's parameters.
    """

    type: int
    received_at: int
    timestamp: int
    session: int
    address: str
    payload: bytes
    version: int
    cores: int | None
    dialect: Dialect = Dialect.STANDARD
    slot_seconds: int = SLOT_SECONDS

    @cached_property
    def is_ahead(self) -> bool:
        """True if the statement is about a slot that is ahead of the wall clock."""
        if self.type not in _BLOCKS:
            return False
        slot = self.fields.get("slot")
        return slot is not None and is_ahead(slot, self.received_at, self.slot_seconds)

    @property
    def rank(self) -> tuple[int, str]:
        """The order of statements of ended connections; see ``query.core.nodes``."""
        return self.received_at, self.address

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The decoded fields; empty where this release cannot decode them."""
        try:
            fields: dict[str, Any] = decode_event(
                self.type,
                self.payload,
                version=self.version,
                cores=self.cores,
                dialect=self.dialect,
            ).fields
        except DecodeError:  # stored by a release that could decode more
            return {}
        return fields

    @property
    def value(self) -> Any:
        """The value in a node's object: slot and hash, or whether the node is in sync."""
        if self.type == EventKind.SYNC_STATUS_CHANGED:
            return self.fields.get("synced")
        return dict(self.fields) or None

    @cached_property
    def figures(self) -> dict[str, Any]:
        """The fields that the ``network`` query has."""
        return {name: value for name, value in self.fields.items() if name in _FIGURES}

    def origin(self, *, is_open: bool) -> answers.Statement:
        """Return the statement's origin; ``is_open``: whether its connection is open."""
        source = statement_source(
            rfc3339(self.received_at) or "", self.session, self.address, is_open=is_open
        )
        if self.is_ahead:
            source["is_ahead"] = True
        return source

    @cached_property
    def _stated_slot(self) -> StatedSlot:
        slot = self.fields.get("slot")
        return StatedSlot(slot, self.received_at, self.address, True, self.is_ahead)

    def stated_slot(self, *, is_open: bool) -> StatedSlot:
        """Return a statement about a block as an element of the ``chain`` query's answer."""
        return self._stated_slot if is_open else self._stated_slot._replace(is_open=False)

    def latest(self, *, is_open: bool) -> dict[str, Any]:
        """Return the statement as an element of the ``node_status`` query's answer."""
        data = {EVENTS[self.type].variant: {"timestamp": self.timestamp, **self.fields}}
        return {**self.origin(is_open=is_open), "data": data}


def later_statement(known: Statement | None, other: Statement) -> Statement:
    """Return which of two statements of one type on ended connections counts."""
    if known is None:
        return other
    latest = max(known, other, key=lambda each: (not each.is_ahead, each.rank))
    return other if other.rank == known.rank else latest


def replaces(statement: Statement, known: Statement | None) -> bool:
    """Return whether a statement counts instead of the one before on its connection.

    One slot far ahead of the wall clock does not displace a true one; but a network whose slots
    are ahead may get there step by step.
    """
    if known is None or known.is_ahead or not statement.is_ahead:
        return True
    before: int = known.fields.get("slot", 0)
    return bool(statement.fields["slot"] - before <= TOLERANCE_SLOTS)
