"""``tart/protocol/frames.py``: frames in one buffer are those that went in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.native.library import kernel
from tart.protocol.frames import (
    PADDING,
    Frames,
    concatenate,
    concatenate_natively,
    concatenate_plainly,
)
from tests.native.kernels import needs_kernel

contents = st.lists(st.binary(max_size=20), max_size=8)


def inside(parts) -> Frames:
    """Frames between other bytes."""
    data, starts, ends = b"", [], []
    for part in parts:
        data += b"between"
        starts.append(len(data))
        data += part
        ends.append(len(data))
    return Frames(data + bytes(PADDING), np.array(starts, np.int64), np.array(ends, np.int64))


@given(contents, st.sampled_from([Frames.of, inside]))
def test_frames_are_a_sequence_of_their_contents(parts, build):
    frames = build(parts)
    assert list(frames) == [frames[index] for index in range(len(frames))] == parts
    assert frames == parts
    assert frames.lengths.tolist() == [len(part) for part in parts]
    assert all(type(part) is bytes for part in frames)
    assert [*frames[1:3]] == parts[1:3]
    with pytest.raises(IndexError):
        frames[len(parts)]
    for start, end in zip(frames.starts, frames.ends, strict=True):
        assert frames.octets[start:end].tobytes() == frames.data[start:end]


@given(contents, st.data())
def test_taken_frames_are_those_at_the_indices(parts, data):
    indices = data.draw(st.lists(st.integers(0, max(0, len(parts) - 1)))) if parts else []
    taken = inside(parts).take(np.array(indices, np.int64))
    assert list(taken) == [parts[index] for index in indices]


@pytest.mark.parametrize("native", [False, pytest.param(True, marks=needs_kernel)])
@given(st.lists(contents, min_size=1, max_size=4))
def test_concatenated_frames_refer_to_no_other_buffer(native, parts):
    given_frames = [inside(part) for part in parts]
    if native:
        whole = concatenate_natively(kernel(), given_frames)
    else:
        whole = concatenate_plainly(given_frames)
    assert concatenate(given_frames) == whole
    assert list(whole) == [content for part in parts for content in part]
    assert len(whole.data) == sum(map(len, whole)) + PADDING
    assert whole.compact() is whole


def test_a_part_of_compact_frames_is_copied_to_be_compact():
    frames = Frames.of([b"a", b"bc", b"d"])
    assert frames.compact() is frames
    for part in (frames[:2], frames[1:], frames.take(np.array([1]))):
        copy = part.compact()
        assert (copy, len(copy.data)) == (part, sum(map(len, part)) + PADDING)


def test_frames_have_no_hash_and_are_shown_with_their_contents():
    with pytest.raises(TypeError):
        hash(Frames.of([]))
    assert repr(inside([b"a"])) == "Frames.of([b'a'])"
    assert Frames.of([]) != 3
