"""Decisions of the delivery: which messages replace others, when an attempt is repeated.

Pure. Of a group only the newest message that waits is sent: after an outage a channel gets the
present state of each group, not its history. Ends of alerts that only an older message reported go
along with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from tart.alerting.engine.model import MAX_ALERTS, AlertView, Notification, State
from tart.units import HOUR_US, MINUTE_US, SECOND_US

# A message that could not be delivered for this long is given up.
GIVE_UP_US = 24 * HOUR_US
# Attempts in a row that fail for a reason that an operator must remove, such as a wrong token.
MAX_DOUBTFUL_ATTEMPTS = 3
_FIRST_DELAY_US, _MAX_DELAY_US = 5 * SECOND_US, 15 * MINUTE_US
# Pauses of a whole channel, between attempts of different messages.
_FIRST_PAUSE_US, _MAX_PAUSE_US = SECOND_US, MINUTE_US
_MAX_RETRY_AFTER_US = HOUR_US
# No delay and no pause is longer.
MAX_REST_US = _MAX_RETRY_AFTER_US


class Verdict(StrEnum):
    """The meaning of the outcome of an attempt."""

    DELIVERED = "delivered"
    # The channel may accept the message later.
    RETRY = "retry"
    # It may accept it once somebody has changed a setting, a secret or the channel.
    DOUBTFUL = "doubtful"
    # It never accepts this message.
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """The outcome of one attempt to send a message.

    Attributes:
        error: Why it failed, one sentence without secrets; of a delivered message what was not
            right nevertheless.
        retry_after_us: How long the receiver wants no request.
    """

    verdict: Verdict
    error: str = ""
    retry_after_us: int = 0


@dataclass(frozen=True)
class Step:
    """The record of an attempt.

    Attributes:
        state: ``delivered``, ``queued`` (repeated at ``next_us``) or ``dead`` (given up).
    """

    state: Literal["queued", "delivered", "dead"]
    next_us: int
    error: str


def next_step(
    outcome: Outcome,
    created_us: int,
    attempts: int,
    doubtful: int,
    now_us: int,
    random: Callable[[], float],
) -> Step:
    """Return what follows from an attempt.

    Args:
        outcome: Of this attempt.
        created_us: When the message was made.
        attempts: Attempts with this one.
        doubtful: How many of them, up to this one, were doubtful one after the other.
        now_us: The time.
        random: Returns a number from 0 to 1: delays of several channels drift apart.
    """
    if outcome.verdict is Verdict.DELIVERED:
        return Step("delivered", 0, outcome.error)
    if outcome.verdict is Verdict.REFUSED:
        return Step("dead", 0, outcome.error)
    if doubtful >= MAX_DOUBTFUL_ATTEMPTS:
        return Step("dead", 0, f"{outcome.error} ({attempts} attempts)")
    if now_us - created_us >= GIVE_UP_US:
        return Step("dead", 0, f"{outcome.error} (given up after 24 h)")
    delay_us = _backoff(_FIRST_DELAY_US, _MAX_DELAY_US, attempts, random)
    return Step("queued", now_us + max(delay_us, retry_after_us(outcome)), outcome.error)


def channel_pause_us(outcome: Outcome, failures: int, random: Callable[[], float]) -> int:
    """Return how long a channel rests after failures in a row, whichever message is next."""
    return max(_backoff(_FIRST_PAUSE_US, _MAX_PAUSE_US, failures, random), retry_after_us(outcome))


def retry_after_us(outcome: Outcome) -> int:
    """Return how long the receiver wants no request, an hour at most."""
    return min(max(0, outcome.retry_after_us), _MAX_RETRY_AFTER_US)


def _backoff(first_us: int, most_us: int, attempts: int, random: Callable[[], float]) -> int:
    delay_us = min(most_us, first_us << min(max(0, attempts - 1), 20))
    return int(delay_us * (0.5 + random()))


def supersede(messages: Sequence[Notification]) -> Notification:
    """Return the message that replaces several of one group: the newest, with what it lacks.

    That is the ends that the others reported, and alerts that fire and are not listed any more
    because they were silenced meanwhile: the group counts them as announced. An alert that ended,
    came back and ended again has two ends with different ids: the receiver may know either of them
    as firing. One that fires again has none. A message that does not list all of its alerts gets
    nothing: what an older one reported may have changed, unlisted.

    Args:
        messages: Of one channel and group, the oldest first; at least one.
    """
    newest = messages[-1]
    if newest.truncated:
        return newest
    firing = {view.alert.fingerprint for view in newest.alerts if _fires(view)}
    seen = {view.alert.fingerprint for view in newest.alerts}
    ids = {view.alert.id for view in newest.alerts}
    added: list[AlertView] = []
    for message in reversed(messages[:-1]):
        for view in message.alerts:
            # Of an alert that a later message names, only an end of an earlier time is news.
            of_later = firing if not _fires(view) else seen
            if view.alert.id not in ids and view.alert.fingerprint not in of_later:
                ids.add(view.alert.id)
                added.append(view)
        firing |= {view.alert.fingerprint for view in added if _fires(view)}
        seen |= {view.alert.fingerprint for view in message.alerts}
    if not added:
        return newest
    alerts = sorted((*newest.alerts, *added), key=lambda view: not _fires(view))
    still = sum(map(_fires, added))
    return replace(
        newest,
        alerts=tuple(alerts[:MAX_ALERTS]),
        truncated=max(0, len(alerts) - MAX_ALERTS),
        status="firing" if newest.firing + still else "resolved",
        firing=newest.firing + still,
        resolved=newest.resolved + len(added) - still,
    )


def _fires(view: AlertView) -> bool:
    return view.alert.state is not State.RESOLVED
