"""Versions of implementations over time, from connections.

Pure. A span is a time in which connections of a node were open with one implementation and version.
Spans of a node are joined over short gaps, so that a node that reconnects often has few of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class VersionSpan(NamedTuple):
    """A time in which a node was connected with one version; Unix microseconds.

    Attributes:
        node: 64 hex digits.
        name: Name of the implementation; ``None`` if no file has the node information any more.
        version: Likewise the version.
        start_us: The first moment.
        end_us: The last moment.
    """

    node: str
    name: str | None
    version: str | None
    start_us: int
    end_us: int


def join_spans(spans: Iterable[VersionSpan], gap_us: int) -> list[VersionSpan]:
    """Join spans of one node and version that overlap or are at most ``gap_us`` apart."""
    joined: dict[tuple[str, str | None, str | None], list[VersionSpan]] = {}
    for span in sorted(spans, key=lambda span: (span.start_us, span.end_us)):
        known = joined.setdefault(span[:3], [])
        if known and span.start_us <= known[-1].end_us + gap_us:
            known[-1] = known[-1]._replace(end_us=max(known[-1].end_us, span.end_us))
        else:
            known.append(span)
    return [span for known in joined.values() for span in known]
