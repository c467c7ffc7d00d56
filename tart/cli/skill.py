"""``tart skill``: prints a skill file that tells AI agents how to query a server."""

from __future__ import annotations

import argparse

from tart.cli.http_client import add_server_arguments, server_url
from tart.gateway.api.agent_guide import skill_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.description = (
        "Print a skill file (SKILL.md) for AI agents: what a tart server knows, which route "
        "answers which question. No server needs to run."
    )
    parser.epilog = "example: tart skill --url https://tart.example > .claude/skills/tart/SKILL.md"
    add_server_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the file and return the exit code."""
    print(skill_text(server_url(arguments)), end="")
    return 0
