"""``tart/gateway/alerting/channel_thread.py``: a call that hangs has one thread, and it alone."""

from __future__ import annotations

import threading

import pytest

from tart.alerting.engine.outbox import Outcome, Verdict
from tart.gateway.alerting.channel_thread import ChannelThread, ThreadBusy
from tests.gateway.alerting.hostile_receiver import wait_until

DELIVERED = Outcome(Verdict.DELIVERED)


@pytest.mark.anyio
async def test_the_outcome_and_the_exception_of_a_call_arrive():
    thread = ChannelThread()
    assert await thread.run(lambda: DELIVERED, 10) == DELIVERED

    def fail():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await thread.run(fail, 10)


@pytest.mark.anyio
async def test_while_a_call_hangs_the_channel_starts_no_other():
    thread, release = ChannelThread(), threading.Event()
    before = set(threading.enumerate())

    def hang():
        release.wait(30)
        return DELIVERED

    with pytest.raises(TimeoutError):
        await thread.run(hang, 0.01)
    for _ in range(5):
        with pytest.raises(ThreadBusy):
            await thread.run(hang, 10)
    assert len(set(threading.enumerate()) - before) == 1
    release.set()
    wait_until(lambda: not thread.is_busy)
    assert await thread.run(lambda: DELIVERED, 10) == DELIVERED
