"""A flush: the aggregates written at once, and how far the aggregate file then is.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.keyed.sessions import session_rows


@dataclass(frozen=True)
class FlushState:
    """The position of an aggregate file in the event log.

    Attributes:
        flush: the number of the last flush.
        through: the first ``seq`` that is in no flush.
        resume: the first ``seq`` of the pipelines that were open at the flush; a restart
            reads the event log from there.
        taken_at: the time of the flush, Unix microseconds.
    """

    flush: int = 0
    through: int = 0
    resume: int = 0
    taken_at: int = 0


@dataclass(frozen=True)
class Flush:
    """The rows gathered since the previous flush.

    Attributes:
        rows: by table.
        nodes: number and peer id of the nodes that the file does not know.
        open_sessions: replaces the rows that the previous flush wrote.
    """

    state: FlushState
    rows: Mapping[str, Rows]
    nodes: list[tuple[int, bytes]]
    open_sessions: Rows = field(default_factory=lambda: session_rows([]))
