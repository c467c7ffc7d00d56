"""Standard streams that are closed, full or of another encoding; in processes of their own."""

import os
import subprocess
import sys

import pytest

from tart.cli.streams import print_error
from tests.supervisor.process import ROOT

_TART = [sys.executable, "-m", "tart"]


def run(redirection, *arguments, **environ):
    """``tart arguments`` with a redirection of the shell."""
    command = " ".join([*_TART, *arguments, redirection])
    environ = {"PATH": "", "PYTHONPATH": str(ROOT)} | environ
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, env=environ, capture_output=True, check=False
    )


@pytest.mark.parametrize(
    ("redirection", "code", "sentence"),
    [
        (">/dev/full", 1, b"tart: the output cannot be written: the disk is full\n"),
        (">&-", 0, b""),
        ("<&- >&- 2>&-", 0, b""),
    ],
)
@pytest.mark.parametrize("command", ["version", "--help", "serve --help", "config default"])
def test_a_stdout_that_is_full_or_closed(command, redirection, code, sentence):
    done = run(redirection, command)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", sentence)


def test_a_file_that_is_written_does_not_take_the_number_of_a_closed_stdout(tmp_path):
    file = tmp_path / "result"
    done = run(">&-", "sql", "--tables", "--no-pager", f"3>{file}")
    assert (done.returncode, file.read_bytes(), done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    "environ",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_characters_that_the_encoding_lacks_are_replaced(environ):
    done = run("", "sql", "--tables", "--no-pager", COLUMNS="80", **environ)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"as stored in ?" in done.stdout


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
@pytest.mark.parametrize("command", ["", "stauts", "serve --shrads", "config show --config none"])
def test_an_error_that_cannot_be_printed_has_its_exit_code(command, redirection):
    done = run(redirection, command)
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"")


@pytest.mark.parametrize("command", ["--help", "serve --help", "sql"])
def test_a_reader_that_leaves_is_no_error(command):
    """As ``tart sql | head -1``, with a reader that is gone before the first byte."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as gone:
        done = subprocess.run(
            [*_TART, *command.split()],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=gone,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_error_moves_no_cursor(capsys):
    print_error("\x1b[2J a\u202eb\x9b\nnext line")
    assert capsys.readouterr().err == "tart: \ufffd[2J a\ufffdb\ufffd\nnext line\n"
