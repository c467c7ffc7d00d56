"""References followed as events arrive: who began what an event ends, and how long ago.

Pure. Each connection keeps the events that later ones may still refer to: its open
roots, by event id. An event that refers to one gives a duration (its timestamp less the
root's, both of the node's clock) and belongs to its pipeline; ``meaning`` says what else
is learned.

- An id is looked up only in its own connection: equal ids of two nodes, or of a node
  before and after a reconnect, never meet.
- What ends a request takes its root away. Everything else waits until it is too old
  (``FOLLOW_SECONDS``) or there are too many (``MAX_OPEN``): the connection's oldest go
  first, and are counted.
- Streams of block announcements (60, 61) are not followed: they last as long as their
  connection, and how long is no latency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tart.aggregate.counting import STEP_OF, Latencies
from tart.aggregate.exchanges import Root, Speaker
from tart.aggregate.heard import Heard, Rows, Voice
from tart.aggregate.meaning import (
    ASSURANCE_RECEIVED,
    MEANINGS,
    PIPELINE_ROOTS,
    Meanings,
)
from tart.aggregate.pipelines import Pipeline
from tart.protocol.events import EVENTS

FOLLOW_SECONDS = 600
# Of one connection, and of all of a shard; about 300 bytes each.
MAX_OPEN = 4_096
MAX_OPEN_IN_ALL = 400_000

_STREAM_OPENED, _STREAM_CLOSED = 60, 61
# The specification does not say yet what audits refer to; requests of audits are roots.
_AUDIT_ROOTS = (140, 141, 148, 149)
# What ends a request: nothing refers to its root again.
_LAST = frozenset(
    {22, 23, 25, 26, 65, 81, 82, 107, 108, 111, 112, 122, 125, 129}
    | {142, 145, 150, 153, 164, 167, 169, 170, 175, 178, 195, 198}
)
_ROOTS = [False] * 256
_REFERS = [False] * 256
for _parent, _child in STEP_OF:
    _ROOTS[_parent] = _parent != _STREAM_OPENED
    _REFERS[_child] = _child != _STREAM_CLOSED
for _parent in _AUDIT_ROOTS:
    _ROOTS[_parent] = True
# By what refers: from what it refers to, the number of the step between them.
_STEPS = [
    {parent: step for (parent, child), step in STEP_OF.items() if child == number}
    for number in range(256)
]
_WANTED = np.array(
    [
        number in EVENTS and (_ROOTS[number] or _REFERS[number] or MEANINGS[number] is not None)
        for number in range(256)
    ]
)


class _Connection:
    """One session's open roots, oldest first."""

    __slots__ = ("open", "speaker")

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        self.open: dict[int, Root] = {}


class Follower:
    """Follows the references of one shard's connections.

    Args:
        latencies: where durations are counted.
        meanings: what learns from each event.
        voice: how to read what a session says.
        unfinished: told of the pipelines that have no end: their columns, and whether that
            is because their connection ended.
    """

    def __init__(
        self,
        latencies: Latencies,
        meanings: Meanings,
        voice: Callable[[int], Voice],
        unfinished: Callable[[dict[str, Any], bool], None],
    ) -> None:
        self._unfinished = unfinished
        self._latencies = latencies
        self._meanings = meanings
        self._voice = voice
        self._connections: dict[int, _Connection] = {}
        self._open = 0
        # Roots given up because there were too many.
        self.evicted = 0
        # Events that refer to nothing that is open, by type.
        self.unresolved: Counter[int] = Counter()

    def add(self, heard: Heard) -> None:
        """Follow a batch, in order of arrival within each connection."""
        rows = np.flatnonzero(_WANTED[heard.number])
        self._meanings.begin(heard)
        self._meanings.receive_assurances(
            np.flatnonzero(heard.number == ASSURANCE_RECEIVED).tolist()
        )
        if not len(rows):
            return
        # Of each step that ended: whose event it is, which step, and when it began.
        ended: list[int] = []
        steps: list[int] = []
        began: list[int] = []
        session = -1
        for at, number, of, event_id, ref, has_ref, timestamp in zip(
            rows.tolist(),
            heard.number[rows].tolist(),
            heard.session[rows].tolist(),
            heard.event_id[rows].tolist(),
            heard.ref[rows].tolist(),
            heard.has_ref[rows].tolist(),
            heard.timestamp[rows].tolist(),
            strict=True,
        ):
            if of != session:
                session, connection = of, self._connection(of, int(heard.node[at]))
            root = None
            if has_ref and _REFERS[number]:
                root = connection.open.get(ref)
                if root is None:
                    self.unresolved[number] += 1
                else:
                    step = _STEPS[number].get(root.number)
                    if step is not None:
                        ended.append(at)
                        steps.append(step)
                        began.append(root.timestamp)
                    if number in _LAST:
                        del connection.open[ref]
                        self._open -= 1
            meaning = MEANINGS[number]
            if meaning is not None:
                linked = meaning(self._meanings, at, number, connection.speaker, root)
            else:
                linked = root and self._meanings.inherit(at, root)
            if _ROOTS[number]:
                received_at = self._meanings.received_at(at)
                self._keep(connection, event_id, Root(number, timestamp, received_at, linked))
        if ended:
            of_ended = np.array(ended)
            taken = heard.timestamp[of_ended] - np.array(began, np.uint64)
            self._latencies.add(
                heard.received_at[of_ended],
                heard.node[of_ended],
                np.array(steps),
                taken.view(np.int64),
            )

    def end(self, session: int) -> None:
        """A connection is over: what it left open stays as it is."""
        connection = self._connections.pop(session, None)
        if connection is not None:
            self._open -= len(connection.open)
            for root in connection.open.values():
                self._complain(root, cut_short=True)
                self._meanings.close(root.linked)

    def end_all(self) -> None:
        """No connection goes on."""
        for session in list(self._connections):
            self.end(session)

    def forget_before(self, received_at: int) -> None:
        """Give up what is too old; Unix microseconds."""
        for connection in self._connections.values():
            while connection.open:
                if next(iter(connection.open.values())).received_at >= received_at:
                    break
                self._give_up(connection, too_old=True)

    def pipelines(self) -> Iterator[Pipeline]:
        """Those that are open."""
        for connection in self._connections.values():
            for root in connection.open.values():
                if root.number in PIPELINE_ROOTS and isinstance(root.linked, Pipeline):
                    yield root.linked

    @property
    def open(self) -> int:
        """How many roots are open."""
        return self._open

    def _keep(self, connection: _Connection, event_id: int, root: Root) -> None:
        before = len(connection.open)
        connection.open[event_id] = root
        self._open += len(connection.open) - before
        if len(connection.open) > MAX_OPEN or self._open > MAX_OPEN_IN_ALL:
            self._give_up(connection)
            self.evicted += 1

    def _connection(self, session: int, node: int) -> _Connection:
        connection = self._connections.get(session)
        if connection is None:
            speaker = Speaker(node, self._voice(session))
            connection = self._connections[session] = _Connection(speaker)
        return connection

    def _give_up(self, connection: _Connection, *, too_old: bool = False) -> None:
        root = connection.open.pop(next(iter(connection.open)))
        self._open -= 1
        if root.number in PIPELINE_ROOTS:
            if too_old:
                self._complain(root, cut_short=False)
            self._meanings.close(root.linked)

    def _complain(self, root: Root, *, cut_short: bool) -> None:
        """Tell of a pipeline that nothing more is expected of, if it has no end."""
        pipeline = root.linked
        if isinstance(pipeline, Pipeline) and pipeline.unfinished:
            self._unfinished(pipeline.values, cut_short)


def unflushed(table: str, meanings: Meanings, follower: Follower, *, open_too: bool) -> Rows:
    """A pipeline table's rows: those closed, and on demand those open."""
    return meanings.rows(table, list(follower.pipelines()) if open_too else [])
