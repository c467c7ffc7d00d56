"""``tart/gateway/alerting/apprise_sender.py``: apprise against a webhook of this machine."""

from __future__ import annotations

import logging
import sys

import pytest

from tart.alerting.engine.outbox import Outcome, Verdict
from tart.alerting.messages.apprise import render
from tart.gateway.alerting.apprise_sender import notify
from tests.alerting.messages.examples import CONTEXT, channel, hostile_notification, notification
from tests.gateway.alerting.hostile_receiver import HostileReceiver

# Of apprise and what it imports.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def send(url: str, message=None) -> Outcome:
    return notify(render(message or notification(), channel("apprise"), {"url": url}, CONTEXT))


@pytest.mark.slow
def test_a_message_arrives_and_a_failure_has_its_reason():
    with HostileReceiver(["accept", "error"]) as receiver:
        url = f"json://127.0.0.1:{receiver.port}/s3cr3t"
        assert send(url, hostile_notification("@everyone <!channel>")) == Outcome(Verdict.DELIVERED)
        failed = send(url)
    message = receiver.received[0].json()
    assert message["title"] == "[critical] NodeSilent: 1,000 firing"
    assert "@everyone" not in message["message"]
    assert "<!" not in message["message"]
    assert failed.verdict is Verdict.RETRY
    assert "500" in failed.error
    # Its log has URLs.
    assert not logging.getLogger("apprise").propagate


@pytest.mark.slow
def test_a_url_that_apprise_does_not_know_is_doubtful():
    outcome = send("nosuchservice://t0ken")
    assert outcome.verdict is Verdict.DOUBTFUL
    assert "t0ken" not in outcome.error


def test_without_apprise_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    outcome = send("json://127.0.0.1/")
    assert outcome.verdict is Verdict.DOUBTFUL
    assert "extra 'alerts'" in outcome.error
