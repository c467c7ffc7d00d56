"""``tart/query/core/failure_templates.py``: one template for the same failure of many nodes."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.failure_templates import (
    MAX_CHARACTERS,
    MAX_TEMPLATE,
    VERSION,
    failure_fingerprint,
    failure_template,
)
from tests.cases import all_cases

PEER = "e" + "abcdefghijklmnopqrstuvwxyz234567" + "abcdefghijklmnopqrst"
HASH = "ab12" * 16
TEMPLATES = {
    "": "",
    "not connected": "not connected",
    "(other reasons)": "(other reasons)",
    "handshake failed: bad certificate": "handshake failed: bad certificate",
    "std::io::Error in and/or of ed25519, sha256, IPv6": None,
    "dead::beef() and Foo::bar": None,
    "connection to 10.1.2.3:4000 refused": "connection to <address> refused",
    "no route to [2001:db8::1]:40000": "no route to <address>",
    "no route to fe80::1%eth0": "no route to <address>",
    "dial /ip4/10.0.0.1/udp/4000/quic-v1 failed": "dial <address> failed",
    "lookup node-7.example.org:4000": "lookup <address>",
    "GET https://example.org/x?y=1 failed": "GET <url> failed",
    f"peer {PEER} gone": "peer <peer> gone",
    "id 6f1b7d1e-1234-4cde-8f00-0123456789ab": "id <uuid>",
    f"block 0x{HASH} unknown": "block <hex> unknown",
    f"block {HASH} unknown": "block <hex> unknown",
    "block 0xab12…cd34 unknown": "block <hex> unknown",
    "block ab12…cd34 unknown": "block <hex> unknown",
    "block ab12cd34 unknown": "block <number> unknown",
    "block 12345678 unknown": "block <number> unknown",
    "slot 1,234 > 99": "slot <number> > <number>",
    "expected -5 of 1.5e-3, 40%": "expected <number> of <number>, <number>%",
    "range 1..5": "range <number>..<number>",
    "node-12, node12, core_3": "node-<number>, node<number>, core_<number>",
    "timed out after 5s": "timed out after <duration>",
    "timed out after 5.25 s": "timed out after <duration>",
    "took 1m30s": "took <duration>",
    "took 310µs": "took <duration>",
    "12 KiB over": "<size> over",
    "12 bytes over": "<number> bytes over",
    "at 2026-11-30T05:00:00.123Z": "at <time>",
    "at 05:00:01": "at <time>",
    "cannot open /var/lib/tart/db: os error 2": "cannot open <path>: os error <number>",
    "panicked at src/net/quic.rs:120:9": "panicked at <path>",
    'missing field "slot" at line 3': "missing field <quoted> at line <number>",
    "can't open 'x'": "can't open <quoted>",
    "needs v0.3.2 or 0.4.0-rc1": "needs <version> or <version>",
    "bytes [1, 2, 255] left": "bytes <list> left",
    "bytes [7] left": "bytes <list> left",
    "sync=true": "sync=<bool>",
    "a\x00b\n\n c\u202e ": "a\ufffdb c\ufffd",
}


@all_cases("reason", TEMPLATES, ids=repr)
def test_variable_parts_are_placeholders(reason: str) -> None:
    expected = TEMPLATES[reason]
    assert failure_template(reason) == (reason if expected is None else expected)


@given(st.text(max_size=200))
def test_the_template_of_a_template_is_itself(reason: str) -> None:
    template = failure_template(reason)
    assert failure_template(template) == template
    assert len(template) <= MAX_TEMPLATE
    assert template == template.strip()
    assert not any(ord(each) < 32 for each in template)


PARTS = st.sampled_from(
    [
        *("1", "22", "0x1f", "ab12cd34", "'x'", '"', "'", "`", "[", "]", "/", ".", ":", "::"),
        *("-", "…", " ", "a", "slot", "s", "ms", "e9", "<", ">", "<number>", "10.0.0.1", "v"),
        *("=true", ",", "%"),
    ]
)


@given(st.lists(PARTS, max_size=30).map("".join))
def test_what_looks_variable_has_one_template_too(reason: str) -> None:
    template = failure_template(reason)
    assert failure_template(template) == template


WORDS = ["{}", "slot {} of {}", "peer {} sent {} bytes", "0x{:x} unknown at {}"]


@given(
    st.sampled_from(WORDS),
    st.integers(0, 2**64),
    st.integers(0, 2**64),
    st.integers(0, 2**64),
    st.integers(0, 2**64),
)
def test_numbers_do_not_matter(text: str, a: int, b: int, c: int, d: int) -> None:
    assert failure_template(text.format(a, b)) == failure_template(text.format(c, d))


@given(st.ip_addresses(), st.ip_addresses(), st.integers(1, 65535))
def test_addresses_do_not_matter(one, other, port: int) -> None:
    def text(address):
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"cannot reach {host}:{port}: refused"

    assert failure_template(text(one)) == failure_template(text(other))


@given(st.binary(min_size=32, max_size=32), st.booleans())
def test_hashes_do_not_matter_with_or_without_a_prefix(value: bytes, prefixed: bool) -> None:
    text = f"no block {'0x' if prefixed else ''}{value.hex()}"
    assert failure_template(text) == "no block <hex>"


def test_words_do_matter() -> None:
    words = [
        "timed out",
        "refused by peer",
        "stream reset by peer",
        "not connected",
        "no such core",
    ]
    assert len({failure_template(word) for word in words}) == len(words)


HOSTILE = ["a/", "a.", "1", "1 ", "::", "a:", "'", "[1,", "aB3", "1.1.", "0x", "-", "<", "/a", "1:"]


def test_hostile_reasons_are_bounded() -> None:
    began = time.process_time()
    for part in [*HOSTILE, "a-", "1d", "aaaa:", '"', "`a", "e" * 53, "\ud800", "\x00", "…", "1,"]:
        for text in (part * 65_536, f"{part * 100}!"):
            assert len(failure_template(text)) <= MAX_TEMPLATE
    # About 10 ms; exponential or quadratic rules would take minutes.
    assert time.process_time() - began < 20


def test_what_is_behind_the_limit_does_not_count() -> None:
    long = "word " * MAX_CHARACTERS
    assert failure_template(long + "a") == failure_template(long + "b")


def test_fingerprints_are_stable_across_releases() -> None:
    """These are stored: a change of one of them makes old groups new ones."""
    assert VERSION == 1
    assert failure_fingerprint(92, "timed out after <duration>") == "426ace693feefabb"
    assert failure_fingerprint(93, "timed out after <duration>") == "d521c7038941b313"
    assert failure_fingerprint(92, "\ud800") != failure_fingerprint(92, "")
