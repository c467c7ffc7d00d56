"""A flush: the rows of one write to the aggregate file, and the position it then covers.

Pure. The position is one of the event log.
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
        flush: The number of the last flush.
        next_seq: The first ``seq`` that is in no flush.
        replay_from_seq: The first ``seq`` of the pipelines that were open at the flush; a
            restart reads the event log from there.
        taken_at: The time of the flush, Unix microseconds.
    """

    flush: int = 0
    next_seq: int = 0
    replay_from_seq: int = 0
    taken_at: int = 0


@dataclass(frozen=True)
class Flush:
    """The rows gathered since the previous flush.

    Attributes:
        state: The position of the file after this flush.
        rows: Rows by table.
        nodes: Number and peer id of the nodes that the file does not know.
        open_sessions: Rows that replace those of the previous flush.
    """

    state: FlushState
    rows: Mapping[str, Rows]
    nodes: list[tuple[int, bytes]]
    open_sessions: Rows = field(default_factory=lambda: session_rows([]))
