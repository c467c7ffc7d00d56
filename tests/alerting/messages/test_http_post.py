"""``tart/alerting/messages/http_post.py``: headers and the sender's settings."""

from __future__ import annotations

from tart.alerting.messages.http_post import authorization, post
from tests.alerting.messages.examples import channel
from tests.cases import all_cases


def test_a_request_has_the_settings_that_its_sender_needs():
    made = post("http://a", channel("webhook", ca_file="/ca.pem", timeout=3), b"{}")
    assert made.details == {"timeout_seconds": 3.0, "ca_file": "/ca.pem"}
    assert made.headers["content-type"] == "application/json"
    assert made.headers["user-agent"].startswith("tart/")


@all_cases(
    ("secrets", "expected"),
    [
        ({}, {}),
        ({"bearer_token": "t"}, {"authorization": "Bearer t"}),
        ({"password": "open"}, {"authorization": "Basic b3BzOm9wZW4="}),
    ],
)
def test_credentials_are_a_header(secrets, expected):
    assert authorization(channel("webhook", username="ops"), secrets) == expected
