"""The values between the parts of alerting."""

from __future__ import annotations

from tart.alerting.engine.model import Request


def test_a_request_does_not_show_where_it_goes():
    assert "token" not in repr(Request("http", "https://example.org/token", {"a": "token"}))
