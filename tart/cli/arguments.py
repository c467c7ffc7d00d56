"""Command-line arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add ``--config``."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="read settings from FILE (default: config.toml in the working directory, if present)",
    )


def add_data_dir(parser: argparse._ActionsContainer) -> None:
    """Add ``--data-dir``."""
    parser.add_argument(
        "--data-dir", metavar="DIR", help="directory of the shards' files (default: data_dir)"
    )


def add_url(parser: argparse._ActionsContainer) -> None:
    """Add ``--url``."""
    parser.add_argument(
        "--url", metavar="URL", help="address of a running server (default: from api.bind)"
    )


def add_key_file(parser: argparse.ArgumentParser) -> None:
    """Add ``--key-file``."""
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="read the API key from FILE (default: the file that TART_KEY_FILE names, or the key "
        "in TART_KEY)",
    )
