"""Labels for the implementations of nodes: few, of printable text, and stable.

Pure; time is an argument. Nodes choose these names. Prometheus stores a time series for each that
it ever sees, so at most ``MAX_LABELS`` pairs of name and version have labels of their own, and a
label is free for another pair only ``HOLD_SECONDS`` after its last node left. Nodes of further
pairs are counted as ``OTHER``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tart.printable import replace_unprintable

MAX_LABELS = 32
HOLD_SECONDS = 86_400.0
MAX_LENGTH = 32
OTHER = "other"
UNKNOWN = "unknown"

# An implementation and its version.
Pair = tuple[str, str]


def label_value(text: str | None) -> str:
    """Return text of a node as the value of a label: printable, and of limited length."""
    return replace_unprintable(text or "").strip()[:MAX_LENGTH] or UNKNOWN


class ImplementationLabels:
    """The labels in use.

    Attributes:
        folded: How often a pair began to be counted as ``OTHER``.
    """

    def __init__(self, max_labels: int = MAX_LABELS, hold_seconds: float = HOLD_SECONDS) -> None:
        self._max_labels = max_labels
        self._hold_seconds = hold_seconds
        # Pairs with a label, and when they last had a node.
        self._held: dict[Pair, float] = {}
        self._other: set[Pair] = set()
        self.folded = 0

    def assign(self, nodes: Mapping[Pair, int], now: float) -> dict[Pair, int]:
        """Return the number of nodes by label.

        Args:
            nodes: The number of nodes by implementation and version, which are label values.
            now: Monotonic seconds.
        """
        self._held = {
            pair: seen_at
            for pair, seen_at in self._held.items()
            if now - seen_at <= self._hold_seconds
        }
        for pair, _ in sorted(nodes.items(), key=lambda item: (-item[1], item[0])):
            if pair in self._held or len(self._held) < self._max_labels:
                self._held[pair] = now
        labels: Counter[Pair] = Counter()
        other = nodes.keys() - self._held.keys()
        for pair, count in nodes.items():
            labels[(OTHER, OTHER) if pair in other else pair] += count
        self.folded += len(other - self._other)
        self._other = set(other)
        return dict(labels)
