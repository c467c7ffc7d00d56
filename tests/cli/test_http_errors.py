"""Failed HTTP requests in words."""

import http.client
import json
import urllib.error

import pytest

from tart.cli.http_errors import describe_failure, describe_refusal

URL = "http://tart.example"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConnectionRefusedError(111, "Connection refused"), ": nothing listens; start it with"),
        (ConnectionResetError(104, "reset"), ": the connection was closed; try https://, and see"),
        (http.client.RemoteDisconnected("closed"), ": the connection was closed; try https://"),
        (http.client.BadStatusLine("SSH-2.0"), ": the answer is not HTTP; see that the port is"),
        (TimeoutError("timed out"), " within 60 s"),
        (OSError(113, "No route to host"), ": there is no route to the host"),
    ],
)
def test_a_request_without_an_answer(error, sentence):
    for cause in (error, urllib.error.URLError(error)):
        assert describe_failure(cause, URL, 60.0).startswith(f"no tart answers there{sentence}")


def test_a_proxy_is_at_fault_for_what_happens_on_the_way():
    for error, why in (
        (ConnectionRefusedError(111, "refused"), "connection refused, so nothing listens there"),
        (UnicodeError("label empty"), "that is not a host name"),
    ):
        assert describe_failure(error, URL, 60.0, "p:1") == (
            f"the proxy p:1 cannot be reached: {why}; unset http_proxy, or add the host to no_proxy"
        )


def test_a_refusal_of_tart_is_its_message_and_any_other_is_of_another_server():
    body = json.dumps({"error": {"message": "no such node"}}).encode()
    assert describe_refusal(URL, "/a", 404, body, None) == "no such node"
    assert describe_refusal(URL, "/a", 401, body, None).startswith(f"{URL} needs an API key: put ")
    assert describe_refusal(URL, "/a", 401, body, None, has_key=True) == "no such node"
    for other in (b"", b"<html>", b"[]", b"{}", b'{"error": "x"}'):
        assert describe_refusal(URL, "/a?b", 404, other, None) == (
            f"{URL}: no tart answers there: another server does, with status 404 for /a; check the "
            "address"
        )
