"""The cookie of a login, and from where it counts."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.gateway.http.cookies import (
    cookie_name,
    is_own_page,
    is_secure,
    read_cookie,
    set_cookie,
)

NAME = cookie_name("0a1b2c3d")
HOST = {"host": "tart.example:8080"}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (f"{NAME}=abc", "abc"),
        (f"a=1; {NAME}=abc; b=2", "abc"),
        (f"a=1;{NAME}=abc", "abc"),
        (f"{NAME}=first; {NAME}=second", "first"),
        (f"{NAME}=", ""),
        (NAME, None),
        (f"{NAME}x=abc; x{NAME}=abc; {cookie_name('ffffffff')}=abc", None),
        ("", None),
        (";;=;", None),
    ],
)
def test_the_cookie_of_this_server_is_read_from_the_header(header: str, value: str | None) -> None:
    assert read_cookie(header, NAME) == value


@given(st.text())
def test_any_header_can_be_read(header: str) -> None:
    assert read_cookie(header, NAME) is None or NAME in header


def test_the_cookie_has_the_attributes_that_protect_it_and_no_path() -> None:
    """Without a path a browser takes the folder of the login's URL: <prefix>/api."""
    cookie = SimpleCookie(set_cookie(NAME, "token", 3600, secure=False))[NAME]
    assert (cookie.value, cookie["max-age"], cookie["samesite"]) == ("token", "3600", "Strict")
    assert cookie["httponly"]
    assert not cookie["secure"]
    assert not cookie["path"]
    assert not cookie["domain"]
    assert SimpleCookie(set_cookie(NAME, "token", 1, secure=True))[NAME]["secure"]


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),  # no browser
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),  # the address bar
        ({"origin": "http://tart.example:8080"}, True),
        # The browser's judgement counts where a proxy changed the Host header.
        ({"sec-fetch-site": "same-origin", "origin": "https://elsewhere.example"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://tart.example:8080"}, False),
        ({"origin": "http://tart.example:8081"}, False),  # another port is another origin
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        # A link may be followed, a form not.
        ({"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}, True),
        ({"sec-fetch-site": "cross-site", "sec-fetch-dest": "iframe"}, False),
        (
            {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document", "origin": "null"},
            False,
        ),
        # Browsers differ in Sec-Fetch-Site of WebSockets.
        (
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "websocket",
                "origin": "http://tart.example:8080",
            },
            True,
        ),
        ({"sec-fetch-mode": "websocket", "origin": "http://evil.example"}, False),
    ],
)
def test_only_the_server_s_own_page_may_use_it(headers: dict[str, str], own: bool) -> None:
    assert is_own_page({**HOST, **headers}) is own


@pytest.mark.parametrize(
    ("headers", "tls", "secure"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"origin": "https://tart.example"}, False, True),
        ({"origin": "http://tart.example"}, False, False),
        ({"x-forwarded-proto": "https"}, False, True),
        ({"x-forwarded-proto": "https, http"}, False, True),
        ({"x-forwarded-proto": "http"}, False, False),
    ],
)
def test_a_login_over_tls_has_a_cookie_for_tls_alone(
    headers: dict[str, str], tls: bool, secure: bool
) -> None:
    assert is_secure(headers, tls=tls) is secure
