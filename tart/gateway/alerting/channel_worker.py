"""The task of one channel: sends its messages of the outbox, one after the other.

A message is sent at least once, with the same id in every attempt. It leaves the outbox when it was
delivered, replaced by a newer one of its group, or given up (``alerting.engine.outbox`` decides).
One whose delivery has begun is repeated ``PROTECTED_ATTEMPTS`` times before it is replaced: the
receiver may have it, and what it said must not come again under another id.
After failures the channel rests, longer each time; a message that fails does not keep messages of
other groups from their turn.

A channel of the type ``alertmanager`` also gets all alerts that fire, every minute: an Alertmanager
ends an alert that it does not hear of.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol

from tart.alert_store import Delivery as StoredMessage
from tart.alert_store import DeliveryState
from tart.alerting.engine.model import AlertView, Notification, State
from tart.alerting.engine.outbox import (
    MAX_REST_US,
    Outcome,
    Step,
    Verdict,
    channel_pause_us,
    next_step,
    supersede,
)
from tart.alerting.messages.alertmanager import RESEND_SECONDS, render_push
from tart.alerting.messages.table import render
from tart.alerting.messages.texts import Context
from tart.alerting.rules.model import SEVERITIES, Channel
from tart.background_tasks import Background
from tart.errors import StorageError
from tart.gateway.alerting.senders import Render
from tart.units import SECOND_US

log = logging.getLogger(__name__)

# Failed attempts until a newer message of the group may replace one; they take some two minutes.
PROTECTED_ATTEMPTS = 5
# Messages of a channel that a turn looks at; more wait for their turn.
MAX_QUEUED = 1000
# Between looks at the outbox without a wake-up: another process may have added a message.
_IDLE_US = 60 * SECOND_US
# After an error of the store.
_ERROR_US = 5 * SECOND_US
# Alerts of one request to an Alertmanager.
_PUSH_ALERTS = 500


class Outbox(Protocol):
    """The part of ``alert_store.AlertStore`` that delivers."""

    async def queued(self, channel: str, limit: int) -> Sequence[StoredMessage]:
        """Return the messages of a channel that wait, also those not due; the oldest first."""

    async def server_id(self) -> str:
        """Return the id of this server."""

    async def queued_channels(self) -> Sequence[str]:
        """Return the channels that have messages waiting."""

    async def supersede(self, ids: Sequence[str], newest: Notification, now_us: int) -> None:
        """Replace messages by a newer one of their group, which may have changed."""

    async def begin_attempt(self, notification_id: str) -> None:
        """Record that an attempt begins."""

    async def record_attempt(
        self,
        notification_id: str,
        state: DeliveryState,
        now_us: int,
        *,
        next_us: int = 0,
        error: str | None = None,
    ) -> None:
        """Record an attempt."""


class Sender(Protocol):
    """Makes attempts for one channel."""

    async def send(self, render: Render) -> Outcome:
        """Make one attempt."""


@dataclass
class ChannelReport:
    """Figures of a channel since the start of this process.

    Attributes:
        delivered: Messages, and requests to an Alertmanager.
        failed: Attempts that failed.
        dead: Messages that were given up.
        superseded: Messages that a newer one replaced.
        last_error: Of the last attempt; empty if it was successful.
        resting_us: When the channel continues after failures; 0 if it does not rest.
        failures: Attempts in a row that failed for a reason of the channel.
    """

    delivered: int = 0
    failed: int = 0
    dead: int = 0
    superseded: int = 0
    last_error: str = ""
    resting_us: int = 0
    failures: int = 0


@dataclass
class Surroundings:
    """The parts that all channels share.

    Attributes:
        firing: Returns the alerts that a channel's receiver must know as firing, by the channel's
            name; ``None`` before the first evaluation.
        now: A clock of Unix microseconds.
        random: Returns numbers from 0 to 1.
        external_url: What links in messages start with.
        server: The id of this server; empty until a message needs it.
    """

    outbox: Outbox
    background: Background
    firing: Callable[[str], Sequence[AlertView] | None]
    now: Callable[[], int]
    random: Callable[[], float]
    external_url: str = ""
    server: str = ""

    async def context(self) -> Context:
        """Return the context of a message that is sent now.

        Raises:
            StorageError: The store does not answer.
        """
        if not self.server:
            self.server = await self.outbox.server_id()
        return Context(self.now(), self.external_url, self.server)


@dataclass
class ChannelWorker:
    """Sends the messages of one channel; needs an event loop.

    Args:
        channel: The channel.
        sender: Its sender.
        shared: What all channels share.
        report: Figures to continue with.
    """

    channel: Channel
    sender: Sender
    shared: Surroundings
    report: ChannelReport = field(default_factory=ChannelReport)

    def __post_init__(self) -> None:
        self._woken = asyncio.Event()
        # What attempts led to, while the store does not accept it; by the message's id.
        self._unrecorded: dict[str, Step] = {}
        # Doubtful attempts in a row by the message's id.
        self._doubtful: dict[str, int] = {}
        # Of an Alertmanager: by fingerprint, the alerts that it knows as firing.
        self._pushed: dict[str, AlertView] = {}
        self._push_us = 0
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Let the next turn begin now, unless the channel rests after failures."""
        self._woken.set()

    def stop(self) -> asyncio.Task[None]:
        """Cancel the task and return it; an attempt under way is repeated after the next start."""
        self._task.cancel()
        return self._task

    async def test(self, notification: Notification, sender: Sender) -> Outcome:
        """Make one attempt with a sender of its own, beside the messages of the outbox.

        If it is delivered, messages that wait for the end of a rest are tried at once.

        Raises:
            StorageError: The store does not answer.
        """
        outcome = await _send_once(sender, await self._renderer(notification))
        if outcome.verdict is Verdict.DELIVERED:
            self.report.resting_us = self.report.failures = 0
            self.wake()
        return outcome

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            wait_us = _ERROR_US
            with self.shared.background.guard(f"alert channel {self.channel.name}"):
                wait_us = await self._turn()
            if wait_us <= 0:
                # Others get their turn even if every attempt of this channel ends at once.
                await asyncio.sleep(0)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_us / SECOND_US):
                    await self._woken.wait()

    async def _turn(self) -> int:
        """Make the next attempt; return the time until the next turn, in microseconds."""
        rest_us = _time_until(self.report.resting_us, self.shared.now())
        if rest_us:
            return rest_us
        push_us = await self._push() if self.channel.type == "alertmanager" else _IDLE_US
        messages = await self._replace_older()
        now_us = self.shared.now()
        waits = [(_time_until(message.next_us, now_us), message) for message in messages]
        due = next((message for wait_us, message in waits if not wait_us), None)
        if due is None:
            return min(push_us, _IDLE_US, *(wait_us for wait_us, _ in waits))
        await self._deliver(due)
        return 0

    async def _replace_older(self) -> list[StoredMessage]:
        """Return the messages that wait, one of each group.

        It is the one whose delivery has begun, else the newest. One that fails again and again does
        not hold up the group for a day.
        """
        groups: dict[str, list[StoredMessage]] = defaultdict(list)
        for message in await self.shared.outbox.queued(self.channel.name, MAX_QUEUED):
            groups[message.notification.group_key].append(message)
        remaining = []
        for messages in groups.values():
            begun = [message for message in messages if _is_protected(message)]
            fresh = [message for message in messages if not _is_protected(message)]
            newest = await self._replace(fresh) if len(fresh) > 1 else messages[-1]
            remaining.append(begun[0] if begun else newest)
        return sorted(remaining, key=lambda message: message.number)

    async def _replace(self, messages: Sequence[StoredMessage]) -> StoredMessage:
        """Replace messages of a group by the newest of them, and return it."""
        newest = replace(
            messages[-1],
            notification=supersede([message.notification for message in messages]),
        )
        older = [message.notification.id for message in messages[:-1]]
        await self.shared.outbox.supersede(older, newest.notification, self.shared.now())
        self.report.superseded += len(older)
        log.info(
            "alert channel %s: %d messages about %s were not sent in time; the newest replaces "
            "them",
            self.channel.name,
            len(older),
            newest.notification.group_key,
        )
        return newest

    async def _deliver(self, message: StoredMessage) -> None:
        # If the last attempt could not be recorded, only that is repeated.
        step = self._unrecorded.get(message.notification.id)
        now_us = self.shared.now()
        if step is None:
            step = await self._attempt(message)
            now_us = self.shared.now()
            self._unrecorded[message.notification.id] = step
        await self.shared.outbox.record_attempt(
            message.notification.id,
            step.state,
            now_us,
            next_us=step.next_us,
            error=step.error or None,
        )
        del self._unrecorded[message.notification.id]
        if step.state == "dead":
            self.report.dead += 1
            log.error(
                "alert channel %s: message %s is given up: %s; it can be sent again by "
                "POST /api/alerts/deliveries/%s/retry",
                self.channel.name,
                message.notification.id,
                step.error,
                message.notification.id,
            )

    async def _attempt(self, message: StoredMessage) -> Step:
        """Try to send a message; return what follows."""
        notification = message.notification
        if not message.is_begun:
            # If it cannot be recorded, the message is sent nevertheless.
            with suppress(StorageError):
                await self.shared.outbox.begin_attempt(notification.id)
        outcome = await self._send(await self._renderer(notification))
        doubtful = self._doubtful.pop(notification.id, 0)
        doubtful = doubtful + 1 if outcome.verdict is Verdict.DOUBTFUL else 0
        step = next_step(
            outcome,
            notification.created_us,
            message.attempts + 1,
            doubtful,
            self.shared.now(),
            self.shared.random,
        )
        if doubtful and step.state == "queued":
            self._doubtful[notification.id] = doubtful
        return step

    async def _renderer(self, notification: Notification) -> Render:
        context = await self.shared.context()
        return lambda secrets: render(notification, self.channel, secrets, context)

    async def _send(self, render: Render) -> Outcome:
        outcome = await _send_once(self.sender, render)
        self._record(outcome)
        return outcome

    def _record(self, outcome: Outcome) -> None:
        report = self.report
        report.last_error = outcome.error
        if outcome.verdict is Verdict.DELIVERED:
            report.delivered += 1
            report.resting_us = report.failures = 0
            return
        report.failed += 1
        if outcome.verdict is Verdict.REFUSED:
            # The receiver is there; it is the message.
            return
        report.failures += 1
        pause_us = channel_pause_us(outcome, report.failures, self.shared.random)
        report.resting_us = self.shared.now() + pause_us
        if report.failures.bit_count() == 1:
            log.warning(
                "alert channel %s: %s; failures=%d; it is tried again in %.0f s",
                self.channel.name,
                outcome.error,
                report.failures,
                pause_us / SECOND_US,
            )

    # --- Alertmanager ----------------------------------------------------------------

    async def _push(self) -> int:
        """Send all alerts that fire, if it is time or others fire; return when it is time again."""
        views = self.shared.firing(self.channel.name)
        if views is None:
            return _IDLE_US
        least = SEVERITIES.index(self.channel.min_severity)
        firing = {
            view.alert.fingerprint: view
            for view in views
            if SEVERITIES.index(view.alert.severity) <= least
        }
        now_us = self.shared.now()
        wait_us = self._push_us + RESEND_SECONDS * SECOND_US - now_us
        # A longer time is one of a clock that was set back.
        if 0 < wait_us <= RESEND_SECONDS * SECOND_US and firing.keys() == self._pushed.keys():
            return wait_us
        ended = [
            _ended(view, now_us)
            for fingerprint, view in self._pushed.items()
            if fingerprint not in firing
        ]
        rest = iter([*firing.values(), *ended])
        while batch := list(islice(rest, _PUSH_ALERTS)):
            if (await self._push_batch(batch)).verdict is not Verdict.DELIVERED:
                return max(1, _time_until(self.report.resting_us, self.shared.now()))
        self._pushed, self._push_us = firing, now_us
        return RESEND_SECONDS * SECOND_US

    async def _push_batch(self, views: Iterable[AlertView]) -> Outcome:
        context = await self.shared.context()
        return await self._send(lambda secrets: render_push(views, self.channel, secrets, context))


def _time_until(time_us: int, now_us: int) -> int:
    """Return the time until another one in microseconds, 0 if it is over.

    No rest is longer than ``MAX_REST_US``: a later time is one of a clock that was set back.
    """
    wait_us = time_us - now_us
    return wait_us if 0 < wait_us <= MAX_REST_US else 0


def _is_protected(message: StoredMessage) -> bool:
    return message.is_begun and message.attempts < PROTECTED_ATTEMPTS


async def _send_once(sender: Sender, render: Render) -> Outcome:
    try:
        return await sender.send(render)
    except Exception as error:
        # Not its text: it might have a secret.
        return Outcome(Verdict.RETRY, f"the sender failed: {type(error).__name__}")


def _ended(view: AlertView, now_us: int) -> AlertView:
    return replace(view, alert=replace(view.alert, state=State.RESOLVED, resolved_us=now_us))
