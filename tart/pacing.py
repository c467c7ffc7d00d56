"""The pace of work that costs less when it is done for several events together.

Pure. A lone event waits as long as the work took last, in which others that belong to it arrive.
While events keep coming, the work takes at most a third of the time. Both delays are bounded.
"""

from __future__ import annotations

_PAUSE_PER_COST = 2.0
# The share of the last cost in the estimate: one slow run does not set the pace alone.
_SMOOTHING = 0.25


class Pace:
    """The time at which the next run of repeated work begins.

    Args:
        most_seconds: The longest delay of an event.
        least_seconds: The shortest.

    Attributes:
        cost: The usual duration of a run, in seconds.
    """

    def __init__(self, most_seconds: float, least_seconds: float = 0.0) -> None:
        self.cost = 0.0
        self._most = most_seconds
        self._least = least_seconds
        self._ended = float("-inf")

    def delay(self, now: float) -> float:
        """Return the seconds from the first event that waits to the next run."""
        pause = self._ended + _PAUSE_PER_COST * self.cost - now
        return max(self._least, min(max(self.cost, pause), self._most))

    def record(self, seconds: float, now: float) -> None:
        """Record that a run ended, and how long it took."""
        self.cost += (seconds - self.cost) * _SMOOTHING
        self._ended = now
