"""How often somebody may ask: a token bucket each. Pure; ``now`` is seconds that never go back.

At most ``MOST`` are remembered. Who comes when it is full takes the place of who has asked
least lately, and begins with a full bucket: to forget a bucket costs us ``burst`` requests.
"""

from __future__ import annotations

from collections import OrderedDict

MOST = 10_000


class Rates:
    """Buckets of ``burst`` requests that fill by ``rate`` a second."""

    def __init__(self, rate: float, burst: float, most: int = MOST) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        # Who asked: tokens left, and when that was.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, who: str, now: float, cost: float = 1.0) -> float:
        """Count a request; 0, or the seconds until one would be taken.

        One that is not taken costs nothing.
        """
        tokens, at = self._buckets.get(who, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        if not wait:
            tokens -= cost
        self._buckets[who] = (tokens, now)
        self._buckets.move_to_end(who)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait
