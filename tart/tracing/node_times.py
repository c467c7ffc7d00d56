"""Times of nodes on the server's clock.

Pure. The offset of a node's clock is the least of two: of the table ``clocks`` in the whole minutes
before, and of the delays with which the node's events of the trace arrived. Both are known when
what the trace is about has ended, so that a later export computes the same times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tart.query.core.windows import Window
from tart.tracing.spans import Value
from tart.units import JCE_US, MINUTE_US

# The time before in which offsets count.
_CLOCKS_US = 10 * MINUTE_US
_NANOSECONDS = 1_000


def clock_window(start_us: int) -> Window:
    """Return the whole minutes before a time, in which offsets of clocks are taken."""
    end = start_us - start_us % MINUTE_US
    return Window(end - _CLOCKS_US, end - 1)


@dataclass(frozen=True)
class NodeTimes:
    """Converts the times of nodes.

    Attributes:
        offsets: By node, microseconds to add to its clock.
    """

    offsets: Mapping[str, int]

    @classmethod
    def estimate(
        cls, known: Mapping[str, int], arrivals: Iterable[tuple[str, int, int]]
    ) -> NodeTimes:
        """Return the times by the best estimate of each clock.

        Args:
            known: Offsets of the table ``clocks``.
            arrivals: Node, arrival (Unix microseconds) and time by the node's clock (JCE
                microseconds) of events.
        """
        offsets = dict(known)
        for node, received_us, clock_us in arrivals:
            delay = received_us - clock_us - JCE_US
            offsets[node] = min(delay, offsets.get(node, delay))
        return cls(offsets)

    def unix_us(self, node: str, clock_us: int) -> int:
        """Return a time of a node, JCE microseconds, as Unix microseconds of the server's clock."""
        return clock_us + JCE_US + self.offsets.get(node, 0)

    def raw(self, node: str, start_us: int, end_us: int) -> dict[str, Value]:
        """Return attributes with the times that the node itself gave; arguments are corrected."""
        offset = self.offsets.get(node, 0)
        return {
            "jam.clock.offset_us": offset,
            "jam.clock.start_unix_nano": (start_us - offset) * _NANOSECONDS,
            "jam.clock.end_unix_nano": (end_us - offset) * _NANOSECONDS,
        }
