"""``tart dash`` and ``tart-dash`` as commands; ``tests/dash`` has what they show."""

from __future__ import annotations

import importlib
import socket
import sys

import pytest

from tart.cli import dash
from tart.cli.main import main
from tart.dash.app import DashApp
from tests.running import free_port

tart = importlib.import_module("tart.cli.main")


@pytest.fixture
def terminal(monkeypatch):
    """Standard streams that are taken for a terminal."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(dash, "is_terminal", lambda stream: True)


def test_without_a_terminal_once_is_named(capsys):
    assert main(["dash"]) == 2
    assert capsys.readouterr().err == (
        "tart: tart dash needs a terminal; 'tart dash --once' prints one page, for scripts\n"
    )


@pytest.mark.parametrize("name", ["dumb", ""])
def test_a_terminal_that_cannot_move_its_cursor_is_refused(name, terminal, monkeypatch, capsys):
    monkeypatch.setenv("TERM", name)
    assert main(["dash"]) == 2
    assert "not TERM=dumb; 'tart dash --once' prints one page" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["netwrk"], "no view is called netwrk; did you mean network?"),
        (["network", "3f2a"], "the view network takes no argument"),
        (["--refresh", "0.01"], "--refresh 0.01: must be 0.1 to 3600 seconds"),
        (["--refresh", "nan"], "--refresh nan: must be 0.1 to 3600 seconds"),
        (["--url", "ftp://x"], "--url ftp://x: must be http://HOST:PORT or https://HOST"),
    ],
)
def test_what_is_wrong_with_the_command_line_is_one_sentence(words, sentence, capsys):
    assert main(["dash", "--once", *words]) == 2
    assert capsys.readouterr().err == f"tart: {sentence}\n"


def test_once_without_a_server_is_one_sentence(capsys):
    port = free_port()
    assert main(["dash", "--once", "--url", f"127.0.0.1:{port}"]) == 1
    assert capsys.readouterr().err == (
        f"tart: http://127.0.0.1:{port}: connection refused, so nothing listens there\n"
    )


def test_a_proxy_is_for_other_machines(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        assert main(["dash", "--once", "--url", f"127.0.0.1:{free_port()}"]) == 1
        with pytest.raises(BlockingIOError):
            proxy.accept()


@pytest.mark.parametrize(("words", "module"), [(["--once"], "httpx"), ([], "textual")])
def test_without_its_extra_the_command_names_it(words, module, terminal, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("tart.client.http", "tart.dash.app", "tart.dash.widgets"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert main(["dash", *words]) == 1
    # Beside this tart pip finds the packages of the extra; elsewhere 'tart' is another program.
    command = f"{sys.executable} -m pip install 'tart[dash]'"
    assert f"which is not installed: {command}\n" in capsys.readouterr().err


def test_a_fault_of_the_dashboard_is_one_sentence(terminal, monkeypatch, capsys):
    def run(self, **options):
        self.fault = RuntimeError("a fault")

    monkeypatch.setattr(DashApp, "run", run)
    monkeypatch.setenv("NO_COLOR", "")
    assert main(["dash", "--url", "127.0.0.1:1"]) == 1
    assert capsys.readouterr().err == (
        "tart: the dashboard ended by a fault: RuntimeError: a fault; please report it\n"
    )


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ([], ["--url", "http://127.0.0.1:8080", "--refresh", "0.5"]),
        (
            ["--host", "::1", "--port", "80", "--refresh-ms", "2000", "nodes", "--once"],
            ["--url", "http://[::1]:80", "--refresh", "2.0", "nodes", "--once"],
        ),
    ],
)
def test_tart_dash_takes_the_flags_of_jamtart_s(words, command, monkeypatch):
    given = []
    monkeypatch.setattr(tart, "main", lambda words: given.append(words) or 0)
    assert dash.main(words) == 0
    assert given == [["dash", *command]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--prt", "80"], "tart-dash has no flag --prt; did you mean --port?"),
        (["--refresh-ms", "x"], "--refresh-ms x: must be a whole number"),
        (["--refresh-ms", "5"], "--refresh-ms 5: must be 100 to 3600000 milliseconds"),
        (["--port", "99999"], "--port 99999: must be 1 to 65535"),
    ],
)
def test_errors_of_tart_dash_name_its_own_flags(words, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        dash.main(words)
    assert ended.value.code == 2
    usage = "usage: tart-dash [options] [VIEW]\n'tart-dash --help' explains the arguments\n"
    assert capsys.readouterr().err == f"tart: {sentence}\n{usage}"
