"""Frames are read by the ``websockets`` library as the messages that they hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from tart.gateway.http.websocket_frames import text_frame

SIZES = st.one_of(st.integers(0, 300), st.integers(65_400, 65_700))


@given(st.lists(SIZES, max_size=4))
def test_a_client_without_extensions_reads_the_payloads(sizes: list[int]) -> None:
    client = ClientProtocol(parse_uri("ws://localhost/"), state=OPEN, max_size=None)
    client.receive_data(b"".join(text_frame(b"x" * size) for size in sizes))
    frames = client.events_received()
    assert client.parser_exc is None
    assert frames == [Frame(Opcode.TEXT, b"x" * size) for size in sizes]


@given(SIZES)
def test_a_frame_is_the_one_that_the_library_writes(size: int) -> None:
    payload = b"x" * size
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)
