"""The pace of work that costs less when it is done for several events together.

Pure. Latency comes first while the work is cheap, and cost first as it takes more of the time:

- After a pause, the events that belong together arrive within a moment. A run waits for them about
  as long as it takes itself: at least its own cost, at most ``_GATHER_PER_COST`` times that, and
  within these bounds ``gather_seconds``.
- While events keep coming, the work rests after each run until it takes a tenth of the time, but
  not longer than ``rest_seconds``, for that is what its events may wait. Only work that is more
  expensive takes more, and a third of the time at most.

No delay is longer than ``most_seconds``, whatever the work costs.
"""

from __future__ import annotations

# Rests by which the work takes a tenth of the time, and a third.
_REST_PER_COST = 9.0
_LEAST_REST_PER_COST = 2.0
_GATHER_PER_COST = 4.0
# The share of the last cost in the estimate: one slow run does not set the pace alone.
_SMOOTHING = 0.25


class Pace:
    """The time at which the next run of repeated work begins.

    Args:
        most_seconds: The longest delay of an event.
        rest_seconds: The longest rest of work that may take a tenth of the time.
        gather_seconds: The time within which events that belong together arrive.

    Attributes:
        cost: The usual duration of a run, in seconds.
    """

    def __init__(
        self, most_seconds: float, rest_seconds: float = 0.0, gather_seconds: float = 0.0
    ) -> None:
        self.cost = 0.0
        self._most = most_seconds
        self._rest = rest_seconds
        self._gather = gather_seconds
        self._ended = float("-inf")

    def delay(self, now: float) -> float:
        """Return the seconds from the first event that waits to the next run."""
        cost = self.cost
        gather = max(cost, min(_GATHER_PER_COST * cost, self._gather))
        rest = max(_LEAST_REST_PER_COST * cost, min(_REST_PER_COST * cost, self._rest))
        return min(max(gather, self._ended + rest - now), self._most)

    def record(self, seconds: float, now: float) -> None:
        """Record that a run ended, and how long it took."""
        self.cost += (seconds - self.cost) * _SMOOTHING
        self._ended = now
