"""Bytes that other implementations of JIP-2 wrote, and what they mean; see the README beside it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent


@cache
def load(name: str) -> Any:
    """The content of a file, by its name without ``.json``."""
    return json.loads((DIRECTORY / f"{name}.json").read_text())
