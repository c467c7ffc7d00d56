"""The lines around a page."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tart.dash.core.bars import Connection, header_line, hints_line, tabs_line
from tart.dash.core.views.table import tabs
from tart.text_width import display_width

WELL = Connection(url="http://127.0.0.1:8080", health="healthy", interval_seconds=0.5)
LOST = replace(
    WELL,
    failure="connection refused, so nothing listens there",
    retry_seconds=2.1,
    is_unreachable=True,
    stale_seconds=75.0,
)


def test_the_header_has_server_network_and_rate():
    assert header_line(WELL, 80).text == "tart 127.0.0.1:8080  network healthy  every 0.5 s"
    assert "network unknown" in header_line(replace(WELL, health=""), 80).text
    assert "https://" in header_line(replace(WELL, url="https://tart.example"), 80).text


def test_the_header_says_what_is_wrong():
    assert header_line(LOST, 160).text.endswith(
        "  reconnecting in 3 s: connection refused, so nothing listens there; shown: 1 min ago"
    )
    failed = replace(LOST, is_unreachable=False, failure="the server answers 503: x")
    assert "trying again in 3 s: the server answers 503: x" in header_line(failed, 160).text
    paused = header_line(replace(WELL, is_paused=True, stale_seconds=3.0), 80)
    assert paused.text.endswith("  paused; shown: 3 s ago")


def test_where_it_is_narrow_what_is_wrong_comes_first():
    text = header_line(LOST, 80).text
    assert text.startswith("tart ")
    assert "reconnecting in 3 s: connection refused, so nothing listens there" in text


@given(st.integers(10, 200), st.text(max_size=100), st.text(max_size=40))
def test_the_header_fits(width, failure, url):
    line = header_line(replace(LOST, failure=failure, url=url), width)
    assert display_width(line.text) <= width


def test_the_present_tab_is_marked():
    line = tabs_line(tabs(), "network", "Network", 80)
    assert [span.text for span in line.spans if span.paint == "selected"] == ["Network"]


def test_a_view_without_a_tab_stands_in_front():
    line = tabs_line(tabs(), "node", "Node 3f2a\n", 80)
    assert line.text.startswith("Node 3f2a\ufffd  1Network")


def test_all_tabs_fit_80_columns():
    assert display_width(tabs_line(tabs(), "network", "", 1000).text.rstrip()) <= 80


@given(st.integers(1, 200))
def test_hints_fit(width):
    assert display_width(hints_line(width).text) <= width
