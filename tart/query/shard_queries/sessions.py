"""Queries about telemetry connections and the conformance of nodes.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from tart.query.core import merge
from tart.query.core.cursor import Cursor
from tart.query.core.merge import Page
from tart.query.core.query import Partials, Query
from tart.query.core.version_spans import VersionSpan, join_spans
from tart.query.core.windows import Window

Json = dict[str, Any]


class SessionPage(Query[list[Json], Page], frozen=True):
    """Connections that were open in the cursor's window, newest first.

    Rows are objects of the columns of ``aggregate.core.tables``' sessions, and ``id``.

    Attributes:
        limit: Rows of each directory: one more than the page has, to show that more follow.
    """

    name = "sessions"
    source = "aggregates"
    tables = ("sessions",)
    cursor: Cursor
    limit: int
    node: str | None = None

    def merge(self, partials: Partials[list[Json]]) -> Page:
        """Return the page that begins at the cursor."""
        return merge.event_page(partials, self.limit - 1, self.cursor, "started_at")


class ConnectionBucket(NamedTuple):
    """Counts of a bucket of time that begins at ``at`` (Unix microseconds)."""

    at: int
    connects: int
    disconnects: int
    refused: int


class ConnectionCounts(Struct, frozen=True):
    """Connections by bucket.

    Attributes:
        open: Connections that were open when the window began.
        buckets: Those that are not empty, in order of time.
    """

    open: int
    buckets: list[ConnectionBucket]


class Connections(Query[ConnectionCounts, Json], frozen=True):
    """Connects, disconnects and refused connections of a window by bucket.

    Merged: ``{open, buckets: [[Unix µs, connects, disconnects, refused], …]}``.

    Attributes:
        step_us: The length of the buckets; ``None`` makes the window one bucket.
    """

    name = "connections"
    source = "aggregates"
    tables = ("sessions",)
    window: Window = Window()
    step_us: int | None = None
    node: str | None = None

    def merge(self, partials: Partials[ConnectionCounts]) -> Json:
        """Add up the buckets."""
        buckets: dict[int, list[int]] = {}
        for _, answer in partials:
            for start_us, *counts in answer.buckets:
                known = buckets.setdefault(start_us, [0] * len(counts))
                buckets[start_us] = [one + more for one, more in zip(known, counts, strict=True)]
        return {
            "open": sum(answer.open for _, answer in partials),
            "buckets": [[at, *counts] for at, counts in sorted(buckets.items())],
        }


class ProtocolVersions(Query[list[Json], list[Json]], frozen=True):
    """Protocol versions of nodes' connections in a window.

    Rows are objects of node, protocol_version, params_layout, sessions, first_at and last_at
    (starts, Unix µs), connected_us (within the window), shed (of whole connections).
    """

    name = "protocol_versions"
    source = "aggregates"
    tables = ("sessions",)
    window: Window
    now_us: int
    node: str | None = None

    def merge(self, partials: Partials[list[Json]]) -> list[Json]:
        """Return the rows of all shards."""
        return [row for _, rows in partials for row in rows]


class VersionSpans(Query[list[VersionSpan], list[VersionSpan]], frozen=True):
    """Times in which nodes were connected with a version; see ``query.core.version_spans``.

    Attributes:
        gap_us: Spans of a node with one version that are at most so far apart are joined.
    """

    name = "version_spans"
    source = "aggregates"
    tables = ("sessions",)
    window: Window
    now_us: int
    gap_us: int

    def merge(self, partials: Partials[list[VersionSpan]]) -> list[VersionSpan]:
        """Join the spans of all shards."""
        return join_spans((span for _, spans in partials for span in spans), self.gap_us)


class Examples(Query[list[Json], list[Json]], frozen=True):
    """The newest examples of findings, newest first.

    Rows are objects of at (Unix µs), node, session, id, event_id, type, rule, byte_offset,
    field, expectation, frame (hex), size.

    Attributes:
        limit: Examples of each rule and shard.
    """

    name = "examples"
    source = "aggregates"
    tables = ("examples",)
    window: Window = Window()
    limit: int = 3
    node: str | None = None

    def merge(self, partials: Partials[list[Json]]) -> list[Json]:
        """Return the rows of all shards, newest first."""
        rows = [row for _, part in partials for row in part]
        return sorted(rows, key=lambda row: row["at"], reverse=True)


class FindingExamples(Query[list[Json], list[Json]], frozen=True):
    """The newest examples of findings that pass a filter, newest first; rows as of ``Examples``.

    Attributes:
        rule: Code of a rule; ``None`` means all.
        nodes: Ids; ``None`` means all, and connections that never named their node.
        limit: Examples of each shard.
    """

    name = "finding_examples"
    source = "aggregates"
    tables = ("examples",)
    window: Window = Window()
    rule: str | None = None
    nodes: Sequence[str] | None = None
    limit: int = 100

    def merge(self, partials: Partials[list[Json]]) -> list[Json]:
        """Return the rows of all shards, newest first."""
        rows = [row for _, part in partials for row in part]
        return sorted(rows, key=lambda row: row["at"], reverse=True)
