"""``tart config``: checks, shows and prints settings."""

from __future__ import annotations

import argparse
import os

from tart.cli.arguments import add_config
from tart.cli.json_output import add_json, print_json
from tart.cli.render.config_text import config_toml, render_settings, settings_document
from tart.config.load import load
from tart.gateway.http.tls import server_context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their arguments."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="check whether the settings are valid")
    show = verbs.add_parser("show", help="print every setting in use and where it came from")
    default = verbs.add_parser("default", help="print a file with every setting at its default")
    add_config(check)
    add_config(show)
    add_json(show)
    check.set_defaults(run=_check)
    show.set_defaults(run=_show)
    default.set_defaults(run=_print_default)


def _check(arguments: argparse.Namespace) -> int:
    """Check the settings, and the files that they name.

    Raises:
        ConfigError: A setting is not valid.
        StartupError: The certificate or its key cannot be used.
    """
    config = load(arguments.config, environ=os.environ)
    if config.tls_paths:
        server_context(config.tls_paths)
    print("configuration is valid")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    config = load(arguments.config, environ=os.environ)
    if arguments.json:
        print_json(settings_document(config))
    else:
        print(render_settings(config), end="")
    return 0


def _print_default(arguments: argparse.Namespace) -> int:
    print(config_toml(), end="")
    return 0
