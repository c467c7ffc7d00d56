"""Settings as text: the annotated default file, and the settings in use. Pure.

Both are rendered from the table in ``tart.config.schema``.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Container
from typing import Any

from tart.cli.render.documents import SettingsDocument
from tart.config.addresses import public_value
from tart.config.schema import SECTIONS, Config, settings, values

_COLUMNS = 98
_HEAD = """\
# All settings of tart with their defaults. A setting that is left out has its default.
# Environment variables (TART_API_BIND for api.bind) override this file; flags override both.
# `tart config default` prints this file, `tart config show` the settings in use and their origin.
"""


def config_toml() -> str:
    """Return a configuration file with every setting at its default."""
    lines = [_HEAD.rstrip()]
    for section, kind in SECTIONS.items():
        if section != "server":
            lines += ["", *_section(section, kind)]
        for key, setting in settings().items():
            prefix, _, name = key.rpartition(".")
            if prefix == ("" if section == "server" else section):
                lines += [
                    "",
                    *_comment(setting.description),
                    f"{name} = {toml_value(setting.default)}",
                ]
    return "\n".join(lines) + "\n"


def render_settings(config: Config) -> str:
    """Return each setting in use, one per line, with where it came from."""
    return "".join(
        f"{key} = {toml_value(public_value(key, value))}  ({config.origins[key]})\n"
        for key, value in values(config).items()
    )


def describe_reload(old: Config, new: Config, applied: Container[str]) -> tuple[str, bool]:
    """Return a sentence on the settings that differ, and whether some need a restart.

    Args:
        old: The settings in use.
        new: The settings that were loaded.
        applied: Sections whose settings change at once.
    """
    before, after = values(old), values(new)
    changes: dict[bool, list[str]] = {True: [], False: []}
    for key in after:
        if before[key] != after[key]:
            old_text = toml_value(public_value(key, before[key]))
            text = f"{key}: {old_text} → {toml_value(public_value(key, after[key]))}"
            changes[key.rpartition(".")[0] in applied].append(text)
    parts = []
    if changes[True]:
        parts.append(f"applied {', '.join(changes[True])}")
    if changes[False]:
        parts.append(f"restart to apply {', '.join(changes[False])}")
    return f"settings reloaded; {'; '.join(parts) or 'no setting changed'}", bool(changes[False])


def settings_document(config: Config) -> SettingsDocument:
    """Return the settings in use and where each came from."""
    return {
        "settings": [
            {"key": key, "value": public_value(key, value), "origin": config.origins[key]}
            for key, value in values(config).items()
        ]
    }


def _comment(text: str) -> list[str]:
    """Return a text as lines of a comment."""
    return [f"# {line}" for line in textwrap.wrap(text, _COLUMNS - 2)]


def _section(name: str, kind: type) -> list[str]:
    """Return the head of a section with the comment from its class: ``[name]``: comment."""
    text = (kind.__doc__ or "").partition(": ")[2]
    return [*_comment(f"{text[:1].upper()}{text[1:]}"), f"[{name}]"]


def toml_value(value: Any) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:_}"
    # A JSON string is a TOML one; a float's shortest form is a TOML float.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
