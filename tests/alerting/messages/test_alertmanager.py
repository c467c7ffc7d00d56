"""``tart/alerting/messages/alertmanager.py``, against Alertmanager's OpenAPI.

``tests/gateway/alerting/test_alertmanager.py`` has the real Alertmanager.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from tart.alerting.engine.model import State
from tart.alerting.messages.alertmanager import postable_alert, render
from tests.alerting.messages.examples import (
    CONTEXT,
    NOW_US,
    TEXTS,
    channel,
    hostile_notification,
    notification,
    view,
)
from tests.alerting.messages.schemas import ALERTMANAGER, validate
from tests.cases import all_cases, examples

CHANNEL = channel("alertmanager")


@all_cases("url", ["http://am:9093", "http://am:9093/", "http://am:9093/api/v2/alerts"])
def test_alerts_are_posted_to_the_api_of_the_address(url):
    message = notification(view(1), view(2, state=State.RESOLVED))
    request = render(message, CHANNEL, {"url": url}, CONTEXT)
    assert request.url == "http://am:9093/api/v2/alerts"
    firing, ended = validate(request.body, ALERTMANAGER)
    # Four minutes after the attempt, and the end itself.
    assert firing["endsAt"] == "2027-01-15T08:04:00.123Z"
    assert ended["endsAt"] == "2027-01-15T08:00:00.123Z"
    assert firing["labels"]["alertname"] == "NodeSilent"
    assert firing["annotations"]["summary"] == "Node 01010101 has been silent for 91 s"


def test_names_that_prometheus_does_not_allow_are_changed():
    odd = replace(view(1), labels={"alertname": "A", "count(*)": "1", "2nd": "b", "empty": ""})
    assert postable_alert(odd, NOW_US)["labels"] == {"alertname": "A", "count___": "1", "_2nd": "b"}


@pytest.mark.no_cover
@examples(0.3)
@given(TEXTS)
def test_any_text_of_a_node_gives_a_valid_message(text):
    message = hostile_notification(text)
    validate(render(message, CHANNEL, {"url": "http://am"}, CONTEXT).body, ALERTMANAGER)
