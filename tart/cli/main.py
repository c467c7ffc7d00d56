"""The ``tart`` command: parses the command line, runs one command, returns an exit code.

Exit codes: 0 done, 1 the machine or a process refuses, 2 the command line or the settings are
wrong, 130 interrupted. An error that the user can fix is one sentence on stderr; a traceback
is a bug in tart.

The command word is parsed first, then that command's module is imported and adds its own
arguments. ``serve`` must fork before anything large is loaded, and every command starts fast.
argparse, not click or typer: the supervisor's process stays as small as the standard library.

Without a command word the help goes to stderr and the exit code is 2, as with uv: a script that
lost the word must not pass.
"""

from __future__ import annotations

import errno
import os
import sys

from tart.cli import streams
from tart.cli.command_table import COMMANDS, EXAMPLES, GROUPS
from tart.cli.render.help_text import overview
from tart.errors import ConfigError, ReaderLeft, TartError
from tart.style import style_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn, TextIO

_INTERRUPTED = 130  # what shells report for a command that ended by SIGINT
_QUERY_INTERRUPTED = "Query interrupted"  # DuckDB's word for KeyboardInterrupt in a statement
_READER_LEFT = 141  # likewise by SIGPIPE
_WRITING_FAILED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_HELP = ("-h", "--help")
_HELP_WORD = "help"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: The command line without the program; default: that of the process.
    """
    streams.prepare()
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        try:
            code = _run(words)
        finally:  # also where argparse has printed the help and ends the program
            sys.stdout.flush()
    except ReaderLeft:
        return _READER_LEFT
    except TartError as error:
        for sentence in error.sentences:
            streams.print_error(sentence)
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except RuntimeError as error:
        if str(error) != _QUERY_INTERRUPTED:
            raise
        return _INTERRUPTED
    except BrokenPipeError:
        streams.discard_stdout()  # its reader left, as head does
        return _READER_LEFT
    except OSError as error:
        streams.print_error(_refusal(error))
        return 1
    return code


def _refusal(error: OSError) -> str:
    """Return a sentence on what the system refused, where no command expected it."""
    from tart.os_errors import reason

    if error.filename is None and (streams.stdout_fails() or error.errno in _WRITING_FAILED):
        streams.discard_stdout()
        return f"the output cannot be written: {reason(error)}"
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {reason(error)}"
    if isinstance(error, FileNotFoundError):  # of os.getcwd
        return "the working directory was deleted; change to another one"
    return reason(error)


def _run(words: Sequence[str]) -> int:
    """Run what the words say; return the exit code."""
    if not words:
        streams.print_note(_overview(sys.stderr).rstrip())
        return 2
    name, *rest = words
    if name == _HELP_WORD:
        # ``tart help keys create`` is ``tart keys create --help``.
        return _run([*rest, "--help"])
    if name in _HELP:
        sys.stdout.write(_overview(sys.stdout))
        return 0
    if name == "--version":
        name = "version"
    if name not in COMMANDS:
        _refuse(name, rest)
    from tart.cli.command_parser import parser_of

    parsed = parser_of(COMMANDS[name]).parse_args(rest)
    code: int = parsed.run(parsed)
    return code


def _overview(stream: TextIO) -> str:
    style = style_for(stream, os.environ)
    return overview(COMMANDS.values(), GROUPS, EXAMPLES, style)


def _refuse(name: str, rest: Sequence[str]) -> NoReturn:
    """Refuse a word that is no command.

    Raises:
        ConfigError: Names the most similar command, or the command that follows a flag.
    """
    from tart.suggestions import did_you_mean

    if not name.strip():
        raise ConfigError("the command is empty; is a variable of the shell not set?")
    command = next((word for word in rest if word in COMMANDS), None)
    if command and name.startswith("-"):
        raise ConfigError(f"flags stand behind the command: tart {command} {name} …")
    what = "flag" if name.startswith("-") else "command"
    known = (*_HELP, "--version") if what == "flag" else (*COMMANDS, _HELP_WORD)
    hint = did_you_mean(name, known) or "; 'tart --help' lists the commands"
    raise ConfigError(f"there is no {what} {name}{hint}")
