"""Command-line arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

URL_HELP = "address of a running server (default: the setting api.bind)"


def add_config(parser: argparse.ArgumentParser, *, installed: bool = False) -> None:
    """Add ``--config``.

    Args:
        parser: The parser of the command.
        installed: Whether the command finds an installation (``tart.cli.installation``).
    """
    default = "config.toml in the working directory, "
    default += "else /etc/tart/config.toml" if installed else "if present"
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"read settings from FILE (default: {default})",
    )


def add_data_dir(parser: argparse._ActionsContainer) -> None:
    """Add ``--data-dir``."""
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        help="directory of the shards' files (default: the setting data_dir)",
    )


def add_url(parser: argparse._ActionsContainer) -> None:
    """Add ``--url``."""
    parser.add_argument("--url", metavar="URL", help=URL_HELP)


def add_client(
    parser: argparse.ArgumentParser,
    *,
    url_group: argparse._ActionsContainer | None = None,
    url_help: str = URL_HELP,
) -> None:
    """Add the arguments of a command that calls a running server.

    ``http_client.connect`` takes what they parse to.

    Args:
        parser: The parser of the command.
        url_group: The group that gets ``--url``, if another argument excludes it.
        url_help: The help of ``--url``.
    """
    group = parser.add_argument_group("server")
    (url_group or group).add_argument("--url", metavar="URL", help=url_help)
    group.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="read the API key from FILE (default: the file that TART_KEY_FILE names, or the key "
        "in TART_KEY)",
    )
    trust = group.add_mutually_exclusive_group()
    trust.add_argument(
        "--ca-file",
        type=Path,
        metavar="FILE",
        help="trust the certificates in FILE (PEM) instead of the system's (default: the file "
        "that TART_CA_FILE names)",
    )
    trust.add_argument(
        "--insecure", action="store_true", help="do not check the server's certificate"
    )
