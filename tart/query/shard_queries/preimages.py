"""The query for the newest events about preimages.

Pure. The list of preimages is made from thousands of events, of which it needs a few members: as
rows of these they cost a tenth of what they cost as events of the API.
"""

from __future__ import annotations

import heapq
from itertools import islice
from typing import NamedTuple

from tart.query.core.event_ids import event_identity
from tart.query.core.event_names import GROUP_TYPES
from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window

# The types of events about preimages.
KINDS = tuple(GROUP_TYPES["preimages"])


class PreimageEvent(NamedTuple):
    """An event about a preimage.

    Attributes:
        id: The id of the API.
        received_us: Unix microseconds.
        node: Its id; ``None`` if it is not known.
        session: The id of the connection.
        root: The event id of the request that the event is or refers to; ``None`` if neither.
        type: The number of the event type.
        hash: Of the preimage, if the event names it.
        service: The service, if the event names it.
        length: In bytes, if the event names it.
        local: Whether the node itself announced the preimage.
        reason: Of a failure or a loss.
    """

    id: int
    received_us: int
    node: str | None
    session: int
    root: int | None
    type: int
    hash: str | None = None
    service: int | None = None
    length: int | None = None
    local: bool = False
    reason: str | None = None


class PreimageList(NamedTuple):
    """Events, newest first; ``complete`` if there are no earlier ones."""

    events: list[PreimageEvent]
    complete: bool


class PreimageEvents(Query[list[PreimageEvent], PreimageList], frozen=True):
    """The newest events about preimages in a window.

    Attributes:
        limit: Events of the answer; a shard answers with one more of each directory.
    """

    name = "preimage_events"
    source = "log"
    window: Window
    limit: int

    def merge(self, partials: Partials[list[PreimageEvent]]) -> PreimageList:
        """Return the newest events of all directories, each of which has its own order."""
        directories: dict[int, list[PreimageEvent]] = {}
        for _, events in partials:
            for event in events:
                directories.setdefault(event_identity(event.id)[0], []).append(event)
        merged = heapq.merge(*directories.values(), key=_age, reverse=True)
        newest = list(islice(merged, self.limit + 1))
        return PreimageList(newest[: self.limit], len(newest) <= self.limit)

    def window_on(self, shard: int) -> Window:
        """Return the window."""
        return self.window


def _age(event: PreimageEvent) -> tuple[int, int]:
    return event.received_us, event.id
