"""The ``tart`` command: parses the command line, runs one command, returns an exit code.

Exit codes: 0 done, 1 the machine or a process refuses, 2 the command line or the settings are
wrong, 130 interrupted. An error that the user can fix is one sentence on stderr; a traceback
is a bug in tart.

The command word is parsed first, then that command's module is imported and adds its own
arguments. ``serve`` must fork before anything large is loaded, and every command starts fast.
argparse, not click or typer: the supervisor's process stays as small as the standard library.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from tart.errors import ConfigError, TartError
from tart.style import style_for

_INTERRUPTED = 130  # what shells report for a command that ended by SIGINT
_READER_LEFT = 141  # likewise by SIGPIPE

# By command word: its help and its module, whose ``add_arguments(parser)`` also sets ``run``,
# the function that takes the parsed arguments and returns the exit code.
COMMANDS = {
    "serve": ("tart.cli.serve", "run the server until it is stopped"),
    "simulate": ("tart.cli.simulate", "simulate a JAM network that sends telemetry"),
    "record": ("tart.cli.record", "record telemetry into a capture file"),
    "replay": ("tart.cli.replay", "send a capture file to a server, byte for byte"),
    "config": ("tart.cli.config", "check, show or print settings"),
    "demo": ("tart.cli.demo", "run a server and a simulated network until Ctrl-C"),
    "check": ("tart.cli.check", "validate a node's telemetry against JIP-3"),
    "status": ("tart.cli.status", "show the status of a running server"),
    "skill": ("tart.cli.skill", "print a guide to a server for AI agents"),
    "sql": ("tart.cli.sql", "run one SELECT over the server's tables"),
    "verify": ("tart.cli.verify", "check the files of a stopped server"),
    "backup": ("tart.cli.backup", "back up all data, also of a running server"),
    "restore": ("tart.cli.restore", "restore a backup into an empty data directory"),
    "keys": ("tart.cli.keys", "create, list and revoke API keys"),
    "grafana": ("tart.cli.grafana", "write Grafana's dashboards and their provisioning"),
    "install": ("tart.cli.install", "install tart as a systemd service"),
    "version": ("tart.cli.version", "print the version"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: The command line without the program; default: that of the process.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    parsed = _parse(words)
    try:
        code: int = parsed.run(parsed)
        sys.stdout.flush()
    except TartError as error:
        prefix = style_for(sys.stderr, os.environ).error("tart:")
        for sentence in error.sentences:
            print(f"{prefix} {sentence}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout left, as head does; Python would fail again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_LEFT
    return code


def _parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; exit with the usage of the command that it names."""
    parser, command = _parsers(words)
    parsed, unknown = parser.parse_known_args(words)
    if unknown:
        (command or parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    return parsed


class _PrintVersion(argparse.Action):
    """The flag ``--version``: what ``tart version`` prints."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version")

    def __call__(self, parser: argparse.ArgumentParser, *arguments: object) -> None:
        print(import_module("tart.cli.version").version_line())
        parser.exit()


def _parsers(
    words: Sequence[str],
) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser | None]:
    """Return the parser, and that of the command that ``words`` name, with its arguments."""
    parser = argparse.ArgumentParser(prog="tart", description="Telemetry backend for JAM networks.")
    parser.add_argument("--version", action=_PrintVersion)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    # The flags before the command word take no value.
    chosen = next((word for word in words if not word.startswith("-")), None)
    for name, (module_name, help_text) in COMMANDS.items():
        command = commands.add_parser(name, help=help_text)
        if name == chosen:
            import_module(module_name).add_arguments(command)
    return parser, commands.choices.get(chosen) if chosen else None
