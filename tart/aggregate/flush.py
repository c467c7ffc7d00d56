"""What is written of the aggregates at a time, and how far they then are.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.keyed.sessions import session_rows


@dataclass(frozen=True)
class FlushState:
    """How far a file is.

    Attributes:
        flush: the number of the last flush.
        through: the first ``seq`` of the log that is in no flush.
        resume: the first ``seq`` of a pipeline that was open then.
        taken_at: when it was taken, Unix microseconds.
    """

    flush: int = 0
    through: int = 0
    resume: int = 0
    taken_at: int = 0


@dataclass(frozen=True)
class Flush:
    """What was gathered since the one before.

    ``open_sessions`` takes the place of what the one before said of them.
    """

    state: FlushState
    rows: Mapping[str, Rows]
    nodes: list[tuple[int, bytes]]
    open_sessions: Rows = field(default_factory=lambda: session_rows([]))
