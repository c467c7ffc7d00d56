"""The spread of versions: when each reached half, nine tenths, all nodes of its implementation.

Pure. The nodes of an implementation are those that ran it in the window, whenever that was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import ceil

from tart.query.answers.implementations import VersionSpread
from tart.query.core.rfc3339 import server_time
from tart.query.core.version_spans import VersionSpan

Version = tuple[str | None, str | None]


def version_spread(spans: Iterable[VersionSpan], start_us: int) -> dict[Version, VersionSpread]:
    """Return the spread of each version within a window.

    Args:
        spans: Times in which nodes were connected, with their versions.
        start_us: Start of the window; a version that a node had then was first seen before it.
    """
    first: defaultdict[Version, dict[str, int]] = defaultdict(dict)
    nodes: defaultdict[str | None, set[str]] = defaultdict(set)
    for span in spans:
        of_version = first[span.name, span.version]
        of_version[span.node] = min(span.start_us, of_version.get(span.node, span.start_us))
        nodes[span.name].add(span.node)
    return {
        version: _spread(of_version, len(nodes[version[0]]), start_us)
        for version, of_version in first.items()
    }


def _spread(first: Mapping[str, int], nodes: int, start_us: int) -> VersionSpread:
    times = sorted(first.values())

    def reached(share: float) -> str | None:
        place = max(1, ceil(share * nodes - 1e-9)) - 1
        if place >= len(times) or times[place] <= start_us:
            return None
        return server_time(times[place])

    return {
        "nodes": nodes,
        "reached": len(times),
        "at_start": sum(time_us <= start_us for time_us in times),
        "first_at": None if times[0] <= start_us else server_time(times[0]),
        "half_at": reached(0.5),
        "most_at": reached(0.9),
        "all_at": reached(1.0),
    }
