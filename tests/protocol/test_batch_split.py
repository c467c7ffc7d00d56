"""``tart/protocol/batch_split.py``: many reads at once give what each alone would."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.native.library import KernelFault, kernel
from tart.protocol.batch_split import (
    ReadLayout,
    split_batch,
    split_natively,
    split_plainly,
)
from tart.protocol.framing import FrameBuffer, frame
from tests.native.kernels import needs_kernel
from tests.protocol.strategies import segmentations

LIMIT = 20
contents = st.lists(st.binary(max_size=LIMIT), max_size=5)
too_long = st.sampled_from([b"", frame(bytes(LIMIT + 1)), b"\xff" * 4, b"\x01\0\0\0"])


@st.composite
def batches(draw):
    """Reads of some connections in any order, cut anywhere, and what was left of earlier ones."""
    queues = []
    for part in draw(st.lists(st.tuples(contents, too_long), max_size=4)):
        stream = b"".join(map(frame, part[0])) + part[1]
        pieces = draw(segmentations(stream))
        with_tail = draw(st.booleans())
        queues.append((pieces[0] if with_tail and pieces else b"", pieces[with_tail:]))
    order = [index for index, (_, reads) in enumerate(queues) for _ in reads]
    random.Random(draw(st.integers(0, 99))).shuffle(order)
    return queues, order


def layout_of(queues, order):
    lengths = [len(tail) + sum(map(len, reads)) for tail, reads in queues]
    remaining = [list(reads) for _, reads in queues]
    data = b"".join(tail + b"".join(reads) for tail, reads in queues)
    reads = [(index, remaining[index].pop(0)) for index in order]
    layout = ReadLayout(
        np.cumsum([0, *lengths]),
        np.array(order, np.int64),
        np.array([len(piece) for _, piece in reads], np.int64),
    )
    return data, reads, layout


@pytest.mark.no_cover
@pytest.mark.parametrize("native", [False, pytest.param(True, marks=needs_kernel)])
@given(batches())
def test_a_batch_of_reads_gives_the_frames_of_each_read_in_order(native, batch):
    queues, order = batch
    data, reads, layout = layout_of(queues, order)
    if native:
        split = split_natively(kernel(), data, layout, LIMIT)
    else:
        split = split_plainly(data, layout, LIMIT)

    buffers = [FrameBuffer(LIMIT) for _ in queues]
    early = [buffer.receive_data(tail) for buffer, (tail, _) in zip(buffers, queues, strict=True)]
    broken = [-1] * len(queues)
    expected, counts = [], []
    for number, (index, piece) in enumerate(reads):
        # A tail with whole frames counts to the connection's first read.
        messages = early[index] + buffers[index].receive_data(piece)
        early[index] = []
        expected += messages
        counts.append(len(messages))
        if buffers[index].error and broken[index] < 0:
            broken[index] = number
    found = [data[start:end] for start, end in zip(split.starts, split.ends, strict=True)]
    assert found == expected
    assert split.counts.tolist() == counts
    for index, buffer in enumerate(buffers):
        if index not in order:
            continue  # without a read nothing is split
        assert (split.broken[index] >= 0) == (buffer.error is not None)
        if buffer.error is not None:
            assert split.broken[index] == broken[index]
        else:
            left = data[split.parsed[index] : layout.begins[index + 1]]
            assert left == buffer.unfinished


@needs_kernel
@given(batches())
def test_the_kernel_splits_as_its_twin(batch):
    data, _, layout = layout_of(*batch)
    native = split_natively(kernel(), data, layout, LIMIT)
    assert [column.tolist() for column in native] == [
        column.tolist() for column in split_plainly(data, layout, LIMIT)
    ]
    assert [column.tolist() for column in split_batch(data, layout, LIMIT)] == [
        column.tolist() for column in native
    ]


@needs_kernel
@pytest.mark.parametrize(
    ("begins", "read_of", "sizes"),
    [
        ([0, 9], [0], [9]),  # beyond the buffer
        ([4, 0], [0], [0]),
        ([-1, 4], [0], [1]),
        ([0, 4], [1], [1]),
        ([0, 4], [-1], [1]),
        ([0, 4], [0], [5]),  # more than the connection has
        ([0, 4], [0, 0], [4, 1]),
        ([0, 4], [0], [-1]),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(begins, read_of, sizes):
    layout = ReadLayout(*(np.array(column, np.int64) for column in (begins, read_of, sizes)))
    with pytest.raises((KernelFault, ValueError)):
        split_natively(kernel(), bytes(8), layout, LIMIT)
