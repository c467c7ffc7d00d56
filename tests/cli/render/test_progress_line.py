from hypothesis import given
from hypothesis import strategies as st

from tart.cli.render.progress_line import Advance, progress_line

numbers = st.floats(0, 1e15)


def test_a_line_has_count_rate_and_the_time_that_remains():
    advance = Advance(done=1 << 30, total=4 << 30, rate=256 << 20, seconds=4)
    assert (
        progress_line("backup", "bytes", advance, 80)
        == "backup  25 %  1.0 GiB of 4.0 GiB  256.0 MiB/s  12 s left"
    )


def test_without_a_total_the_time_so_far_takes_the_place_of_what_remains():
    advance = Advance(done=12_345, total=None, rate=0.5, seconds=61)
    assert progress_line("replay", "messages", advance, 80) == (
        "replay  12,345 messages  0.5/s  1 min 1 s"
    )
    assert progress_line("query", "", advance, 80) == "query  1 min 1 s"


def test_a_stalled_operation_promises_no_time():
    advance = Advance(done=1, total=2, rate=0.0, seconds=5)
    assert progress_line("copy", "files", advance, 80) == "copy  50 %  1 of 2 files  0/s  5 s"
    advance = Advance(done=3, total=0, rate=None, seconds=5)
    assert progress_line("copy", "files", advance, 80) == "copy  100 %  3 of 0 files  5 s"


@given(
    st.builds(
        Advance,
        done=numbers,
        total=st.none() | numbers,
        rate=st.none() | numbers,
        seconds=numbers,
    ),
    st.integers(0, 100),
    st.sampled_from(["", "bytes", "events"]),
)
def test_a_line_is_shorter_than_the_terminal(advance, width, unit):
    line = progress_line("backup", unit, advance, width)
    assert len(line) < max(width, 1)
    assert line == "backup"[: len(line)] or line.startswith("backup")
