"""Scores of members against the others of their cohort at the same time.

Pure. A score is the distance from the median in units of the median absolute deviation, scaled to
the standard deviation of a normal distribution (Iglewicz and Hoaglin, 1993): half of the members
may be anything without moving either. What happens to the whole network at once moves the median
and no score.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# Of fewer members no median is told.
MIN_MEMBERS = 5
# Minutes that are looked at, and in how many of them a member must differ.
MINUTES, PERSISTENT = 5, 3
# Distances beyond this say nothing more.
MOST = 1_000.0
_TO_DEVIATION = 1.4826
# Members that hardly differ have at least this spread: shares of the median and of a high value.
_MEDIAN_SHARE, _HIGH_SHARE = 0.02, 0.05
_HIGH = 95


class Cohort(NamedTuple):
    """Members at one time.

    Attributes:
        median: Of the known values.
        scale: What one unit of a score is.
        members: How many values are known.
        scores: Signed, by member; NaN where the value is not known.
    """

    median: float
    scale: float
    members: int
    scores: Values


def cohort(values: Values, unit: float) -> Cohort | None:
    """Return the scores of members; ``None`` if too few values are known.

    Args:
        values: By member; NaN is unknown.
        unit: The smallest difference that means anything.
    """
    known = values[~np.isnan(values)]
    if len(known) < MIN_MEMBERS:
        return None
    median = float(np.median(known))
    spread = _TO_DEVIATION * float(np.median(np.abs(known - median)))
    high = float(np.percentile(np.abs(known), _HIGH))
    scale = max(spread, _MEDIAN_SHARE * abs(median), _HIGH_SHARE * high, unit)
    scores = np.clip((values - median) / scale, -MOST, MOST)
    return Cohort(median, scale, len(known), scores)


class Persistence:
    """Scores of the last minutes: what held in ``PERSISTENT`` of ``MINUTES`` of them.

    A member that differs for a minute only, or now up and now down, has a low score.
    """

    def __init__(self) -> None:
        self._scores: deque[dict[str, float]] = deque(maxlen=MINUTES)

    def add(self, scores: dict[str, float]) -> dict[str, float]:
        """Take the signed scores of a minute by member; return the persistent ones.

        A member's persistent score is the greatest that it reached ``PERSISTENT`` times in one
        direction, with its sign; 0 before it was seen that often.
        """
        self._scores.append(scores)
        return {member: self._persistent(member) for member in scores}

    def _persistent(self, member: str) -> float:
        past = [minute[member] for minute in self._scores if member in minute]
        if len(past) < PERSISTENT:
            return 0.0
        past.sort()
        above, below = past[-PERSISTENT], past[PERSISTENT - 1]
        return max(above, 0.0) if above >= -below else min(below, 0.0)
