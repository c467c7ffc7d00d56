"""Cursors: their text, and what they ask of each shard."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.query.core.cursor import Cursor, decode, encode
from tart.query.core.windows import Window

TIMES = st.integers(-(1 << 62), 1 << 62)
CURSORS = st.builds(
    Cursor,
    until_us=TIMES,
    window=st.builds(Window, st.none() | TIMES, st.none() | TIMES),
    count=st.integers(0, 1 << 45),
    positions=st.dictionaries(st.integers(0, 255), st.integers(0, 1 << 45), max_size=20),
)


@given(CURSORS)
def test_a_cursor_survives_its_text(cursor: Cursor) -> None:
    assert decode(encode(cursor)) == cursor


def test_the_text_needs_no_escaping_in_a_url() -> None:
    text = encode(Cursor(5, positions={255: 1 << 44}))
    assert text.replace("-", "").replace("_", "").isalnum()


def test_a_cursor_of_all_directories_fits_into_a_request_line() -> None:
    text = encode(
        Cursor(1 << 60, Window(1 << 60, 1 << 60), 1 << 44, dict.fromkeys(range(256), 1 << 44))
    )
    assert len(text) < 6000
    assert len(decode(text).positions) == 256


def _text(plain: str) -> str:
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "?",
        "ä",
        "A" * 7000,
        _text("1;"),
        _text("2;5,0,,;"),
        _text("1;,0,,;"),
        _text("1;5,-1,,;"),
        _text("1;5,0,,;0:-1"),
        _text("1;5,0,,;0"),
        _text("1;5,0,,;0:zz"),
        _text("1;5,0,,;0:" + "f" * 30),
        _text("1;5,0,,;0:1;"),
    ],
)
def test_a_text_we_did_not_write_is_refused_and_named(text: str) -> None:
    with pytest.raises(BadQuery) as refused:
        decode(text)
    assert refused.value.parameter == "cursor"


@given(st.text(max_size=60))
def test_no_text_does_anything_but_decode_or_be_refused(text: str) -> None:
    try:
        decode(text)
    except BadQuery:
        return


def test_a_first_page_asks_for_its_window_alone() -> None:
    first = Cursor(100, Window(5, 50))
    assert first.window_on(0) == Window(5, 50)


def test_a_shard_that_was_there_continues_below_its_positions() -> None:
    place = Cursor(100, Window(5, None)).advanced({0: 7}, 3)
    assert place.window_on(0) == Window(5, None)
    assert place.count == 3


def test_a_shard_that_was_missing_shows_nothing_newer_than_the_first_page() -> None:
    place = Cursor(100).advanced({0: 7}, 3)
    assert place.window_on(1).end_us == 100
    assert Cursor(100, Window(None, 50)).advanced({0: 7}, 3).window_on(1).end_us == 50
