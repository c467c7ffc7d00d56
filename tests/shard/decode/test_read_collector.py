"""``tart/shard/decode/read_collector.py``: many reads together give what each alone would."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.connection import Connection
from tart.protocol.framing import frame
from tart.shard.decode.read_collector import ReadCollector
from tests.protocol.strategies import segmentations
from tests.shard.plain import session_of

LIMIT = 30
TOO_LONG = frame(bytes(LIMIT + 1))
streams = st.tuples(
    st.lists(st.binary(max_size=LIMIT), max_size=5), st.sampled_from([b"", TOO_LONG, b"\3"])
).map(lambda stream: b"".join(map(frame, stream[0])) + stream[1])


def sessions(count):
    made = [session_of(number=number) for number in range(count)]
    for session in made:
        node, session.connection = session.connection.node, Connection(LIMIT)
        session.connection.node = node
        session.bytes = 0
    return made


@pytest.mark.no_cover
@given(st.data())
def test_any_cut_and_any_order_of_reads_gives_the_frames_of_each_connection(data):
    parts = data.draw(st.lists(streams, min_size=1, max_size=4))
    pieces = [data.draw(segmentations(part)) for part in parts]
    order = [index for index, own in enumerate(pieces) for _ in own]
    random.Random(data.draw(st.integers(0, 99))).shuffle(order)
    together, alone = sessions(len(parts)), sessions(len(parts))
    collector, waiting = ReadCollector(LIMIT), []
    for turn, index in enumerate(order):
        piece = pieces[index].pop(0)
        collector.add(together[index], piece, turn)
        waiting.append((index, piece, turn))
        if turn == len(order) - 1 or data.draw(st.booleans()):
            assert collector.size == sum(len(piece) for _, piece, _ in waiting)
            expect_split(collector, together, alone, waiting)
            waiting = []
    for one, other, part in zip(together, alone, parts, strict=True):
        assert one.connection.buffered == other.connection.buffered
        assert one.connection.frames.unfinished == other.connection.frames.unfinished
        assert one.bytes == len(part)


def expect_split(collector, together, alone, reads):
    """Splitting the reads that wait gives what ``Connection`` makes of each."""
    frames, runs, broken, size = [], [], [], 0
    for index, piece, turn in reads:
        connection = alone[index].connection
        had_error = connection.error is not None
        contents = connection.receive_frames(piece).contents()
        frames += contents
        if contents:
            runs.append((index, len(contents), turn))
            size += len(piece)
        if connection.error is not None and not had_error:
            error = connection.error
            broken.append((index, str(error), error.frame, len(runs), len(frames), turn))
    split = collector.split()
    assert list(split.frames) == frames
    assert [(owner.number, *rest) for owner, *rest in zip(*split.runs.columns, strict=True)] == runs
    assert split.size == size
    for one, (index, message, beginning, *place) in zip(split.broken, broken, strict=True):
        assert (one.session.number, str(one.error)) == (index, message)
        # Together with later reads there may be more of the frame.
        assert one.error.frame.startswith(beginning)
        assert len(one.error.frame) <= 64
        assert [one.runs, one.frames, one.received_at] == place
    counted = {session.number: count for session, count in split.sessions}
    assert counted == {
        index: sum(length for number, length, _ in runs if number == index)
        for index in {index for index, _, _ in reads}
    }
    assert (len(collector), collector.size) == (0, 0)
    for session in together:
        assert (session.connection.error is None) == (
            alone[session.number].connection.error is None
        )


def test_a_message_that_stays_incomplete_is_not_copied_for_each_read(monkeypatch):
    (session,) = sessions(1)
    collector = ReadCollector(1 << 20)
    session.connection = Connection(1 << 20)
    message = frame(bytes(50_000))
    joined = 0
    for start in range(0, len(message), 100):
        collector.add(session, message[start : start + 100], 1)
        split = collector.split()
        joined += len(split.frames.data)
    assert [len(content) for content in split.frames] == [50_000]
    # The padding of each batch, and the message twice.
    assert joined < 502 * 600 + 2 * len(message)
