"""``kill -9``: no alert is lost, and none is sent under two ids.

``tests/soak/test_alert_kills.py`` does the same 210 times, with a receiver that fails.
"""

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tart.alert_store import AlertStore
from tart.alerting.engine.model import State
from tests.soak.alert_kills import run

ROOT = Path(__file__).parents[2]


def read(path):
    """All that the store has."""

    async def work():
        store = AlertStore(path)
        try:
            deliveries = await store.deliveries(1 << 20)
            history = await store.history(1 << 20)
            return await store.load(), deliveries[::-1], history[::-1]
        finally:
            await store.close()

    return asyncio.run(work())


def check(path, printed):
    state, deliveries, history = read(path)
    alerts = {alert.id: alert for alert in state.alerts}
    # Each alert fired once and ended once at most, and is stored as long as it fires.
    changes = Counter((each.transition.alert.id, each.transition.next) for each in history)
    assert set(changes.values()) == {1}
    fired = {alert_id for alert_id, name in changes if name == "firing"}
    ended = {alert_id for alert_id, name in changes if name == "resolved"}
    assert {key for key, alert in alerts.items() if alert.state is State.FIRING} == fired - ended
    told = {}
    for delivery in deliveries:
        message = delivery.notification
        announced = told.setdefault(message.channel, {})
        for view in message.alerts:
            if view.alert.state is State.FIRING:
                announced[view.alert.fingerprint] = view.alert.id
            else:
                assert announced.pop(view.alert.fingerprint) == view.alert.id
    # A channel was told of what its group has, no more and no less.
    groups = {group.channel: set(group.announced) for group in state.groups}
    for channel, announced in told.items():
        assert set(announced.values()) == groups.get(channel, set())
        assert groups.get(channel, set()) == fired - ended
    # What was delivered is recorded, but for the message in whose delivery it was killed.
    ids = [delivery.notification.id for delivery in deliveries]
    assert set(printed) <= set(ids)
    delivered = [each.notification.id for each in deliveries if each.state == "delivered"]
    assert set(delivered) <= set(printed)
    return deliveries


def kill_in_commits(path, kills, seed):
    """Kill processes in the midst of their statements; return the ids of messages they sent."""
    command = [sys.executable, "-m", "tests.committing", path, str(kills), str(seed)]
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True
    ).stdout.split()


@pytest.mark.slow
def test_a_process_killed_at_any_statement_leaves_states_and_messages_that_agree(tmp_path):
    path = tmp_path / "control.sqlite"
    printed = kill_in_commits(path, kills=20, seed=5)
    assert len(check(path, printed)) > 30
    # Each id once, but for one at each kill at most.
    repeated = [count for count in Counter(printed).values() if count > 1]
    assert 0 < len(repeated) <= 20


@pytest.mark.slow
def test_a_gateway_killed_in_each_state_of_its_alerts_loses_none(tmp_path):
    kinds = ("pending", "accepted", "silenced")
    done, states = run(tmp_path / "data", kinds, seed=3)
    assert tuple(done) == kinds
    # The firing ones and the end; whether two leave together is a matter of time.
    assert states["delivered"] >= 3
