"""Thousands of attempts to bad receivers leave no descriptor, thread, process or memory behind."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from pathlib import Path

import psutil
import pytest

from tart.alerting.engine.outbox import Verdict
from tart.alerting.messages.table import render
from tart.alerting.rules.model import Channel, Secret
from tart.gateway.alerting.senders import ChannelSender
from tests.alerting.messages.examples import CONTEXT, notification
from tests.gateway.alerting.hostile_receiver import ACCEPTS, BEHAVIOURS, HostileReceiver
from tests.gateway.alerting.mail_server import running_mail_server
from tests.running import wait_for

ROUNDS = 150
# What allocators keep of 150 rounds.
GROWTH_BYTES = 24 << 20

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def counts() -> tuple[int, int, int]:
    """Descriptors, threads and children of this process."""
    children = psutil.Process().children(recursive=True)
    return len(os.listdir("/proc/self/fd")), threading.active_count(), len(children)


def settle(first: tuple[int, int, int]) -> None:
    """Wait until nothing is left that was not there at first."""
    wait_for(lambda: all(now <= then for now, then in zip(counts(), first, strict=True)))


@pytest.mark.anyio
async def test_no_sender_leaks(tmp_path: Path) -> None:
    behaviours = [each for each in BEHAVIOURS if each not in ("huge_body", "slow_body")]
    expected = {"accept": Verdict.DELIVERED, "accept_slowly": Verdict.DELIVERED}
    with HostileReceiver() as receiver, running_mail_server() as mail:
        url = {"url": Secret("value", receiver.url)}
        apprise = {"url": Secret("value", f"json://127.0.0.1:{receiver.port}/s3cr3t")}
        address = {"from": "tart@example.org", "to": ["ops@example.org"], "tls": "none"}
        channels = [
            Channel("webhook", "webhook", {"timeout": 1}, url),
            Channel("apprise", "apprise", {"timeout": 5}, apprise),
            Channel("mail", "email", {"host": "127.0.0.1", "port": mail.port, **address}),
            Channel("fails", "command", {"argv": ["/bin/false"]}),
            Channel("hangs", "command", {"argv": ["/bin/sleep", "60"], "timeout": 0.01}),
        ]
        senders = [ChannelSender(channel) for channel in channels]

        async def send(index: int) -> Verdict:
            message = notification()
            outcome = await senders[index].send(
                lambda secrets: render(message, channels[index], secrets, CONTEXT)
            )
            assert "s3cr3t" not in outcome.error
            return outcome.verdict

        async def run_rounds(rounds: int) -> None:
            for number in range(rounds):
                behaviour = behaviours[number % len(behaviours)]
                receiver.script.append(behaviour)
                verdict = await send(0)
                assert (verdict is Verdict.DELIVERED) == (behaviour in expected), behaviour
                assert (behaviour in ACCEPTS) == (behaviour in expected)
                assert await send(1) is Verdict.DELIVERED
                assert await send(2) is Verdict.DELIVERED
                assert await asyncio.gather(send(3), send(4)) == [Verdict.RETRY] * 2
            receiver.forget()

        # Whatever is loaded once.
        await run_rounds(20)
        gc.collect()
        first, memory = counts(), psutil.Process().memory_info().rss
        await run_rounds(ROUNDS)
        gc.collect()
        await asyncio.to_thread(settle, (first[0], first[1] + 1, first[2]))
        assert psutil.Process().memory_info().rss - memory < GROWTH_BYTES
