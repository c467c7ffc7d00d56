"""Addresses and origins, as settings and flags have them."""

import pytest

from tart.config.addresses import (
    describe_origin,
    endpoint_of,
    hide_secrets,
    is_url,
    join_address,
    parse_address,
    parse_listen_address,
    public_value,
)
from tart.errors import ConfigError
from tests.cases import all_cases


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("localhost:65535", ("localhost", 65535)),
        ("[::1]:80", ("::1", 80)),
        ("[::]:80", ("::", 80)),
    ],
)
def test_addresses_are_parsed_and_joined(text, pair):
    assert parse_address(text, "api.bind") == pair
    assert join_address(*pair) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "host", "host:", ":80", "::1:80", "::1", "[::1]", "[]:80", "[::1:80", "::1]:80"),
        *("host:x", "host:-1", "host:٣", "a b:80", "host:80 ", "host:0800000"),
        *("a..b:80", ".a:80", f"{'a' * 64}:80", "a\x1b:80", "a\udcff:80"),
    ],
)
def test_text_that_is_not_an_address_is_refused(text):
    with pytest.raises(ConfigError, match=r"^--target: .* is not HOST:PORT"):
        parse_address(text, "--target")


def test_a_port_beyond_the_highest_is_named():
    with pytest.raises(ConfigError, match=r"^--target: 'host:65536' has a port above the highest"):
        parse_address("host:65536", "--target")
    with pytest.raises(ConfigError, match=r"^--listen: 65536 is not a port: the highest is 65535"):
        parse_listen_address("65536", "--listen")


def test_an_address_to_listen_on_needs_no_host():
    assert parse_listen_address("0", "--listen") == ("127.0.0.1", 0)
    assert parse_listen_address("[::]:80", "--listen") == ("::", 80)
    assert parse_address("a.b.:1", "--listen") == ("a.b.", 1)
    with pytest.raises(ConfigError, match=r"^--listen: 'abc' is not \[HOST:\]PORT, such as 9000"):
        parse_listen_address("abc", "--listen")


@all_cases(
    "origin",
    [
        *("*", "null", "https://example.org", "http://localhost:3000", "http://127.0.0.1:8080"),
        *("https://[::1]:8443", "chrome-extension://abcdef", "https://a.b-c.example:444"),
    ],
)
def test_origins_are_accepted(origin):
    assert describe_origin(origin) is None


@all_cases(
    ("text", "sentence"),
    [
        ("", "'' is not an origin such as https://example.org or http://localhost:3000"),
        ("example.org", "'example.org' is not an origin such as"),
        ("https://", "its host is not valid"),
        ("https://a b", "its host is not valid"),
        ("https://*.example.org/", "ends after host and port, https://*.example.org"),
        ("https://example.org/", "it ends after host and port, https://example.org"),
        ("https://example.org/app", "it ends after host and port, https://example.org"),
        ("https://example.org?x", "its host is not valid"),
        ("https://example.org:99999", "its host is not valid"),
        ("https://example.org:443", "is never sent as an origin; write 'https://example.org'"),
        ("HTTPS://Example.org", "is never sent as an origin; write 'https://example.org'"),
        ("http://[0::1]:80", "is never sent as an origin; write 'http://[::1]'"),
    ],
)
def test_text_that_no_browser_sends_as_an_origin_is_refused(text, sentence):
    assert sentence in (describe_origin(text) or "")


def test_an_address_of_a_web_server_has_a_scheme_and_a_host():
    for text in ("http://x", "https://x:1/a?b#c", "http://[::1]:80/", "http://user@x"):
        assert is_url(text)
    for text in ("x", "x:1", "ftp://x", "http://", "http://x:", "http://x:a", "http://x:65536"):
        assert not is_url(text)
    for text in (
        "http://[::1",
        "http://a b",
        "http://a..b",
        "http://x:0",
        "http:/x",
        "http://a\x1b",
    ):
        assert not is_url(text)


@all_cases(
    ("url", "shown"),
    [
        ("ws://127.0.0.1:19800", "ws://127.0.0.1:19800"),
        ("wss://me:p@ss@host:1/v1/key?token=t", "wss://…@host:1/…"),
        ("ws://host/", "ws://host/"),
        ("ws://host?token=t", "ws://host/…"),
        ("ws://host/path@x", "ws://host/…"),
        ("no url", "no url"),
        # Of a URL with a mistake as much is hidden, wherever the password ends.
        ("ws://me:se/cr?e#t@host:1", "ws://…@host:1"),
        ("ws:/me:secret@host:1/token", "ws:/…@host:1/…"),
        ("me:secret@host:1/token", "…@host:1/…"),
        ("ws//me:secret@host:1", "ws//…@host:1"),
        ("ws://me:secret@host:port", "ws://…@host:port"),
        ("ws://me:secret@a:1;ws://me:secret@b:1", "ws://…@b:1"),
    ],
)
def test_a_url_is_shown_without_secrets(url, shown):
    assert hide_secrets(url) == shown
    assert public_value("rpc.urls", (url,)) == (shown,)
    assert public_value("data_dir", url) == url


def test_the_path_of_a_receiver_of_traces_is_shown():
    shown = public_value("traces.url", "https://me:secret@host:1/v1/traces?key=secret")
    assert shown == "https://…@host:1/v1/traces?…"
    plain = "http://127.0.0.1:4318/v1/traces"
    assert public_value("traces.url", plain) == plain
    assert public_value("traces.url", "http:/me:secret@host/x") == "http:/…@host/…"


def test_urls_of_one_endpoint_are_recognised():
    same = ("ws://host:80", "WS://HOST/", "ws://me:secret@host")
    assert len(set(map(endpoint_of, same))) == 1
    others = ("ws://host", "wss://host", "ws://host:81", "ws://host/a", "ws://host/?a", "ws://b")
    assert len(set(map(endpoint_of, others))) == len(others)
