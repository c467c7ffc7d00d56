"""JSON that keeps integers of any size exact.

Pure; all JSON of tart is written here. JSON has integers of any size, but orjson does not write
one beyond 64 bits and reads it as a float, and so do most clients. So there are two forms:

- ``dumps`` is for clients: an integer beyond 64 bits becomes decimal text, which no reader rounds.
  Only sums get that large, and their schemas say so.
- ``pack`` and ``unpack`` are for tart itself, between processes and in ``control.sqlite``: an
  integer of any size stays a JSON integer, which msgspec reads exactly.

Values without such an integer, which are nearly all, are written by orjson alone. msgspec could
write these integers, too, but writes ``bytes`` as base64 without calling ``default``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import orjson

LEAST, GREATEST = -(1 << 63), (1 << 64) - 1
# Options of orjson: members sorted by name; names that are not text; indented by two spaces;
# subclasses of text and numbers are given to ``default``.
SORTED, ANY_NAMES = orjson.OPT_SORT_KEYS, orjson.OPT_NON_STR_KEYS
INDENTED = orjson.OPT_INDENT_2
SUBCLASSES_BY_DEFAULT = orjson.OPT_PASSTHROUGH_SUBCLASS

Default = Callable[[Any], Any]


def dumps(value: Any, default: Default | None = None, option: int | None = None) -> bytes:
    """Return JSON with integers beyond 64 bits as decimal text; the arguments are orjson's."""
    return _write(value, str, default, option)


def encoded(value: Any) -> orjson.Fragment:
    """Return a value that later calls of ``dumps`` write as it is: it is encoded here, once."""
    return orjson.Fragment(dumps(value))


def fragment(data: bytes) -> orjson.Fragment:
    """Return JSON that ``dumps`` wrote before, as a value that later calls write as it is."""
    return orjson.Fragment(data)


def pack(value: Any, default: Default | None = None, option: int | None = None) -> bytes:
    """Return JSON from which ``unpack`` restores the value."""
    return _write(value, _literal, default, option)


def unpack(data: bytes | str) -> Any:
    """Return the value that ``pack`` wrote.

    Raises:
        msgspec.DecodeError: The data is not valid JSON.
    """
    return msgspec.json.decode(data)


def quotient(total: int, count: int) -> int:
    """Return ``total / count`` as the nearest integer, exact at any size; halves round up."""
    return (2 * total + count) // (2 * count)


def _write(
    value: Any, large: Callable[[int], Any], default: Default | None, option: int | None
) -> bytes:
    try:
        return orjson.dumps(value, default, option)
    except orjson.JSONEncodeError:
        # A value that orjson rejects for another reason is rejected again.
        return orjson.dumps(_replace_large(value, large), default, option)


def _replace_large(value: Any, large: Callable[[int], Any]) -> Any:
    match value:
        case bool():
            return value
        case int() if not LEAST <= value <= GREATEST:
            return large(value)
        case Mapping():
            return {key: _replace_large(item, large) for key, item in value.items()}
        case list() | tuple():
            return [_replace_large(item, large) for item in value]
    return value


def _literal(value: int) -> orjson.Fragment:
    return orjson.Fragment(str(value))
