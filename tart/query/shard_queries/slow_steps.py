"""The longest durations of one step of a node, from the event log.

Pure.
"""

from __future__ import annotations

from typing import NamedTuple

from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window


class SlowStepRow(NamedTuple):
    """An event and the event that it refers to.

    Attributes:
        directory: The directory of both.
        seq: Of the event that ends the step.
        parent_seq: Of the event that begins it.
        session: Number of the connection in the directory.
        event_id: Of the event that ends the step.
        received_at: Its arrival, Unix microseconds.
        duration_us: By the node's clock.
    """

    directory: int
    seq: int
    parent_seq: int
    session: int
    event_id: int
    received_at: int
    slot: int | None
    core: int | None
    duration_us: int


class SlowestSteps(Query[list[SlowStepRow], list[SlowStepRow]], frozen=True):
    """The longest durations of one step of a node in a window, longest first.

    Attributes:
        node: Id of the node.
        parent: Type of the event that begins the step.
        kind: Type of the event that ends it.
        limit: Number of rows.
    """

    name = "slowest_steps"
    source = "log"
    window: Window
    node: str
    parent: int
    kind: int
    limit: int

    def merge(self, partials: Partials[list[SlowStepRow]]) -> list[SlowStepRow]:
        """Return the longest of all shards."""
        rows = [row for _, part in partials for row in part]
        rows.sort(key=lambda row: (-row.duration_us, row.directory, row.seq))
        return rows[: self.limit]
