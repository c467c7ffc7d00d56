"""``loadtest/streams.py``: messages of a WebSocket however reads cut them."""

from hypothesis import given
from hypothesis import strategies as st

from loadtest.streams import Messages, Subscriber, received_at
from tart.gateway.http.websocket_frames import text_frame

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
EVENT = b'{"type":"event","data":{"received_at":"2026-11-21T12:00:30.250000Z"},"timestamp":"x"}'


@given(
    st.lists(st.sampled_from([0, 1, 125, 126, 65_535, 65_536]), max_size=4),
    st.lists(st.integers(0, 150_000), max_size=6),
)
def test_messages_come_whole_and_once(sizes: list[int], cuts: list[int]) -> None:
    texts = [b"%d" % index * size for index, size in enumerate(sizes)]
    data = HEAD + b"".join(map(text_frame, texts))
    ends = sorted(min(cut, len(data)) for cut in cuts)
    messages = Messages()
    read: list[bytes] = []
    for start, end in zip([0, *ends], [*ends, len(data)], strict=True):
        read += messages.split(data[start:end])
    assert read == texts


def test_a_subscriber_takes_delays_and_what_it_missed() -> None:
    subscriber = Subscriber({"type": "All"}, "localhost", reads=True)
    lagged = b'{"type":"lagged","data":{"missed":12},"timestamp":"x"}'
    subscriber.data_received(HEAD + text_frame(EVENT) + text_frame(lagged) + text_frame(EVENT))
    assert len(subscriber.seconds) == 2
    assert subscriber.missed == 12
    assert [*received_at(EVENT)] == [1_795_262_430.25]
