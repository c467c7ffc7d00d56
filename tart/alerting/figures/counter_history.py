"""Counters over time: by how much each rose in a window.

Pure. What is added are totals, such as the events that a node dropped since it was first seen; only
changes are stored. A total that falls (a process began again, old files were removed) counts as
the beginning of another.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from tart.units import HOUR_US

# Earlier than any window.
_EVER_US = -(1 << 62)


@dataclass(frozen=True)
class Increase:
    """An increase.

    Attributes:
        is_whole: Whether the whole window was observed; else the increase may be greater.
    """

    count: int
    is_whole: bool

    @property
    def value(self) -> float | None:
        """The increase; ``None`` if none was seen in a part of the window only."""
        return float(self.count) if self.is_whole or self.count else None


@dataclass
class _Counter:
    """The changes of one counter.

    Attributes:
        last: The newest total that was added.
        seen_us: When it was added last.
        times: Of the changes, Unix microseconds.
        counts: What was counted up to each of them.
    """

    last: int
    seen_us: int
    times: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)


class CounterHistory:
    """The increases of counters.

    Args:
        longest_us: The longest window.
    """

    def __init__(self, longest_us: int = HOUR_US) -> None:
        self._longest_us = longest_us
        self._counters: dict[Hashable, _Counter] = {}

    def __len__(self) -> int:
        return len(self._counters)

    def add(self, now_us: int, totals: Mapping[Hashable, int], *, begin_at_0: bool = False) -> None:
        """Add the totals of one time.

        Args:
            now_us: Unix microseconds.
            totals: By counter.
            begin_at_0: Whether counters that were not added before began after the last call;
                else what they counted before is not known, and left out.
        """
        for key, total in totals.items():
            counter = self._counters.get(key)
            if counter is None:
                # One that began at 0 had counted nothing at any time before.
                first, since_us = (0, _EVER_US) if begin_at_0 else (total, now_us)
                counter = _Counter(first, now_us, [since_us], [0])
                self._counters[key] = counter
            if total != counter.last:
                counted = total if total < counter.last else total - counter.last
                counter.times.append(now_us)
                counter.counts.append(counter.counts[-1] + counted)
                counter.last = total
            counter.seen_us = now_us
        self._forget(now_us - self._longest_us)

    def increase(self, key: Hashable, start_us: int) -> Increase | None:
        """Return by how much a counter has risen since a time; ``None`` if it is not known."""
        counter = self._counters.get(key)
        if counter is None:
            return None
        index = bisect_right(counter.times, start_us) - 1
        before = counter.counts[max(0, index)]
        return Increase(counter.counts[-1] - before, is_whole=index >= 0)

    def _forget(self, before_us: int) -> None:
        """Forget what no window can contain."""
        for key, counter in list(self._counters.items()):
            if counter.seen_us < before_us:
                del self._counters[key]
                continue
            # The last change before the longest window is where that begins.
            unneeded = bisect_right(counter.times, before_us) - 1
            if unneeded > 0:
                del counter.times[:unneeded], counter.counts[:unneeded]
