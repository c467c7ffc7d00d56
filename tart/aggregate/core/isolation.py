"""Isolation of derived work: a failure costs only the part of a batch that fails.

Pure. The event log is the truth; counts, findings, pipelines and live events are derived
from it. An exception in one of them is a fault of tart and must not cost a stored event,
another connection or another stage. Every stage runs in an ``Isolation``, which counts the
failure, reports it and continues.

- A stage that keeps state between batches is *transactional*: it raises before it changes
  anything, or undoes its changes. A batch that fails can therefore be tried again in parts.
- The parts are halves of the connections, then halves of the events of one connection, until
  the failing part is alone. Of one connection at most ``MAX_ATTEMPTS`` parts of a batch are
  tried, and as many for each further ``ATTEMPT_EVENTS`` events; the stage loses the rest, so that
  one node cannot cause unbounded work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_batch import Contexts, EventBatch
from tart.aggregate.core.event_columns import Array

# Parts that a failing stage tries of each ``ATTEMPT_EVENTS`` events of one connection in a batch.
MAX_ATTEMPTS = 24
ATTEMPT_EVENTS = 2_048


class Failure(NamedTuple):
    """A failure of derived work.

    Attributes:
        stage: The name of the stage that failed.
        error: The exception, with its traceback.
        events: The number of events the stage has lost; 0 if the work is not about events.
        session: The connection's number, ``None`` if the work is not about one.
        event_type: Of the first event.
        seq: Of the first event.
    """

    stage: str
    error: Exception
    events: int = 0
    session: int | None = None
    event_type: int | None = None
    seq: int | None = None


class Isolation:
    """Runs derived work and counts its failures.

    Args:
        report: Called with each failure, at the place where it happens; it must not raise.
        inject: Called with a stage's name whenever the stage runs; tests let it raise.

    Attributes:
        failures: Number of failures by stage.
        events_lost: Number of events that a stage has lost, by stage.
        retries: Number of batches that failed as a whole and were tried in parts, by stage.
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
        """Begin a stage; tests let it fail here."""
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
        """Run work that has no smaller parts; record and suppress its exceptions.

        Args:
            stage: The name under which a failure is counted.
            events: The number of events that are lost if the work fails.
            session: The connection they belong to.
        """
        try:
            yield
            self.enter(stage)  # A context manager cannot skip its body, so tests fail its end.
        except Exception as error:
            self.record(Failure(stage, error, events, session))

    def run(
        self, stage: str, batch: EventBatch, work: Callable[[EventBatch], Contexts | None]
    ) -> Contexts:
        """Run a stage on a batch, in parts if it fails on the whole.

        Args:
            stage: The name under which failures are counted.
            batch: The events.
            work: A transactional function; it may fill in slots and cores of its batch and
                returns contexts by index, or nothing.

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
        """Run a stage on a part; ``attempts`` limits the parts of one connection."""
        try:
            self.enter(stage)
            return work(batch) or {}
        except Exception as error:
            sessions = np.unique(batch.columns.session)
            if len(sessions) == 1 and attempts is None:
                attempts = iter(range(MAX_ATTEMPTS * (1 + len(batch) // ATTEMPT_EVENTS)))
            if len(batch) == 1 or (attempts is not None and next(attempts, None) is None):
                self.record(_failure(stage, error, batch))
                return {}
        self.retries[stage] += attempts is None
        contexts: Contexts = {}
        for indices in _halves(batch, sessions):
            part = batch.take(indices)
            of_part = self._run(stage, part, work, attempts)
            batch.copy_inherited(part, indices)
            contexts.update((int(indices[index]), each) for index, each in of_part.items())
        return contexts


def _halves(batch: EventBatch, sessions: Array) -> tuple[Array, Array]:
    """Return the indices of each half of the connections, or of one connection's events."""
    if len(sessions) == 1:
        indices = np.arange(len(batch))
        return indices[: len(indices) // 2], indices[len(indices) // 2 :]
    first = np.isin(batch.columns.session, sessions[: len(sessions) // 2])
    return np.flatnonzero(first), np.flatnonzero(~first)


def _failure(stage: str, error: Exception, batch: EventBatch) -> Failure:
    return Failure(
        stage,
        error,
        events=len(batch),
        session=int(batch.columns.session[0]),
        event_type=int(batch.columns.type[0]),
        seq=int(batch.columns.seq[0]),
    )
