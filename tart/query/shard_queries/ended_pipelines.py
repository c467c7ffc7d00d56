"""The query about packages and blocks that had news since a time, to find those that ended.

Pure. A package or a block has no last event: it has ended once nothing was received of it for a
while. The answer therefore has also those whose newest event is of the last moments; the gateway
leaves them until they are quiet.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from tart.query.core.query import Partials, Query


class EndedPipeline(NamedTuple):
    """A package or a block over all pipelines of a shard, or an attempt whose hash is not known.

    Attributes:
        hash: ``None`` for an attempt that ended before it was known.
        first_at: Arrival of the first event, Unix microseconds.
        last_at: Arrival of the newest event.
        failed: An attempt failed.
        node: The node of the first attempt.
        session: Its session, as the table has it.
        api_session: Its session, as the API names it.
        root: The id of its first event.
    """

    hash: str | None
    first_at: int
    last_at: int
    failed: bool
    node: str
    session: int
    api_session: int
    root: int


class EndedPart(Struct, frozen=True):
    """One shard's answer.

    Attributes:
        rows: In order of ``last_at``.
        is_cut: There are more, with later news.
    """

    rows: list[EndedPipeline]
    is_cut: bool


class EndedPipelineSet(NamedTuple):
    """The merged answer.

    Attributes:
        pipelines: In order of ``last_at``.
        until_us: Those with later news may be missing; ``None`` if there are no others.
    """

    pipelines: list[EndedPipeline]
    until_us: int | None


class EndedPipelines(Query[EndedPart, EndedPipelineSet], frozen=True):
    """Packages or blocks with news since a time; duplicate submissions (93) are left out.

    Attributes:
        table: ``packages`` or ``blocks``.
        since_us: The time, Unix microseconds.
        started_us: Pipelines that began before are left out: none is followed for that long.
        limit: Of rows of a shard.
    """

    name = "ended_pipelines"
    source = "aggregates"
    table: str
    since_us: int
    started_us: int
    limit: int = 5_000

    def merge(self, partials: Partials[EndedPart]) -> EndedPipelineSet:
        """Return each package or block once."""
        merged: dict[object, EndedPipeline] = {}
        cuts: list[int] = []
        for _, part in partials:
            if part.is_cut:
                cuts.append(part.rows[-1].last_at if part.rows else self.since_us)
            for row in part.rows:
                key = row.hash or (row.node, row.api_session, row.root)
                known = merged.get(key)
                merged[key] = row if known is None else _join(known, row)
        ordered = sorted(merged.values(), key=lambda row: (row.last_at, row.hash or ""))
        return EndedPipelineSet(ordered, min(cuts, default=None))

    def tables_read(self) -> tuple[str, ...]:
        """Return the table."""
        return (self.table,)


def _join(one: EndedPipeline, other: EndedPipeline) -> EndedPipeline:
    first = min(one, other, key=lambda row: (row.first_at, row.node))
    return first._replace(
        last_at=max(one.last_at, other.last_at), failed=one.failed or other.failed
    )
