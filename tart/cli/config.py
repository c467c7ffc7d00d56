"""``tart config``: checks, shows and prints settings."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tart.cli.arguments import add_config
from tart.cli.installation import describe, find, load_settings
from tart.cli.json_output import add_json, print_json
from tart.cli.render.config_text import config_toml, render_settings, settings_document
from tart.cli.render.startup_report import (
    WARNINGS,
    Outcome,
    Problem,
    Severity,
    check_document,
    exit_code,
    render_check,
)
from tart.cli.startup_checks import run_checks
from tart.cli.streams import print_note
from tart.config.load import load
from tart.config.schema import Config
from tart.errors import ConfigError, SettingFault
from tart.file_owner import owner_name
from tart.printable import printable_lines
from tart.style import style_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their arguments."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="check the settings, and all else that serve refuses")
    show = verbs.add_parser("show", help="print every setting in use and where it came from")
    default = verbs.add_parser("default", help="print a file with every setting at its default")
    add_config(check, installed=True)
    add_config(show, installed=True)
    add_json(check)
    add_json(show)
    check.set_defaults(run=_check)
    show.set_defaults(run=_show)
    default.set_defaults(run=_print_default)


def _check(arguments: argparse.Namespace) -> int:
    """Check all that a start would refuse, print what was checked, return the exit code."""
    path, config, faults = _load(arguments)
    outcomes: list[Outcome] = []
    user = None
    if config is not None:
        outcomes = list(run_checks(config))
        with acting_as_owner(config.data_path) as user:
            if user is not None:  # who may not read the modules that the first run imported
                outcomes = list(run_checks(config))
    problems = [Problem(Severity.WRONG, fault) for fault in faults]
    problems += [problem for outcome in outcomes for problem in outcome.problems]
    if arguments.json:
        print_json(check_document(describe(path), user, outcomes, problems))
    else:
        if outcomes:
            report = render_check(describe(path), user, outcomes, problems)
            print(printable_lines(report), end="")
        style = style_for(sys.stderr, os.environ)
        for problem in problems:
            warns = problem.severity in WARNINGS
            prefix = style.warning("tart: warning:") if warns else style.error("tart:")
            print_note(f"{prefix} {printable_lines(str(problem.fault))}")
    return exit_code(problems)


def _load(
    arguments: argparse.Namespace,
) -> tuple[Path | None, Config | None, Sequence[SettingFault]]:
    """Return the file of settings, and the settings or what is wrong with them."""
    path = find(arguments)
    try:
        return path, load(path, environ=os.environ), ()
    except ConfigError as error:
        return path, None, error.faults


@contextmanager
def acting_as_owner(directory: Path) -> Iterator[str | None]:
    """Let root see what the user that tart runs as may do: the owner of the data directory.

    Yields:
        The name of that user; ``None`` if it is the one who runs the command.
    """
    if os.geteuid() != 0 or not directory.exists() or directory.stat().st_uid == 0:
        yield None
        return
    status, name = directory.stat(), owner_name(directory)
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([status.st_gid])
    os.setegid(status.st_gid)
    os.seteuid(status.st_uid)
    try:
        yield name
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def _show(arguments: argparse.Namespace) -> int:
    config = load_settings(arguments)
    if arguments.json:
        print_json(settings_document(config))
    else:
        print(render_settings(config), end="")
    return 0


def _print_default(arguments: argparse.Namespace) -> int:
    print(config_toml(), end="")
    return 0
