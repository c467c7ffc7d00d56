"""``tart/client/core/request.py``: URL, answer and retries of one request."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.client.core.request import ApiError, Call, parse_error, parse_retry_after


def error_body(code="bad_parameter", **more) -> bytes:
    return json.dumps({"error": {"code": code, "message": "m", **more}}).encode()


def test_none_parameters_are_left_out_and_others_are_text():
    query = {
        "limit": 5,
        "event_types": [42, 43],
        "start": datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
        "end": "2026-01-02T03:04:05Z",
        "cursor": None,
    }
    assert Call("GET", "/x", query=query).parameters == {
        "limit": "5",
        "event_types": "42,43",
        "start": "2026-01-02T03:04:05.000006+00:00",
        "end": "2026-01-02T03:04:05Z",
    }


def test_a_datetime_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        _ = Call("GET", "/x", query={"start": datetime(2026, 1, 1)}).parameters  # noqa: DTZ001


@given(st.text(st.characters(codec="utf-8")))
def test_path_parameters_are_quoted(text):
    url = Call("GET", "/api/nodes/{id}/events", {"id": text}).url
    assert url.count("/") == 4
    assert not set(url) & set("?# ")


def test_a_body_has_the_given_members():
    assert Call("POST", "/x").content is None
    body = {"map": "SELECT 1", "reduce": None}
    assert Call("POST", "/x", body=body).content == {"map": "SELECT 1"}


def test_the_next_page_is_the_same_call_with_a_cursor():
    call = Call("GET", "/{id}", {"id": 1}, {"limit": 2, "cursor": None})
    assert call.with_cursor("abc") == Call("GET", "/{id}", {"id": 1}, {"limit": 2, "cursor": "abc"})


def test_responses_are_parsed_as_json_or_text():
    assert Call("GET", "/x").parse(200, b'{"a":1}') == {"a": 1}
    assert Call("POST", "/x").parse(201, b'{"a":1}') == {"a": 1}
    assert Call("GET", "/x", text=True).parse(200, "µ".encode()) == "µ"
    assert Call("GET", "/x", accepted=(503,)).parse(503, b'{"a":1}') == {"a": 1}


def test_an_error_response_has_the_server_s_message():
    with pytest.raises(ApiError) as caught:
        Call("GET", "/x").parse(400, error_body(param="limit"))
    error = caught.value
    assert (error.status, error.code, error.parameter) == (400, "bad_parameter", "limit")
    assert str(error) == "400 bad_parameter: m"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"error":"x"}', b"\xff"])
def test_an_error_of_another_server_is_quoted(body):
    error = parse_error(502, body)
    assert (error.status, error.code) == (502, "")


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (302, b""), (304, b"")])
def test_a_response_that_is_not_json_is_an_error(status, body):
    with pytest.raises(ApiError):
        Call("GET", "/x").parse(status, body)


@pytest.mark.parametrize(
    ("method", "status", "code", "passes"),
    [
        ("GET", 503, "no_shard", True),
        ("GET", 504, "deadline", True),
        ("GET", 502, "", True),
        ("GET", 429, "too_many_requests", True),
        ("GET", 503, "not_configured", False),
        ("GET", 400, "bad_parameter", False),
        ("GET", 500, "internal", False),
        ("DELETE", 503, "no_shard", True),
        ("POST", 503, "no_shard", False),
        ("POST", 429, "too_many_requests", True),
    ],
)
def test_transient_errors_are_retryable_where_safe(method, status, code, passes):
    assert Call(method, "/x").is_retryable(ApiError(status, code, "m")) is passes


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, 0), ("3", 3), ("0", 0), ("", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0), ("-1", 0)],
)
def test_retry_after_is_read_in_seconds(header, seconds):
    assert parse_retry_after(header) == seconds
