"""``tart/sandbox/pipes.py``: what is written is read, and no more than is allowed."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.sandbox import pipes


@given(st.lists(st.binary(min_size=1)), st.binary(), st.integers())
def test_written_blocks_are_read(series, block, number):
    pipe = io.BytesIO()
    pipes.write_json(pipe, {"number": number})
    pipes.write_series(pipe, series)
    pipes.write(pipe, block)
    pipe.seek(0)
    assert pipes.read_json(pipe) == {"number": number}
    assert list(pipes.read_series(pipe)) == series
    assert pipes.read(pipe) == block


@given(st.binary(max_size=40))
def test_a_pipe_that_ends_early_is_an_error(block):
    whole = io.BytesIO()
    pipes.write(whole, block)
    for size in range(len(whole.getvalue())):
        with pytest.raises(EOFError):
            pipes.read(io.BytesIO(whole.getvalue()[:size]))


def test_a_block_beyond_the_limit_is_not_read():
    pipe = io.BytesIO((1 << 60).to_bytes(8, "little"))
    with pytest.raises(ValueError, match="at most 10"):
        pipes.read(pipe, 10)


def test_a_series_has_one_limit_altogether():
    pipe = io.BytesIO()
    pipes.write_series(pipe, [b"x" * 6, b"x" * 6])
    pipe.seek(0)
    with pytest.raises(ValueError, match="at most 4"):
        list(pipes.read_series(pipe, 10))
