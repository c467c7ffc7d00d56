"""The prepared packers write what the plain encoder writes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.client.core.encoders import MAX_REASON, build_encoders
from tart.errors import EncodeError
from tart.protocol.encoding import encode_event
from tart.protocol.events import EVENTS, leading_reference
from tart.protocol.wire import String
from tests.cases import all_cases, examples
from tests.client.hosting import HASH
from tests.protocol.strategies import CORES, LAYOUTS, U64, values

PACKERS = {
    (version, cores): build_encoders(version, cores)
    for version in (0, 1)
    for cores in (CORES, None)
}


def cut(text: str) -> str:
    return text.encode()[:MAX_REASON].decode(errors="ignore")


@pytest.mark.no_cover
@pytest.mark.parametrize(("event", "version"), LAYOUTS, ids=lambda x: getattr(x, "variant", x))
@examples(0.04)
@given(data=st.data(), timestamp=U64)
def test_precompiled_encoders_write_the_frames_of_the_plain_encoder(
    event, version, data, timestamp
):
    layout = event.layout(version)
    fields = data.draw(values(layout))
    given_fields = tuple(fields[name] for name, _ in layout.fields)
    frames = {
        cores: PACKERS[version, cores][event.number].encode(timestamp, given_fields)
        for cores in (CORES, None)
    }
    for name, each in layout.fields:
        if isinstance(each, String):
            fields[name] = cut(fields[name])
    plain = encode_event(event.variant, timestamp, fields, version=version)
    assert frames == dict.fromkeys((CORES, None), plain)


@all_cases(("event", "version"), LAYOUTS, ids=lambda x: getattr(x, "variant", x))
def test_only_the_first_argument_is_a_reference(event, version):
    reference = leading_reference(event.layout(version))
    expected = reference.refers_to if reference else ()
    assert PACKERS[version, CORES][event.number].refers_to == expected


def test_unknown_event_types_refuse_everything():
    assert len(PACKERS[1, CORES]) == max(EVENTS) + 1
    with pytest.raises(EncodeError):
        PACKERS[1, CORES][1].encode(0, ())


@pytest.mark.parametrize(
    ("number", "arguments"),
    [
        (11, (1, HASH[1:])),  # too short: struct would fill it up
        (11, (1, HASH + b"\0")),  # too long: struct would cut it
        (11, (1, "text")),
        (11, (2**32, HASH)),
        (11, (-1, HASH)),
        (11, (1,)),
        (11, (1, HASH, 2)),
        (60, (HASH, "Nobody")),
        (20, ({"ipv6": "not an address", "port": 1},)),
        (20, ({"ipv6": b"::1", "port": 1},)),
        (20, ({"ipv6": "::1"},)),
        (10, (1, 2, 3, bytes(CORES - 1), 4, 5, 6, 7)),
        (126, ({"anchor": HASH, "bitfield": [0]},)),
        (82, (1, [HASH[1:]])),
        (22, (1,)),
        (22, (1, "reason", "another")),
    ],
)
def test_values_that_a_type_cannot_represent_are_refused(number, arguments):
    with pytest.raises((EncodeError, struct.error, LookupError, TypeError, ValueError)):
        PACKERS[1, CORES][number].encode(0, arguments)


@pytest.mark.parametrize(
    ("reason", "sent"),
    [
        ("", ""),
        ("x" * 127, "x" * 127),
        ("x" * 128, "x" * 127),
        ("é" * 64, "é" * 63),
        ("\ud800", "?"),
        (OSError("no route"), "no route"),
    ],
)
def test_reasons_are_truncated_at_whole_characters(reason, sent):
    frame = PACKERS[1, CORES][22].encode(0, (7, reason))
    assert frame == encode_event("ConnectInFailed", 0, {"connecting_id": 7, "reason": sent})
