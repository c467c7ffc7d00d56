"""What a node said of itself and has not said anew: who it is, its status, its chain, its sync.

Pure values. A connection keeps the last of each; what counts among the connections of a node
is decided by ``query.core.nodes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tart.errors import DecodeError
from tart.protocol.decoding import decode_event
from tart.protocol.events import EVENTS
from tart.query.answers import nodes as answers
from tart.query.core.nodes import origin
from tart.query.core.rfc3339 import rfc3339

STATUS, BEST, FINALIZED, SYNC = 10, 11, 12, 13
# Events that are statements, and the names of those that a node's object shows.
NUMBERS = (STATUS, BEST, FINALIZED, SYNC)
NAMES: Mapping[int, str] = MappingProxyType({BEST: "best", FINALIZED: "finalized", SYNC: "synced"})


@dataclass(frozen=True)
class Statement:
    """One of the events in ``NUMBERS``, as it came.

    Attributes:
        received_at: Unix microseconds; ``timestamp``: the node's clock, JCE microseconds.
        session: the connection as the API numbers it; ``address``: its address.
        version, cores: how to read ``payload``.
    """

    number: int
    received_at: int
    timestamp: int
    session: int
    address: str
    payload: bytes
    version: int
    cores: int | None

    @property
    def rank(self) -> tuple[int, str]:
        """By what statements of ended connections are compared; see ``query.core.nodes``."""
        return self.received_at, self.address

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """What it says; empty where this release cannot read it."""
        try:
            found: dict[str, Any] = decode_event(
                self.number, self.payload, version=self.version, cores=self.cores
            ).fields
        except DecodeError:  # stored by a release that understood more
            return {}
        return found

    @property
    def value(self) -> Any:
        """As a node's object shows it: slot and hash, or whether the node is in sync."""
        if self.number == SYNC:
            return self.fields.get("synced")
        return dict(self.fields) or None

    def origin(self, *, is_open: bool) -> answers.Statement:
        """Where it comes from; ``is_open``: whether that connection is open."""
        return origin(rfc3339(self.received_at) or "", self.session, self.address, is_open=is_open)

    def claim(self, *, is_open: bool) -> dict[str, Any]:
        """As an element of the ``chain`` query's answer; of ``BEST`` and ``FINALIZED``."""
        return {**self.origin(is_open=is_open), "slot": self.fields.get("slot")}

    def latest(self, *, is_open: bool) -> dict[str, Any]:
        """As an element of the ``node_status`` query's answer."""
        variant = EVENTS[self.number].variant
        data = {variant: {"timestamp": self.timestamp, **self.fields}}
        return {**self.origin(is_open=is_open), "data": data}


def later(known: Statement | None, more: Statement) -> Statement:
    """Of two statements of one kind on connections that have ended, the one that counts."""
    return more if known is None or more.rank >= known.rank else known
