"""The verbs of ``tart alerts`` about rule files, for which no server need run."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from tart.alert_rules import find_unusable, has_rule_file, read_configured_rules, read_rule_file
from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.figures import FIGURES, Figure
from tart.alerting.rules.model import RuleFile
from tart.alerting.rules.prometheus_rules import write_prometheus_rules
from tart.alerting.rules.rule_file import default_rule_file
from tart.amounts import plural
from tart.cli.arguments import add_config
from tart.cli.json_output import add_json, print_json
from tart.cli.named_files import unreadable
from tart.cli.render.alert_tables import Screen, render_figures
from tart.cli.render.documents import CatalogueFigure, FiguresDocument, RuleFileDocument
from tart.cli.streams import print_note
from tart.config.load import load
from tart.style import is_terminal, style_for
from tart.units import SECOND_US

_FILE_HELP = "rule file (default: that of the settings, else the built-in rules alone)"


def add_check(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``check``."""
    _add_file(parser)
    add_json(parser)
    add_config(parser)
    parser.set_defaults(run=check)


def add_test(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``test``."""
    add = parser.add_argument
    add(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="rule file (default: the built-in rules alone)",
    )
    add("--capture", required=True, metavar="CAPTURE", help="capture file; '-' for stdin")
    add(
        "--every",
        default="30s",
        metavar="DURATION",
        help="time between evaluations (default 30s, as of the server)",
    )
    add(
        "--expect",
        action="append",
        default=[],
        metavar="ALERT",
        help="exit code 1 unless this alert fires; may be repeated",
    )
    add(
        "--forbid",
        action="append",
        default=[],
        metavar="ALERT",
        help="exit code 1 if this alert fires; '*': any that is not expected",
    )
    add_json(parser)
    parser.set_defaults(run=run_test)


def add_figures(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``figures``."""
    add_json(parser)
    parser.set_defaults(run=list_figures)


def add_prometheus(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``prometheus``."""
    source = parser.add_mutually_exclusive_group()
    _add_file(source)
    source.add_argument(
        "--builtin", action="store_true", help="only the built-in rules, whatever the settings name"
    )
    add_config(parser)
    parser.set_defaults(run=print_prometheus)


def _add_file(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help=_FILE_HELP)


def check(arguments: argparse.Namespace) -> int:
    """Check a rule file and print what it declares.

    Raises:
        ConfigError: The file has mistakes; it has all of them.
    """
    file, source = _read(arguments)
    own = [rule for rule in file.rules if rule.line]
    for fault in find_unusable(file, source):
        print_note(f"tart: warning: {fault}")
    if arguments.json:
        document: RuleFileDocument = {
            "file": source,
            "rules": [rule.alert for rule in own],
            "disabled": list(file.disabled),
            "channels": [channel.name for channel in file.channels],
            "maintenance": len(file.maintenance),
        }
        print_json(document)
        return 0
    changed = sum(rule.is_builtin for rule in own)
    print(f"{source} is valid")
    print(f"rules       {len(own) - changed} of its own, {changed} built-in ones changed")
    builtin = sum(rule.is_builtin for rule in file.rules)
    on = sum(rule.is_builtin for rule in file.enabled_rules)
    print(f"built-in    {on} on, {builtin - on} off")
    print(f"channels    {', '.join(channel.name for channel in file.channels) or 'none'}")
    now_us = time.time_ns() // 1000
    over = sum(window.end_us <= now_us for window in file.maintenance)
    ended = f", {over} of them over" if over else ""
    print(f"maintenance {plural(len(file.maintenance), 'window')}{ended}")
    return 0


def run_test(arguments: argparse.Namespace) -> int:
    """Play a capture through rules."""
    # Imported here: it has the code of the server, which takes a second.
    from tart.cli.rule_test import run

    return run(arguments)


def list_figures(arguments: argparse.Namespace) -> int:
    """Print the catalogue of figures."""
    if arguments.json:
        document: FiguresDocument = {"figures": [_figure(row) for row in FIGURES.values()]}
        print_json(document)
        return 0
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
    for line in render_figures(Screen(style_for(sys.stdout, os.environ), width)):
        print(line)
    return 0


def _figure(figure: Figure) -> CatalogueFigure:
    return {
        "name": figure.name,
        "unit": figure.unit,
        "by": list(figure.by),
        "window_seconds": None if figure.window_us is None else figure.window_us / SECOND_US,
        "description": figure.description,
    }


def print_prometheus(arguments: argparse.Namespace) -> int:
    """Print the rules as a rule file of Prometheus.

    Raises:
        ConfigError: The rule file has mistakes; it has all of them.
    """
    if arguments.builtin:
        file, source = default_rule_file(BUILTIN_RULES), "tart"
    else:
        file, source = _read(arguments)
    sys.stdout.write(write_prometheus_rules(file, source=source))
    return 0


def _read(arguments: argparse.Namespace) -> tuple[RuleFile, str]:
    """Return the rules that the command is about, and where they come from."""
    if arguments.file is not None:
        try:
            return read_rule_file(arguments.file), str(arguments.file)
        except OSError as error:
            raise unreadable(arguments.file, error) from None
    config = load(arguments.config, environ=os.environ)
    source = str(config.alerts_path) if has_rule_file(config) else "tart"
    return read_configured_rules(config), source
