"""``tart/cli/pager.py``: the pager that is used."""

from __future__ import annotations

import pytest

from tart.cli.pager import pager_command, show


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({"PAGER": ""}, None),
        ({"PAGER": "cat"}, None),
        ({"PAGER": "no-such-pager"}, None),
        ({"PAGER": "sh -c 'x y'"}, ["sh", "-c", "x y"]),
        ({"PAGER": "sh '"}, None),
        ({"PATH": "/nonexistent"}, None),
    ],
)
def test_the_pager_is_the_users_or_none(environ, command):
    assert pager_command({"PATH": "/bin:/usr/bin", **environ}) == command


def test_text_is_printed_where_stdout_is_no_terminal(capsys):
    show("a\n" * 500, paged=True, environ={"PAGER": "false"})
    assert capsys.readouterr().out == "a\n" * 500
