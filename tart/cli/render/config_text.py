"""Settings as text: the annotated default file, and the settings in use. Pure.

Both are rendered from the table in ``tart.config.schema``.
"""

from __future__ import annotations

import json
from typing import Any

from tart.config.schema import SECTIONS, Config, settings, values

_HEAD = """\
# Every setting of tart with its default, and why it is so. What is left out has its default.
# TART_* variables go before this file (TART_API_BIND for api.bind), flags before both.
# Printed by `tart config default`; `tart config show` tells what is in use and why.
"""


def config_toml() -> str:
    """Return a configuration file with every setting at its default."""
    lines = [_HEAD.rstrip()]
    for section, kind in SECTIONS.items():
        if section != "server":
            lines += ["", *_section(section, kind)]
        for key, (_, default, reason) in settings().items():
            if key.rpartition(".")[0] == ("" if section == "server" else section):
                lines += ["", f"# {reason}", f"{key.rpartition('.')[2]} = {_toml(default)}"]
    return "\n".join(lines) + "\n"


def render_settings(config: Config) -> str:
    """Return each setting in use, one per line, with where it came from."""
    return "".join(
        f"{key} = {_toml(value)}  ({config.origins[key]})\n"
        for key, value in values(config).items()
    )


def _section(name: str, kind: type) -> list[str]:
    """Return the head of a section with the comment from its class: ``[name]``: comment."""
    reason = (kind.__doc__ or "").partition(": ")[2]
    return [f"# {reason[:1].upper()}{reason[1:]}", f"[{name}]"]


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:_}"
    # A JSON string is a TOML one; a float's shortest form is a TOML float.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
