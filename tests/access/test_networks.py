"""``tart/access/networks.py``: who is where."""

import pytest

from tart.access.networks import Networks, host_of, is_loopback


def test_without_lists_all_are_let_in():
    assert Networks().admit("192.0.2.1")
    assert Networks().admit("anything")
    assert not Networks()


def test_only_those_that_are_allowed_and_not_denied():
    networks = Networks(["10.0.0.0/8", "2001:db8::/32"], ["10.1.0.0/16", "2001:db8::bad"])

    assert networks.admit("10.0.0.1")
    assert networks.admit("::ffff:10.0.0.1")
    assert networks.admit("2001:db8::1")
    assert not networks.admit("10.1.2.3")
    assert not networks.admit("::ffff:10.1.2.3")
    assert not networks.admit("2001:db8::bad")
    assert not networks.admit("192.0.2.1")
    assert not networks.admit("unix")


def test_what_is_denied_is_denied_though_nothing_is_allowed_by_name():
    networks = Networks(deny=["192.0.2.0/24"])
    assert not networks.admit("192.0.2.200")
    assert networks.admit("198.51.100.1")


@pytest.mark.parametrize("text", ["10.0.0.0/33", "example.org", "", "10.0.0"])
def test_what_is_no_network_is_named(text):
    with pytest.raises(ValueError, match="is no network") as caught:
        Networks([text])
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_what_is_this_machine_s_own(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("localhost:8080", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:8080", "::1"),
        ("[::1]", "::1"),
        ("evil.example", "evil.example"),
        ("", ""),
    ],
)
def test_the_host_of_a_header(header, host):
    assert host_of(header) == host
