"""The installation that an administrative command is about, if nothing names one.

The rule, for ``backup``, ``restore``, ``verify``, ``keys``, ``config show`` and ``config check``:

1. the file of ``--config``;
2. ``config.toml`` in the working directory;
3. ``/etc/tart/config.toml``, which ``tart install`` writes, unless ``--data-dir`` or
   ``TART_DATA_DIR`` names the data: what else that file says is about other data;
4. the defaults.

The command says which file it read. ``serve`` does not look in ``/etc``: two servers that share
their data by accident are worse than one that does not start. Commands that call a server do not
either: the file is not for all users to read.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from tart.cli.streams import print_note
from tart.config.load import load
from tart.config.schema import Config, variable_of

# The directory that stands for ``/``.
ROOT = Path("/")
CONFIG = Path("/etc/tart/config.toml")
_LOCAL = Path("config.toml")


def find_settings(
    named: Path | None, *, data_dir: str | None, environ: Mapping[str, str], root: Path
) -> Path | None:
    """Return the file of settings by the rule above; ``None`` for the defaults.

    Args:
        named: The file of ``--config``.
        data_dir: The value of ``--data-dir``.
        environ: The environment.
        root: The directory that stands for ``/``.
    """
    if named is not None:
        return named
    # A directory that the user may not read, as of sudo -u tart in /root, has none for her.
    if os.path.exists(_LOCAL):
        return _LOCAL
    installed = installed_settings(root)
    if data_dir is None and variable_of("data_dir") not in environ and os.path.exists(installed):
        return installed
    return None


def installed_settings(root: Path) -> Path:
    """Return the file of an installation's settings, which need not exist."""
    return root / CONFIG.relative_to("/")


def find(arguments: argparse.Namespace) -> Path | None:
    """Return the file of settings for a command of this process."""
    data_dir: str | None = getattr(arguments, "data_dir", None)
    return find_settings(arguments.config, data_dir=data_dir, environ=os.environ, root=ROOT)


def load_settings(arguments: argparse.Namespace) -> Config:
    """Return the settings for a command, and say on stderr which they are if nothing named them.

    Args:
        arguments: With ``config``, and ``data_dir`` if the command has ``--data-dir``.

    Raises:
        ConfigError: The settings are not valid.
    """
    data_dir: str | None = getattr(arguments, "data_dir", None)
    path = find(arguments)
    config = load(path, environ=os.environ, flags={"data_dir": data_dir})
    if arguments.config is None and data_dir is None:
        print_note(f"using {describe(path)} and the data in {config.data_path}")
    return config


def describe(path: Path | None) -> str:
    """Return what the settings are, as a part of a sentence."""
    return f"the settings in {path}" if path else "the default settings"
