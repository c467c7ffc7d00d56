"""Histograms of durations with logarithmic bins, similar to DDSketch.

Pure. Histograms add up over nodes, shards and time. There are four bins per octave, from a
microsecond to more than an hour, so a percentile is exact within 10 % (2^(1/8) - 1). Bin 0 also
contains durations of zero and below, which occur if a node's clock is set back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil

from tart.units import ms

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
    if not any(counts.values()):
        return None
    return middle_us(nearest_ranks(counts, (share,))[0])


def percentile_ms(counts: Mapping[int, int] | None, share: float) -> float | None:
    """Return a percentile in milliseconds; ``None`` without samples."""
    return ms(percentile_us(counts, share)) if counts else None


def nearest_ranks(counts: Mapping[int, int], shares: Iterable[float]) -> list[int]:
    """Return the values that these shares of samples do not exceed, by nearest rank.

    Args:
        counts: The number of samples by value, such as a bin; at least one sample.
        shares: In ascending order.
    """
    total = sum(counts.values())
    values = iter(sorted(counts))
    value = next(values)
    seen, ranks = counts[value], []
    for share in shares:
        # Differences below a millionth of a sample are rounding errors of the share.
        rank = max(1, ceil(share * total - 1e-6))
        while seen < rank:
            value = next(values)
            seen += counts[value]
        ranks.append(value)
    return ranks


def mean_us(counts: Mapping[int, int]) -> float | None:
    """Return the mean of the bins' middles in microseconds; ``None`` without samples."""
    total = sum(counts.values())
    if not total:
        return None
    return sum(middle_us(number) * count for number, count in counts.items()) / total
