"""Token buckets, one by one and by key.

Pure. ``now`` is seconds of a clock that never goes back.
"""

from __future__ import annotations

import math
from collections import OrderedDict

MAX_KEYS = 10_000


class TokenBucket:
    """A bucket of ``burst`` tokens that fills by ``rate`` tokens a second; it starts full."""

    __slots__ = ("_burst", "_rate", "_refilled_at", "_tokens")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._refilled_at = 0.0

    def charge(self, count: int, now: float) -> float:
        """Take ``count`` tokens even if they are not there; return the seconds until they are.

        The bucket may owe tokens, so a caller that waits as told keeps to the rate.
        """
        # Runs for every read of every telemetry connection.
        tokens = self._tokens + (now - self._refilled_at) * self._rate
        self._refilled_at = now
        if tokens > self._burst:
            tokens = self._burst
        self._tokens = tokens = tokens - count
        return 0.0 if tokens >= 0 else -tokens / self._rate

    def take_up_to(self, count: int, now: float) -> int:
        """Take at most ``count`` whole tokens; return how many were there."""
        taken = min(count, math.floor(max(self._refill(now), 0)))
        self._tokens -= taken
        return taken

    def take(self, now: float, cost: float = 1.0) -> float:
        """Take ``cost`` tokens if at least one is there.

        Returns:
            0, or the seconds until a token is there. A rejected request consumes no tokens.
        """
        tokens = self._refill(now)
        if tokens < 1:
            return (1 - tokens) / self._rate
        self._tokens -= cost
        return 0.0

    def _refill(self, now: float) -> float:
        self._tokens = min(self._burst, self._tokens + (now - self._refilled_at) * self._rate)
        self._refilled_at = now
        return self._tokens


class RateLimiter:
    """A token bucket for each key, at most ``max_keys`` of them.

    A new key takes the place of the least recently used one: a forgotten bucket grants its key
    ``burst`` requests again.
    """

    def __init__(self, rate: float, burst: float, max_keys: int = MAX_KEYS) -> None:
        self._rate = rate
        self._burst = burst
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now: float, cost: float = 1.0) -> float:
        """Take ``cost`` tokens of a key's bucket; see ``TokenBucket.take``."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self._rate, self._burst)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return bucket.take(now, cost)
