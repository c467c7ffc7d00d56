"""``tart/gateway/alerting/redaction.py``: no text about a delivery has a secret."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.gateway.alerting.redaction import Redactor, target
from tests.cases import all_cases, examples

URL = "https://user:passw0rd@hooks.example.org:8443/services/T0000001/B%2F000002?key=abcdefgh"


@all_cases(
    "text",
    [
        URL,
        "POST /services/T0000001/B%2F000002?key=abcdefgh failed",
        "no such hook: T0000001",
        "no such hook: B/000002",
        "bad key abcdefgh",
        "login passw0rd refused",
    ],
)
def test_no_part_of_a_url_that_may_be_a_token_is_left(text):
    redacted = Redactor([URL])(text)
    for part in ("T0000001", "000002", "abcdefgh", "passw0rd"):
        assert part not in redacted
    assert "***" in redacted


@examples(0.5)
@given(st.text(min_size=1, max_size=20).map(str.strip).filter(bool), st.text(max_size=30))
def test_a_secret_is_removed_wherever_it_is(secret, text):
    redacted = Redactor([secret])(f"{text}{secret}{text}")
    assert secret in "***" or secret not in redacted


def test_the_host_stays_and_a_text_is_one_short_line():
    text = f"no route to hooks.example.org\nfor {URL} " + "x" * 1000
    redacted = Redactor([URL, ""])(text)
    assert redacted.startswith("no route to hooks.example.org for *** xxx")
    assert len(redacted) <= 300


@all_cases(
    ("url", "shown"),
    [
        (URL, "https://hooks.example.org:8443"),
        ("http://[::1]:80/a", "http://[::1]:80"),
        ("http://host/token", "http://host"),
        ("http://host:99999999/token", "the URL"),
    ],
)
def test_of_a_url_scheme_and_host_are_shown(url, shown):
    assert target(url) == shown


def test_a_path_that_everybody_uses_is_no_secret():
    redact = Redactor(["http://h/v1/traces?key=secret"], public=("v1/traces", "traces"))
    assert redact("traces: secret") == "traces: ***"
