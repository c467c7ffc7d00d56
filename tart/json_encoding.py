"""JSON that keeps every integer exact, whatever its size; the one place that writes JSON.

Pure. JSON itself has integers of any size, its readers do not: orjson refuses to write one
beyond 64 bits and reads it as a float, and so do most clients. So there are two ways:

- ``dumps`` is for people and programs elsewhere: an integer beyond 64 bits becomes decimal
  text, which no reader rounds. Only sums get that large, and their schemas say so.
- ``pack`` and ``unpack`` are for what tart writes for itself, between processes and into
  ``control.sqlite``: an integer of any size stays a JSON integer, which msgspec reads exactly.

Values without such an integer, which are nearly all, are written by orjson alone. msgspec
could write these integers, too, but writes ``bytes`` as base64 without asking ``default``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import orjson

LEAST, GREATEST = -(1 << 63), (1 << 64) - 1
# Options: members in the order of their names; names that are no text.
SORTED, ANY_NAMES = orjson.OPT_SORT_KEYS, orjson.OPT_NON_STR_KEYS

Default = Callable[[Any], Any]


def dumps(value: Any, default: Default | None = None, option: int | None = None) -> bytes:
    """JSON; integers beyond 64 bits as decimal text. Arguments as orjson has them."""
    return _written(value, str, default, option)


def pack(value: Any, default: Default | None = None) -> bytes:
    """JSON that ``unpack`` reads as it was."""
    return _written(value, _literal, default, None)


def unpack(data: bytes | str) -> Any:
    """What ``pack`` wrote.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    return msgspec.json.decode(data)


def quotient(total: int, count: int) -> int:
    """``total / count`` as the nearest integer, exact however large; halves go up."""
    return (2 * total + count) // (2 * count)


def _written(
    value: Any, large: Callable[[int], Any], default: Default | None, option: int | None
) -> bytes:
    try:
        return orjson.dumps(value, default, option)
    except orjson.JSONEncodeError:
        # Whatever else it refuses, it refuses again.
        return orjson.dumps(_replaced(value, large), default, option)


def _replaced(value: Any, large: Callable[[int], Any]) -> Any:
    match value:
        case bool():
            return value
        case int() if not LEAST <= value <= GREATEST:
            return large(value)
        case Mapping():
            return {key: _replaced(each, large) for key, each in value.items()}
        case list() | tuple():
            return [_replaced(each, large) for each in value]
    return value


def _literal(value: int) -> orjson.Fragment:
    return orjson.Fragment(str(value))
