import io
import os
import pty

import pytest

from tart.style import PLAIN, Style, style_for


@pytest.fixture
def terminal():
    leader, follower = pty.openpty()
    with open(follower, "w") as stream:
        yield stream
    os.close(leader)


@pytest.mark.parametrize(
    ("environ", "on_terminal", "in_pipe"),
    [
        ({}, True, False),
        ({"TERM": "xterm-256color"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": ""}, True, False),
    ],
)
def test_colours_need_a_terminal_or_force(environ, on_terminal, in_pipe, terminal):
    assert style_for(terminal, environ).enabled is on_terminal
    assert style_for(io.StringIO(), environ).enabled is in_pipe


def test_streams_that_are_missing_or_closed_have_no_colours():
    closed = io.StringIO()
    closed.close()
    assert style_for(None, {"FORCE_COLOR": "1"}) is PLAIN
    assert not style_for(closed, {}).enabled


@pytest.mark.parametrize("name", ["error", "warning", "good", "dim", "bold"])
def test_a_style_encloses_the_text_and_ends_the_colour(name):
    coloured = getattr(Style(enabled=True), name)("text")
    assert coloured.startswith("\x1b[")
    assert coloured.endswith("mtext\x1b[0m")
    assert getattr(Style(enabled=True), name)("") == ""
    assert getattr(PLAIN, name)("text") == "text"
