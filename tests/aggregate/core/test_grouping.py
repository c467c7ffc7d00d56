"""``tart/aggregate/core/grouping.py``: groups of rows are those of a dictionary."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.core.grouping import (
    Occurrences,
    count_times,
    gather,
    group,
    occurrences,
    split,
    to_bytes,
)
from tart.protocol.frames import Frames

# Few distinct keys, some of which begin alike.
KEYS = [bytes(32), bytes(31) + b"\1", b"\1" + bytes(31), b"k" * 32]
events = st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 1 << 62)), min_size=1)


def columns(pairs):
    keys, times = zip(*pairs, strict=True)
    rows = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 32)
    return rows, np.array(times, np.int64)


@given(events)
def test_rows_are_grouped_by_their_content(pairs):
    rows, times = columns(pairs)
    numbers, firsts = group(rows)
    keys = to_bytes(rows[firsts])
    assert [keys[number] for number in numbers.tolist()] == [key for key, _ in pairs]
    expected: dict = {}
    for key, time in pairs:
        expected.setdefault(key, []).append(time)
    assert dict(zip(keys, split(times, numbers, len(keys)), strict=True)) == expected
    counts, first, last = count_times(numbers, len(keys), times)
    found = zip(counts.tolist(), first.tolist(), last.tolist(), strict=True)
    limits = {key: (len(some), min(some), max(some)) for key, some in expected.items()}
    assert dict(zip(keys, found, strict=True)) == limits
    messages = occurrences(rows, times)
    assert isinstance(messages, Occurrences)
    assert {key: tuple(values) for key, *values in zip(*messages, strict=True)} == limits


@given(st.lists(st.binary(min_size=4, max_size=9), min_size=1))
def test_bytes_of_frames_are_gathered_at_their_positions(contents):
    frames = Frames.of(contents)
    rows = gather(frames, frames.starts + 1, 3)
    assert to_bytes(rows) == [content[1:4] for content in contents]
