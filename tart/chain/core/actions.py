"""Actions of the follower: what the process does for it.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tart.chain.core.changes import Change


@dataclass(frozen=True)
class Ask:
    """Send a request to an endpoint; ``answered`` or ``failed`` follows with its number."""

    endpoint: int
    number: int
    method: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True)
class Subscribe:
    """Subscribe to updates of an endpoint; ``subscription_failed`` follows if it refuses."""

    endpoint: int
    method: str


@dataclass(frozen=True)
class Write:
    """Store changes, in one transaction."""

    changes: tuple[Change, ...]


@dataclass(frozen=True)
class LogLine:
    """Write a line to the server log."""

    level: Literal["info", "warning"]
    text: str


Action: TypeAlias = Ask | Subscribe | Write | LogLine
