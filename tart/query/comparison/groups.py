"""Groups of nodes by implementation or version, over a window in which versions change.

Pure. A node that had one version in the window counts with the whole of it. One that changed counts
for each of its versions with the slices of the window in which it had this version alone; slices
in which it changed are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

from tart.query.core.version_spans import VersionSpan
from tart.query.core.windows import Window
from tart.query.topics.time_series import Buckets

By = Literal["implementation", "version"]
# A window is cut into at most as many slices. Each is read on its own if nodes changed in it.
MAX_SLICES = 12
# Nodes name themselves what they like; implementations are compared each with each.
MAX_GROUPS: Mapping[By, int] = {"implementation": 24, "version": 100}


class Group(NamedTuple):
    """An implementation, or a version of one.

    Attributes:
        name: Name of the implementation.
        version: ``None`` if groups are implementations.
    """

    name: str
    version: str | None = None

    @property
    def label(self) -> str:
        """The text that names the group in differences."""
        return self.name if self.version is None else f"{self.name} {self.version}"


@dataclass(frozen=True)
class Membership:
    """The groups of nodes in a window.

    Attributes:
        whole: The group of each node that had one.
        slices: Of nodes that changed: windows, and the group of each node in them.
        spans: The spans of each node, in order of time.
        first_seen: When each group was first seen in the window, Unix microseconds.
        unknown: Nodes whose implementation is not known.
        changed: Nodes that had several groups.
    """

    whole: Mapping[str, Group]
    slices: Sequence[tuple[Window, Mapping[str, Group]]] = ()
    spans: Mapping[str, Sequence[VersionSpan]] = field(default_factory=dict)
    first_seen: Mapping[Group, int] = field(default_factory=dict)
    unknown: int = 0
    changed: int = 0

    def parts(self, window: Window) -> list[tuple[Window, Mapping[str, Group]]]:
        """Return the windows to be read, and the group of each node in them."""
        return [(window, self.whole), *((part, nodes) for part, nodes in self.slices if nodes)]

    def group_at(self, node: str | None, time_us: int) -> Group | None:
        """Return the group of a node at a time; ``None`` if it is not known."""
        if node is None:
            return None
        if node in self.whole:
            return self.whole[node]
        for window, nodes in self.slices:
            assert window.start_us is not None
            assert window.end_us is not None
            if window.start_us <= time_us <= window.end_us:
                return nodes.get(node)
        return None

    def connected_us(self, node: str, window: Window) -> int:
        """Return the time within a window in which a node was connected."""
        assert window.start_us is not None
        assert window.end_us is not None
        return sum(
            max(0, min(span.end_us, window.end_us) - max(span.start_us, window.start_us))
            for span in self.spans.get(node, ())
        )

    def restarts(self, node: str, window: Window) -> int:
        """Return how often a node connected again within a window, with the version it had."""
        assert window.start_us is not None
        assert window.end_us is not None
        spans = self.spans.get(node, ())
        return sum(
            window.start_us < span.start_us <= window.end_us and span[1:3] == before[1:3]
            for before, span in pairwise(spans)
        )


def assign_groups(
    spans: Iterable[VersionSpan],
    names: Mapping[str, tuple[str | None, str | None]],
    by: By,
    buckets: Buckets,
) -> Membership:
    """Return the groups of all nodes that were connected in a window.

    Args:
        spans: Times in which nodes were connected, with their versions.
        names: Implementation and version of nodes, where no file has those of a span any more.
        by: How nodes are grouped.
        buckets: The slices of the window.
    """
    of_node: defaultdict[str, list[VersionSpan]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: (span.start_us, span.end_us)):
        of_node[span.node].append(span)
    whole: dict[str, Group] = {}
    slices = [(_slice(buckets, start), dict[str, Group]()) for start in buckets.starts[::-1]]
    first_seen: dict[Group, int] = {}
    unknown = changed = 0
    for node, of_one in of_node.items():
        timed = [(span, _group(span, names, by)) for span in of_one]
        for span, group in timed:
            if group is not None:
                first_seen[group] = min(span.start_us, first_seen.get(group, span.start_us))
        groups = {group for _, group in timed}
        if groups == {None}:
            unknown += 1
        elif len(groups) == 1:
            (whole[node],) = (group for group in groups if group is not None)
        else:
            changed += 1
            _assign_slices(node, timed, slices)
    return Membership(whole, slices if changed else (), of_node, first_seen, unknown, changed)


def _slice(buckets: Buckets, start_us: int) -> Window:
    return Window(start_us, min(start_us + buckets.step_us - 1, buckets.end_us))


def _group(
    span: VersionSpan, names: Mapping[str, tuple[str | None, str | None]], by: By
) -> Group | None:
    name, version = span.name, span.version
    if name is None:
        name, version = names.get(span.node, (None, None))
    if name is None:
        return None
    return Group(name) if by == "implementation" else Group(name, version or "")


def _assign_slices(
    node: str,
    timed: Sequence[tuple[VersionSpan, Group | None]],
    slices: Iterable[tuple[Window, dict[str, Group]]],
) -> None:
    for window, nodes in slices:
        assert window.start_us is not None
        assert window.end_us is not None
        groups = {
            group
            for span, group in timed
            if span.start_us <= window.end_us and span.end_us >= window.start_us
        }
        if len(groups) == 1 and None not in groups:
            (nodes[node],) = (group for group in groups if group is not None)


def largest_groups(membership: Membership, by: By, baseline: str | None) -> set[Group]:
    """Return the groups that are compared: those of most nodes, and first the baseline.

    Args:
        membership: All groups.
        by: How nodes are grouped; it limits their number.
        baseline: See ``pair_groups``.
    """
    sizes = Counter(membership.whole.values())
    for _, nodes in membership.slices:
        sizes.update(set(nodes.values()))
    ordered = sorted(
        membership.first_seen,
        key=lambda group: (
            baseline is None or baseline not in (group.label, group.version),
            -sizes[group],
            group.label,
        ),
    )
    return set(ordered[: MAX_GROUPS[by]])


def pair_groups(
    groups: Iterable[Group], first_seen: Mapping[Group, int], baseline: str | None
) -> list[tuple[Group, Group]]:
    """Return the pairs of groups to be compared: the second is measured by the first.

    Implementations are compared with each other; versions of an implementation with the one before,
    by the time when it was first seen.

    Args:
        groups: All groups.
        first_seen: Of versions, Unix microseconds.
        baseline: A group that all others are compared with instead: its label, or a version, for
            the other versions of the same implementations.
    """
    ordered = sorted(groups, key=lambda group: (group.name, first_seen.get(group, 0), group.label))
    if baseline is not None:
        return [
            (base, other)
            for base in ordered
            if baseline in (base.label, base.version)
            for other in ordered
            if other != base and (base.version is None or other.name == base.name)
        ]
    if all(group.version is None for group in ordered):
        return [(one, other) for place, one in enumerate(ordered) for other in ordered[place + 1 :]]
    return [(one, other) for one, other in pairwise(ordered) if one.name == other.name]
