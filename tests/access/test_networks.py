"""``tart/access/networks.py``: who is where."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.access.networks import Networks, is_loopback, parse_authority, same_origin
from tests.cases import all_cases


def test_without_lists_every_address_is_admitted():
    assert Networks().admit("192.0.2.1")
    assert Networks().admit("anything")
    assert not Networks()


def test_either_list_alone_restricts_addresses():
    assert Networks(allow=["10.0.0.0/8"])
    assert Networks(deny=["10.0.0.0/8"])


def test_addresses_that_are_allowed_and_not_denied_are_admitted():
    networks = Networks(["10.0.0.0/8", "2001:db8::/32"], ["10.1.0.0/16", "2001:db8::bad"])

    assert networks.admit("10.0.0.1")
    assert networks.admit("::ffff:10.0.0.1")
    assert networks.admit("2001:db8::1")
    assert not networks.admit("10.1.2.3")
    assert not networks.admit("::ffff:10.1.2.3")
    assert not networks.admit("2001:db8::bad")
    assert networks.admit("2001:db8::1%eth0")
    assert not networks.admit("2001:db8::bad%eth0")
    assert not networks.admit("192.0.2.1")
    assert not networks.admit("10.0.0.1%eth0")
    assert not networks.admit("unix")


def test_denied_addresses_are_refused_without_an_allow_list():
    networks = Networks(deny=["192.0.2.0/24"])
    assert not networks.admit("192.0.2.200")
    assert networks.admit("198.51.100.1")


@pytest.mark.parametrize("text", ["10.0.0.0/33", "example.org", "", "10.0.0"])
def test_text_that_is_not_a_network_is_named(text):
    with pytest.raises(ValueError, match="is not a network") as caught:
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
        ("::1%lo", True),
        ("127.0.0.1%lo", False),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_loopback_addresses_and_names(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("header", "authority"),
    [
        ("localhost:8080", ("localhost", 8080)),
        ("LocalHost", ("localhost", None)),
        ("localhost:", ("localhost", None)),
        ("127.0.0.1", ("127.0.0.1", None)),
        ("[::1]:8080", ("::1", 8080)),
        ("[::1]", ("::1", None)),
        ("[0:0:0:0:0:0:0:1]", ("::1", None)),
        ("[::ffff:127.0.0.1]:80", ("::ffff:7f00:1", 80)),
        ("tart.example.", ("tart.example.", None)),
        ("a_b~!$&'()*+,;=%2f", ("a_b~!$&'()*+,;=%2f", None)),
    ],
)
def test_a_host_header_is_parsed(header, authority):
    assert parse_authority(header) == authority


# What a page elsewhere may make of its own name, so that it looks like this machine's.
NOT_LOOPBACK = [
    "[::1].evil.com",
    "[::1]evil.com",
    "[::1]:80@evil.com",
    "[::1",
    "::1",
    "[::1%25lo]",
    "[127.0.0.1]",
    "[localhost]",
    "127.0.0.1.evil.com",
    "127.0.0.1@evil.com",
    "127.0.0.1:80@evil.com",
    "127.0.0.1 evil.com",
    "127.0.0.1,evil.com",
    "127.0.0.1:80:80",
    "127.0.0.1:99999",
    "127.0.0.1:8o",
    "127.0.0.1:-1",
    "127.0.0.1:\u0668\u0660",
    "\uff11\uff12\uff17.0.0.1",
    "127.0.0.1/",
    "127.0.0.1?",
    "127.0.0.1#",
    "127.0.0.1\\evil.com",
    "127.0.0.1%00evil.com",
    "127.0.0.1%zz",
    "127.0.0.1\x00",
    "127.0.0.1\t",
    " 127.0.0.1",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "127.1",
    "2130706433",
    "0.0.0.0",
    "[::]",
    "localhost.evil.com",
    "localhost:80@evil",
    "localhost@evil.com",
    "evil.com:localhost",
    "localhost\u3002evil.com",
    "\u217fo\u217dalhost",
    "evil.com",
    "user:pw@localhost",
    "http://localhost",
    "//localhost",
    ":80",
    "",
]


@all_cases("header", NOT_LOOPBACK)
def test_no_other_name_passes_for_loopback(header):
    found = parse_authority(header)
    assert found is None or not is_loopback(found.host)


@given(st.text(max_size=30), st.sampled_from(["127.0.0.1", "[::1]", "localhost"]), st.text())
def test_only_a_port_may_follow_a_loopback_name(before, name, after):
    found = parse_authority(before + name + after)
    if found is not None and is_loopback(found.host):
        assert before == ""
        # 127.0.0.10 is an address of this machine, too.
        port = after.lstrip("0123456789") if name == "127.0.0.1" else after
        assert re.fullmatch(r"(:[0-9]*)?", port)


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://tart.example", "tart.example", True),
        ("http://tart.example", "TART.example:80", True),
        ("https://tart.example", "tart.example", True),
        ("https://tart.example:443", "tart.example", True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://tart.example:8080", "tart.example", False),
        ("http://evil.example", "tart.example", False),
        ("http://tart.example@evil.example", "tart.example", False),
        ("null", "null", False),
        ("http://", "", False),
        ("tart.example", "tart.example", False),
    ],
)
def test_an_origin_is_the_same_with_equal_host_and_port(origin, host, same):
    assert same_origin(origin, host) is same
