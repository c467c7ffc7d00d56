"""How long to wait before the next attempt: exponential, with full jitter.

Pure. Nodes that lost the same server at the same moment must not come back together:
the wait is anything between nothing and a bound that doubles (AWS, "Exponential Backoff
And Jitter").
"""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """The waits of one emitter.

    Args:
        first: bound of the first wait, seconds.
        most: bound of any wait, seconds.
        uniform: a random number between its two arguments, such as ``random.uniform``.

    A connection counts as a success once it has lasted ``most`` seconds: a server that
    accepts and closes at once is waited for like one that refuses.
    """

    def __init__(self, first: float, most: float, uniform: Callable[[float, float], float]) -> None:
        self._first = first
        self._most = most
        self._uniform = uniform
        self._bound = first

    def ended(self, lasted: float) -> None:
        """A connection ended that had lasted so many seconds."""
        if lasted >= self._most:
            self._bound = self._first

    def delay(self) -> float:
        """Seconds to wait now; the bound of the next wait is twice as long."""
        bound = min(self._bound, self._most)
        self._bound = bound * 2
        return self._uniform(0.0, bound)
