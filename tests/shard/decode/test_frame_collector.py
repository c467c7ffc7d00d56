"""``tart/shard/decode/frame_collector.py``: the frames of many reads, in order."""

from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.framing import FrameBuffer, frame
from tart.shard.decode.frame_collector import FrameCollector
from tests.protocol.strategies import segmentations

contents = st.lists(st.binary(max_size=20), max_size=8)


@given(st.lists(contents, max_size=4), st.data())
def test_collected_frames_are_those_of_the_reads_in_order(parts, data):
    collector, expected = FrameCollector(), []
    buffers = [FrameBuffer() for _ in parts]
    reads = [
        (index, piece)
        for index, part in enumerate(parts)
        for piece in data.draw(segmentations(b"".join(map(frame, part))))
    ]
    for index, piece in reads:
        read = buffers[index].split(piece)
        expected += read.contents()
        collector.add(read)
    assert len(collector) == len(expected)
    assert list(collector.take()) == expected
    assert (len(collector), list(collector.take())) == (0, [])
    assert sorted(expected) == sorted(content for part in parts for content in part)
