"""Durations in logarithmic bins: additive over nodes, shards and time.

Pure. Four bins to the octave from a microsecond to more than an hour: a percentile read
from them is at most a tenth off (2^(1/8) - 1). Bin 0 also holds what took no time or
less, which is what a clock that was set back says.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

PER_OCTAVE = 4
BINS = 128


def middle_us(number: int) -> float:
    """The geometric middle of a bin, microseconds."""
    return float(2.0 ** ((number + 0.5) / PER_OCTAVE)) if number else 1.0


def upper_us(number: int) -> float:
    """Where a bin ends, microseconds."""
    return float(2.0 ** ((number + 1) / PER_OCTAVE))


def percentile_us(counts: Mapping[int, int], share: float) -> float | None:
    """The duration that ``share`` of the samples do not exceed; ``None`` without samples.

    Nearest rank, then the middle of the bin that holds it.
    """
    total = sum(counts.values())
    if not total:
        return None
    # Less than a millionth of a sample is the share's own rounding.
    rank = max(1, ceil(share * total - 1e-6))
    seen = 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= rank:
            return middle_us(number)
    return None


def mean_us(counts: Mapping[int, int]) -> float | None:
    """The mean of the bins' middles; ``None`` without samples."""
    total = sum(counts.values())
    if not total:
        return None
    return sum(middle_us(number) * count for number, count in counts.items()) / total
