"""Failures of derived work, written to the server log and reported in health.

The first failure of a stage is logged with its traceback, later ones ever more rarely: the
second, the fourth, the eighth … A node that makes a stage fail with every message cannot
fill the server log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from tart.aggregate.core.isolation import Failure, Isolation
from tart.background_tasks import Failures

log = logging.getLogger(__name__)


class FailureLog:
    """Reports the failures of one process.

    Args:
        now: Returns Unix seconds.

    Attributes:
        isolation: Runs derived work and reports its failures here.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.isolation = Isolation(self.report)
        self._failures = Failures(now)

    def report(self, failure: Failure) -> None:
        """Record a failure, which the isolation has counted."""
        stage, error = failure.stage, failure.error
        if text := self._failures.record(stage, error):
            log.error(
                "stage %s failed (event type %s, session %s, seq %s): %s; %d failures so far. The "
                "events are stored; the results of this stage lack them. Please report this fault "
                "of tart.",
                stage,
                failure.event_type,
                failure.session,
                failure.seq,
                text,
                self._failures.counts[stage],
                exc_info=(type(error), error, error.__traceback__),
            )

    def statistics(self) -> dict[str, Any]:
        """Return the counters for ``/metrics`` and health."""
        return {
            "derived_failures": dict(self.isolation.failures),
            "derived_events_lost": dict(self.isolation.events_lost),
            "derived_retries": dict(self.isolation.retries),
            "derived_failing": self.recent(),
        }

    def recent(self) -> dict[str, dict[str, Any]]:
        """Return the stages that failed within the last hour, with their losses since the start."""
        return {
            stage: {
                "failures": self.isolation.failures[stage],
                "events": self.isolation.events_lost[stage],
                "error": text,
            }
            for stage, text in self._failures.recent().items()
        }
