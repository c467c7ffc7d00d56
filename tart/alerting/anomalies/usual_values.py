"""Scores of a series against its own history.

Pure. Two layers: the deviation of a value from an exponentially weighted mean in units of the
weighted standard deviation (Roberts, 1959), and how unusual a run of such deviations is among
those of the series' own past. The second makes scores of unlike series comparable, and a series
that always jumps gets no high scores for jumping (the "anomaly likelihood" of Ahmad et al.,
Neurocomputing 262, 2017).

The score is the decimal logarithm of how seldom that is: 3 is once in a thousand times, if the
deviations were normally distributed, which they are not: the bar of a rule is set by measurement.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

# Weight of a new value: the mean remembers some two hours of minutes.
WEIGHT = 0.01
# Values of which a mean and a deviation can be told.
WARM_UP = 30
# Deviations in a row whose mean is compared, and those of the past that it is compared with.
RUN, PAST = 8, 1_000
# The greatest score, and deviations beyond which nothing more is said.
MOST = 30.0
CLIP = 50.0
# A series that hardly varied has at least this deviation: shares of its level, and one unit.
FLOOR_SHARE = 0.02


class Deviation(NamedTuple):
    """A value beside what is usual.

    Attributes:
        value: The value.
        usual: The weighted mean of the values before.
        score: How unusual the last values are; 0 to ``MOST``; 0 while too few are known.
        known: The number of values that were known before.
    """

    value: float
    usual: float
    score: float
    known: int


class UsualValues:
    """The usual values of one series, learnt from them in their order.

    Args:
        unit: The smallest difference that means anything: 1 for counts, less for shares.
        weight: Of a new value in the mean.
    """

    def __init__(self, unit: float = 1.0, weight: float = WEIGHT) -> None:
        self._unit = unit
        self._weight = weight
        self._mean = 0.0
        self._variance = 0.0
        self._known = 0
        self._run: deque[float] = deque(maxlen=RUN)
        self._past: deque[float] = deque(maxlen=PAST)
        self._sum = 0.0
        self._squares = 0.0

    def add(self, value: float) -> Deviation:
        """Take the next value; return how unusual it is."""
        usual = self._mean if self._known else value
        score = 0.0
        if self._known >= WARM_UP:
            score = self._score(abs(value - usual) / self._scale())
        self._learn(value)
        return Deviation(value, usual, score, self._known - 1)

    def _scale(self) -> float:
        return max(math.sqrt(self._variance), FLOOR_SHARE * abs(self._mean), self._unit)

    def _learn(self, value: float) -> None:
        self._known += 1
        # The plain mean of the first values, so that the first one has no more weight than others.
        weight = max(self._weight, 1.0 / self._known)
        difference = value - self._mean
        self._mean += weight * difference
        self._variance = (1.0 - weight) * (self._variance + weight * difference * difference)

    def _score(self, deviation: float) -> float:
        """Return the score of the run that ends with a deviation, and remember it."""
        self._run.append(min(deviation, CLIP))
        run = sum(self._run) / len(self._run)
        score = 0.0
        count = len(self._past)
        if count >= WARM_UP:
            mean = self._sum / count
            spread = math.sqrt(max(0.0, self._squares / count - mean * mean))
            score = tail_score((run - mean) / max(spread, 0.1))
        if count == PAST:
            oldest = self._past[0]
            self._sum -= oldest
            self._squares -= oldest * oldest
        self._past.append(run)
        self._sum += run
        self._squares += run * run
        return score


def tail_score(deviations: float) -> float:
    """Return the decimal logarithm of how seldom a normal variable exceeds its mean so far.

    Args:
        deviations: The distance from the mean in standard deviations; below it the score is 0.
    """
    if deviations <= 0:
        return 0.0
    share = math.erfc(deviations / math.sqrt(2)) / 2
    return MOST if share < 10**-MOST else min(MOST, max(0.0, -math.log10(2 * share)))
