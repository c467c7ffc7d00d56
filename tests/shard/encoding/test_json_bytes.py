"""``tart/shard/encoding/json_bytes.py``: bytes become hex text or lists of integers."""

from collections import defaultdict

import pytest

from tart import json_encoding
from tart.protocol.events import EventKind
from tart.protocol.wire import AddressText
from tart.query.core.query import Rendering
from tart.shard.encoding.json_bytes import dumps, dumps_data, dumps_event, pack


@pytest.mark.parametrize(
    ("byte_encoding", "value", "text"),
    [
        ("hex", b"\0\xab\xff", b'"0x00abff"'),
        ("hex", b"", b'"0x"'),
        ("array", b"\0\xab\xff", b"[0,171,255]"),
        ("array", b"", b"[]"),
        ("hex", {"a": [b"\x01", {"b": b"\x02"}]}, b'{"a":["0x01",{"b":"0x02"}]}'),
        ("array", {"a": [b"\x01", {"b": b"\x02"}]}, b'{"a":[[1],{"b":[2]}]}'),
    ],
)
def test_bytes_are_encoded_at_every_depth(byte_encoding, value, text):
    assert dumps(value, byte_encoding) == text


@pytest.mark.parametrize("byte_encoding", ["hex", "array"])
def test_other_values_stay_the_same(byte_encoding):
    value = {"n": None, "t": True, "u64": 2**64 - 1, "text": "½ \0", "list": [1, [2]]}
    assert json_encoding.unpack(pack(value, byte_encoding)) == value


@pytest.mark.parametrize("byte_encoding", ["hex", "array"])
def test_a_value_without_json_is_an_error(byte_encoding):
    with pytest.raises(TypeError):
        dumps({"a": object()}, byte_encoding)


def test_between_processes_integers_beyond_64_bits_stay_integers():
    value = {"count": 2 * (2**64 - 1)}
    assert json_encoding.unpack(pack(value, "hex")) == value
    assert dumps(value, "hex") == b'{"count":"36893488147419103230"}'


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("127.0.0.1", [*[0] * 10, 255, 255, 127, 0, 0, 1]),
        ("2001:db8::1", [0x20, 0x01, 0x0D, 0xB8, *[0] * 11, 1]),
    ],
)
def test_an_address_is_text_or_sixteen_integers(text, octets):
    value = {"from": {"ipv6": AddressText(text), "port": 1}}
    assert json_encoding.unpack(dumps(value, "hex"))["from"]["ipv6"] == text
    assert json_encoding.unpack(dumps(value, "array"))["from"]["ipv6"] == octets
    assert json_encoding.unpack(pack(value, "array"))["from"]["ipv6"] == octets


def test_other_subclasses_are_written_as_what_they_are():
    class Text(str):
        __slots__ = ()

    value = {"a": Text("x"), "b": EventKind.AUTHORED, "c": defaultdict(int, {"n": 1})}
    expected = {"a": "x", "b": EventKind.AUTHORED.number, "c": {"n": 1}}
    for byte_encoding in ("hex", "array"):
        assert json_encoding.unpack(dumps(value, byte_encoding)) == expected


def test_events_are_written_as_a_client_asked_for_them():
    data = {"Authored": {"authoring_id": 2**53, "hash": b"\x01"}}
    text = Rendering("array", "string")
    assert json_encoding.unpack(dumps_data(data, text)) == {
        "Authored": {"authoring_id": str(2**53), "hash": [1]}
    }
    event = {"event_id": 2**53, "data": data}
    assert json_encoding.unpack(dumps_event(event, text))["event_id"] == str(2**53)
    assert json_encoding.unpack(dumps_event(event, Rendering("hex", "number"))) == {
        "event_id": 2**53,
        "data": {"Authored": {"authoring_id": 2**53, "hash": "0x01"}},
    }
