"""Limits of telemetry connections, and the reasons for which they are refused or closed.

Pure; time is an argument. The listener asks, acts and counts. The reasons are few and fixed:
they are labels of ``/metrics``.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

# The reason of pauses and of shed events that a node's rate limit causes. ``state.backpressure``
# has the reasons that stop the whole shard.
RATE = "rate"


class RefusalReason(StrEnum):
    """The reason why a connection is not accepted."""

    TOO_MANY = "too_many"
    TOO_MANY_FROM_ADDRESS = "too_many_from_address"
    NETWORK = "network"  # by telemetry.allow and deny


class CloseReason(StrEnum):
    """The reason why an accepted connection ended."""

    NODE = "node"  # by the node, or its network
    HANDSHAKE = "handshake"
    IDLE = "idle"
    PROTOCOL = "protocol"
    PEER = "peer"  # not among telemetry.peer_ids
    BUFFERED = "buffered"
    STOPPING = "stopping"


class Admission:
    """Limits of open connections, in all and from one address."""

    def __init__(self, max_connections: int, max_per_host: int) -> None:
        self._max_connections = max_connections
        self._max_per_host = max_per_host
        self._open: Counter[str] = Counter()
        self._total = 0

    def refusal(self, host: str) -> RefusalReason | None:
        """Return why one more connection from ``host`` is refused; ``None`` if it is not."""
        if self._total >= self._max_connections:
            return RefusalReason.TOO_MANY
        if self._open[host] >= self._max_per_host:
            return RefusalReason.TOO_MANY_FROM_ADDRESS
        return None

    def add(self, host: str) -> None:
        """Count a connection that was opened."""
        self._total += 1
        self._open[host] += 1

    def remove(self, host: str) -> None:
        """Count a connection that was closed."""
        self._total -= 1
        self._open[host] -= 1
        if not self._open[host]:
            del self._open[host]


class IdleTimer:
    """The time since a connection last received bytes, from samples of its total.

    Taking the time at every read would cost every event; comparing totals costs nothing.
    """

    def __init__(self) -> None:
        self._total = -1
        self._since = 0.0

    def seconds(self, total: int, now: float) -> float:
        """Return how long ``total`` bytes received, the sample of ``now``, has been the same."""
        if total != self._total:
            self.reset(now)
            self._total = total
        return now - self._since

    def reset(self, now: float) -> None:
        """Restart the timer, as after a pause in which nothing was read."""
        self._since = now
