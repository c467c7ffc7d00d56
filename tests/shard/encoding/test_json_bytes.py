"""``tart/shard/encoding/json_bytes.py``: bytes leave as hex text or as lists of integers."""

import pytest

from tart.shard.encoding.json_bytes import RENDERINGS, rendered, to_bytes


@pytest.mark.parametrize(
    ("rendering", "value", "text"),
    [
        ("hex", b"\0\xab\xff", b'"0x00abff"'),
        ("hex", b"", b'"0x"'),
        ("array", b"\0\xab\xff", b"[0,171,255]"),
        ("array", b"", b"[]"),
        ("hex", {"a": [b"\x01", {"b": b"\x02"}]}, b'{"a":["0x01",{"b":"0x02"}]}'),
        ("array", {"a": [b"\x01", {"b": b"\x02"}]}, b'{"a":[[1],{"b":[2]}]}'),
    ],
)
def test_bytes_are_rendered_wherever_they_are(rendering, value, text):
    assert to_bytes(value, rendering) == text


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_everything_else_stays_what_it_is(rendering):
    value = {"n": None, "t": True, "u64": 2**64 - 1, "text": "½ \0", "list": [1, [2]]}
    assert rendered(value, rendering) == value


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_what_has_no_json_is_an_error(rendering):
    with pytest.raises(TypeError):
        to_bytes({"a": object()}, rendering)
