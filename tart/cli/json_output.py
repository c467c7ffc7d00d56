"""``--json``: one JSON document on stdout in place of text.

Errors stay one sentence on stderr, and exit codes are those without the flag.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def add_json(parser: argparse._ActionsContainer) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def print_json(document: Mapping[str, Any]) -> None:
    """Print a document, indented."""
    _print(document, indented=True)


def print_json_line(document: Mapping[str, Any]) -> None:
    """Print a document as one line (JSON Lines) and flush it."""
    _print(document, indented=False)
    sys.stdout.flush()


def _print(document: Mapping[str, Any], *, indented: bool) -> None:
    # Imported here: most runs of the commands that have the flag print text.
    from tart import json_encoding

    option = json_encoding.INDENTED if indented else None
    sys.stdout.write(json_encoding.dumps(_decodable(document), option=option).decode() + "\n")


def _decodable(value: Any) -> Any:
    """Return the value with the bytes of file names that are not UTF-8 replaced."""
    match value:
        case str():
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        case Mapping():
            return {_decodable(key): _decodable(item) for key, item in value.items()}
        case list() | tuple():
            return [_decodable(item) for item in value]
    return value
