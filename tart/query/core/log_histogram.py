"""Histograms of durations with logarithmic bins, similar to DDSketch.

Pure. Histograms add up over nodes, shards and time. There are four bins per octave, from a
microsecond to more than an hour, so a percentile is exact within 10 % (2^(1/8) - 1). Bin 0 also
contains durations of zero and below, which occur if a node's clock is set back.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

PER_OCTAVE = 4
BINS = 128


def middle_us(number: int) -> float:
    """Return the geometric middle of a bin in microseconds."""
    return float(2.0 ** ((number + 0.5) / PER_OCTAVE)) if number else 1.0


def upper_us(number: int) -> float:
    """Return the upper end of a bin in microseconds."""
    return float(2.0 ** ((number + 1) / PER_OCTAVE))


def percentile_us(counts: Mapping[int, int], share: float) -> float | None:
    """Return the duration that a share of the samples does not exceed; ``None`` without samples.

    The result is the middle of the bin that contains the sample of the nearest rank.
    """
    total = sum(counts.values())
    if not total:
        return None
    # Differences below a millionth of a sample are rounding errors of the share.
    rank = max(1, ceil(share * total - 1e-6))
    seen = 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= rank:
            return middle_us(number)
    return None


def mean_us(counts: Mapping[int, int]) -> float | None:
    """Return the mean of the bins' middles in microseconds; ``None`` without samples."""
    total = sum(counts.values())
    if not total:
        return None
    return sum(middle_us(number) * count for number, count in counts.items()) / total
