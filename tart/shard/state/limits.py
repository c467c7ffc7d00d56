"""What nodes may take of a shard: how fast, how many, how much; and the reasons it ends.

Pure; time is an argument. The listener asks, acts and counts. Reasons are few and fixed:
they are labels of ``/metrics``.
"""

from __future__ import annotations

import math
from collections import Counter
from enum import StrEnum

# The reason of pauses and of shed events that a rate limit makes; those of the shard as a
# whole are the intake's ``paused_for``.
RATE = "rate"
# A pause shorter than the loop's clock can tell would be none.
SHORTEST_PAUSE = 0.005


class Refused(StrEnum):
    """Why a connection is not taken."""

    TOO_MANY = "too_many"
    TOO_MANY_FROM_ADDRESS = "too_many_from_address"
    NETWORK = "network"  # by telemetry.allow and deny


class Closed(StrEnum):
    """Why a connection that was taken is over."""

    NODE = "node"  # by the node, or its network
    HANDSHAKE = "handshake"
    IDLE = "idle"
    PROTOCOL = "protocol"
    PEER = "peer"  # not among telemetry.peer_ids
    BUFFERED = "buffered"
    STOPPING = "stopping"


class RateLimit:
    """A token bucket: ``burst`` events at once, ``rate`` a second in the long run.

    ``now`` is seconds of a clock that never goes back.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = 0.0

    def take(self, count: int, now: float) -> float:
        """Take ``count`` events that have been read; seconds to read nothing more, mostly 0.

        What is beyond the rate is owed, so that pauses alone keep to it.
        """
        # Every read of every node passes here.
        tokens = self._tokens + (now - self._at) * self._rate
        self._at = now
        if tokens > self._burst:
            tokens = self._burst
        self._tokens = tokens = tokens - count
        return 0.0 if tokens >= 0 else max(-tokens / self._rate, SHORTEST_PAUSE)

    def admit(self, count: int, now: float) -> int:
        """How many of ``count`` events are within the rate; only they are taken."""
        tokens = min(self._tokens + (now - self._at) * self._rate, self._burst)
        self._at = now
        admitted = min(count, math.floor(max(tokens, 0)))
        self._tokens = tokens - admitted
        return admitted


class Admission:
    """Connections at once, in all and from one address."""

    def __init__(self, most: int, most_per_host: int) -> None:
        self._most = most
        self._most_per_host = most_per_host
        self._open: Counter[str] = Counter()
        self._total = 0

    def refusal(self, host: str) -> Refused | None:
        """Why one more from ``host`` is not taken; ``None``: it may come."""
        if self._total >= self._most:
            return Refused.TOO_MANY
        if self._open[host] >= self._most_per_host:
            return Refused.TOO_MANY_FROM_ADDRESS
        return None

    def entered(self, host: str) -> None:
        """One more is open."""
        self._total += 1
        self._open[host] += 1

    def left(self, host: str) -> None:
        """One of them is over."""
        self._total -= 1
        self._open[host] -= 1
        if not self._open[host]:
            del self._open[host]


class IdleTimer:
    """How long nothing has come, seen from looking now and then.

    A note per read would cost every event something; comparing totals costs nothing.
    """

    def __init__(self) -> None:
        self._total = -1
        self._since = 0.0

    def seconds(self, total: int, now: float) -> float:
        """``total`` has come until ``now``: for how long has it been the same?"""
        if total != self._total:
            self.broken(now)
            self._total = total
        return now - self._since

    def broken(self, now: float) -> None:
        """Begin anew: we did not listen."""
        self._since = now
