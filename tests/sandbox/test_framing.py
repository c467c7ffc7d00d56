"""``tart/sandbox/framing.py``: written blocks are read back, up to a limit."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.sandbox import framing


@given(st.lists(st.binary()), st.binary(), st.integers())
def test_written_blocks_are_read_and_empty_ones_of_a_series_left_out(series, block, number):
    pipe = io.BytesIO()
    framing.write_json(pipe, {"number": number})
    framing.write_series(pipe, series)
    framing.write(pipe, block)
    pipe.seek(0)
    assert framing.read_json(pipe) == {"number": number}
    assert list(framing.read_series(pipe)) == [each for each in series if each]
    assert framing.read(pipe) == block


@given(st.binary(max_size=40))
def test_a_pipe_that_ends_early_is_an_error(block):
    whole = io.BytesIO()
    framing.write(whole, block)
    for size in range(len(whole.getvalue())):
        with pytest.raises(EOFError):
            framing.read(io.BytesIO(whole.getvalue()[:size]))


def test_a_block_beyond_the_limit_is_not_read():
    pipe = io.BytesIO((1 << 60).to_bytes(8, "little"))
    with pytest.raises(ValueError, match="limit of 10"):
        framing.read(pipe, 10)


def test_a_series_has_one_limit_altogether():
    pipe = io.BytesIO()
    framing.write_series(pipe, [b"x" * 6, b"x" * 6])
    pipe.seek(0)
    with pytest.raises(ValueError, match="limit of 4"):
        list(framing.read_series(pipe, 10))
