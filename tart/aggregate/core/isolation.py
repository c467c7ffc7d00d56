"""Derived work runs isolated: when a part of it fails, that part alone is lost.

Pure. The log is the truth; counts, findings, pipelines and live events are derived from it.
An exception in any of them is a fault of tart and must not cost a stored event, another
connection or another stage. Whoever runs a stage does it through ``Isolation``, which counts
the failure, hands it to whoever reports it, and goes on.

- A stage that keeps state between batches is *transactional*: it raises before it changes
  anything, or undoes what it changed. So a batch that fails can be tried again in parts.
- The parts are halves of the connections, then of the events of one connection, until what
  fails is alone. Of one connection at most ``MAX_ATTEMPTS`` parts of a batch are tried; what
  is left of it then is lost to that stage, so that one node cannot buy much work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_batch import Contexts, EventBatch
from tart.aggregate.core.event_columns import Array

# Parts of a batch of one connection that a failing stage tries.
MAX_ATTEMPTS = 24


class Failure(NamedTuple):
    """One failure of derived work.

    Attributes:
        stage: what failed.
        error: with its traceback.
        events: how many events the stage has lost by it; 0 of work that is not about events.
        session: the connection's number, ``None`` if it is not about one.
        event_type: of the first event.
        seq: its place in the log.
    """

    stage: str
    error: Exception
    events: int = 0
    session: int | None = None
    event_type: int | None = None
    seq: int | None = None


class Isolation:
    """Runs derived work, counts what fails.

    Args:
        report: told of each failure; called where it happened, so it must not raise.
        inject: called with a stage's name whenever it runs. Tests make stages fail with it.

    Attributes:
        failures: by stage.
        events_lost: events that a stage has lost, by stage.
        retries: batches that failed as a whole and were tried again in parts, by stage.
    """

    def __init__(
        self,
        report: Callable[[Failure], None] | None = None,
        inject: Callable[[str], None] | None = None,
    ) -> None:
        self._report = report
        self.inject = inject
        self.failures: Counter[str] = Counter()
        self.events_lost: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()

    def enter(self, stage: str) -> None:
        """A stage begins; a test may make it fail here."""
        if self.inject is not None:
            self.inject(stage)

    def record(self, failure: Failure) -> None:
        """Count and report a failure."""
        self.failures[failure.stage] += 1
        self.events_lost[failure.stage] += failure.events
        if self._report is not None:
            self._report(failure)

    @contextmanager
    def guard(self, stage: str, *, events: int = 0, session: int | None = None) -> Iterator[None]:
        """Run work that has no smaller parts; what it raises is counted and goes no further.

        Args:
            events: how many events are lost if it fails.
            session: whose they are.
        """
        try:
            yield
            self.enter(stage)  # a body cannot be left out, so a test makes it fail at its end
        except Exception as error:
            self.record(Failure(stage, error, events, session))

    def run(
        self, stage: str, batch: EventBatch, work: Callable[[EventBatch], Contexts | None]
    ) -> Contexts:
        """Do a batch's work, in parts if it fails as a whole.

        Args:
            work: transactional; fills in slots and cores of what it is given. Returns
                contexts by index, or nothing.

        Returns:
            The contexts, by index in ``batch``.
        """
        return self._run(stage, batch, work, None)

    def _run(
        self,
        stage: str,
        batch: EventBatch,
        work: Callable[[EventBatch], Contexts | None],
        attempts: Iterator[int] | None,
    ) -> Contexts:
        """``attempts``: of events of one connection, how many parts may still be tried."""
        try:
            self.enter(stage)
            return work(batch) or {}
        except Exception as error:
            sessions = np.unique(batch.columns.session)
            if len(sessions) == 1 and attempts is None:
                attempts = iter(range(MAX_ATTEMPTS))
            if len(batch) == 1 or (attempts is not None and next(attempts, None) is None):
                self.record(_failure(stage, error, batch))
                return {}
        self.retries[stage] += attempts is None
        contexts: Contexts = {}
        for rows in _halves(batch, sessions):
            part = batch.part(rows)
            found = self._run(stage, part, work, attempts)
            batch.learn_from(part, rows)
            contexts.update((int(rows[at]), context) for at, context in found.items())
        return contexts


def _halves(batch: EventBatch, sessions: Array) -> tuple[Array, Array]:
    """The indices of two parts: of half the connections, or of one the first and last half."""
    if len(sessions) == 1:
        rows = np.arange(len(batch))
        return rows[: len(rows) // 2], rows[len(rows) // 2 :]
    first = np.isin(batch.columns.session, sessions[: len(sessions) // 2])
    return np.flatnonzero(first), np.flatnonzero(~first)


def _failure(stage: str, error: Exception, batch: EventBatch) -> Failure:
    return Failure(
        stage,
        error,
        len(batch),
        int(batch.columns.session[0]),
        int(batch.columns.type[0]),
        int(batch.columns.seq[0]),
    )
