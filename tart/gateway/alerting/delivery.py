"""Delivery of the outbox: a task for each channel, so that one that hangs costs only itself."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from tart.alerting.engine.model import AlertView, Notification
from tart.alerting.engine.outbox import Verdict
from tart.alerting.rules.model import Channel
from tart.background_tasks import Background
from tart.errors import Busy, NotFound
from tart.gateway.alerting.channel_worker import (
    MAX_QUEUED,
    ChannelReport,
    ChannelWorker,
    Outbox,
    Sender,
    Surroundings,
)
from tart.gateway.alerting.senders import ChannelSender
from tart.gateway.fanout.queries import now_us
from tart.suggestions import did_you_mean

log = logging.getLogger(__name__)


class Delivery:
    """Delivers the outbox.

    Args:
        outbox: The store.
        background: Counts failures of the delivery itself.
        firing: Returns the alerts that fire and are neither silenced nor inhibited, of a channel
            by its name; ``None`` before the first evaluation.
        make_sender: Makes the sender of a channel.
        now: A clock of Unix microseconds.
        random_share: Returns numbers from 0 to 1.
    """

    def __init__(
        self,
        outbox: Outbox,
        background: Background,
        *,
        firing: Callable[[str], Sequence[AlertView] | None] = lambda channel: None,
        make_sender: Callable[[Channel], Sender] = ChannelSender,
        now: Callable[[], int] = now_us,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        self._shared = Surroundings(outbox, background, firing, now=now, random=random_share)
        self._make_sender = make_sender
        self._workers: dict[str, ChannelWorker] = {}
        self._removal: asyncio.Task[None] | None = None
        # Channels to which a test is being sent.
        self._testing: set[str] = set()

    def configure(self, channels: Iterable[Channel], external_url: str) -> None:
        """Start, change and stop channels after the rule file was read; needs an event loop.

        Messages of a channel that is not in the file any more are given up.
        """
        self._shared.external_url = external_url
        wanted = {channel.name: channel for channel in channels}
        for name in [name for name in self._workers if name not in wanted]:
            self._workers.pop(name).stop()
        for name, channel in wanted.items():
            report = ChannelReport()
            if (worker := self._workers.get(name)) is not None:
                if worker.channel == channel:
                    continue
                worker.stop()
                # The change may have removed the reason of its failures.
                report = replace(worker.report, last_error="", resting_us=0, failures=0)
            self._workers[name] = ChannelWorker(
                channel, self._make_sender(channel), self._shared, report
            )
        if self._removal is not None:
            self._removal.cancel()
        self._removal = asyncio.create_task(self._give_up_removed())

    def wake(self) -> None:
        """Look at the outbox now: call this after a commit that may have added messages."""
        for worker in self._workers.values():
            worker.wake()

    def reports(self) -> Mapping[str, ChannelReport]:
        """Return the figures of each channel."""
        return {name: worker.report for name, worker in self._workers.items()}

    async def send_test(self, notification: Notification) -> str | None:
        """Send a message to its channel once, past the outbox; return why it failed.

        Raises:
            Busy: A test of the channel has not ended.
            NotFound: There is no such channel.
            StorageError: The store does not answer.
        """
        worker = self._workers.get(notification.channel)
        if worker is None:
            hint = did_you_mean(notification.channel, list(self._workers))
            raise NotFound(f"the rule file has no channel of this name{hint}", "channel")
        if notification.channel in self._testing:
            # Each could be a process that does not end.
            raise Busy(f"a test of {notification.channel} has not ended; try again when it has")
        self._testing.add(notification.channel)
        try:
            # A sender that hangs with another message would keep the test waiting.
            outcome = await worker.test(notification, self._make_sender(worker.channel))
        finally:
            self._testing.discard(notification.channel)
        return None if outcome.verdict is Verdict.DELIVERED else outcome.error

    async def stop(self) -> None:
        """Stop all channels; an attempt under way is repeated after the next start."""
        tasks = [worker.stop() for worker in self._workers.values()]
        self._workers.clear()
        if self._removal is not None:
            self._removal.cancel()
            tasks.append(self._removal)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _give_up_removed(self) -> None:
        with self._shared.background.guard("alert channels that were removed"):
            for name in await self._shared.outbox.queued_channels():
                if name in self._workers:
                    continue
                error = f"the rule file has no channel {name} any more"
                messages = await self._shared.outbox.queued(name, MAX_QUEUED)
                for message in messages:
                    await self._shared.outbox.record_attempt(
                        message.notification.id, "dead", self._shared.now(), error=error
                    )
                log.warning("%d messages are given up: %s", len(messages), error)
