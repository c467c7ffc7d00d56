"""Exponential backoff with full jitter.

Pure. Nodes that lost the same server at the same time must not reconnect together: each wait
is random between zero and a bound that doubles (AWS, "Exponential Backoff And Jitter").
"""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """The waits between the connections of one client.

    A connection counts as a success once it has lasted ``maximum`` seconds: a server that
    accepts and closes at once is treated like one that refuses.

    Args:
        first: Bound of the first wait, seconds.
        maximum: Bound of any wait, seconds.
        uniform: Returns a random number between its arguments, such as ``random.uniform``.
    """

    def __init__(
        self, first: float, maximum: float, uniform: Callable[[float, float], float]
    ) -> None:
        self._first = first
        self._maximum = maximum
        self._uniform = uniform
        self._bound = first

    def record_connection(self, seconds: float) -> None:
        """Record that a connection ended which had lasted this long."""
        if seconds >= self._maximum:
            self._bound = self._first

    def delay(self) -> float:
        """Return the seconds to wait now; the bound of the next wait is twice as long."""
        bound = min(self._bound, self._maximum)
        self._bound = bound * 2
        return self._uniform(0.0, bound)
