"""``tart skill``: prints a skill file that tells AI agents how to query a server."""

from __future__ import annotations

import argparse
import os

from tart.cli.arguments import add_config, add_url
from tart.cli.http_client import Server
from tart.config.load import load
from tart.gateway.api.agent_guide import skill_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    add_url(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the file and return the exit code.

    Raises:
        ConfigError: The settings cannot be used.
    """
    config = load(arguments.config, environ=os.environ)
    print(skill_text(Server(config, arguments.url).url), end="")
    return 0
