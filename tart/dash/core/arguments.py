"""Arguments of places: slots, cores, hashes, and conditions such as ``node=3f2a``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping

from tart.dash.core.model import Place, UnknownPlace
from tart.suggestions import did_you_mean

_HASH = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")


def whole_number(place: Place, noun: str, highest: int) -> int:
    """Return the argument of a place as a whole number; separators of thousands are allowed.

    Raises:
        UnknownPlace: It is not one, or higher than the highest.
    """
    text = (place.argument or "").replace(",", "").replace("_", "")
    # Longer digits are no number that the server knows, and slow to convert.
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= highest):
        raise UnknownPlace(f"{place.argument or 'nothing'} is not a {noun}; it is a whole number")
    return int(text)


def hash_argument(place: Place, noun: str) -> str:
    """Return the argument of a place as 64 hex digits.

    Raises:
        UnknownPlace: It is not 64 hex digits, with or without 0x.
    """
    match = _HASH.fullmatch(place.argument or "")
    if not match:
        raise UnknownPlace(f"the {noun} needs a hash of 64 hex digits; Enter on a row opens it")
    return match[1].lower()


def conditions(argument: str | None, known: Collection[str], default: str) -> Mapping[str, str]:
    """Return the conditions of an argument such as ``type=42 node=3f2a``.

    Args:
        argument: Conditions with spaces between them; a value with spaces has quotes around it.
        known: Their names.
        default: The name of a value without one; several are a list with commas.

    Raises:
        UnknownPlace: A name is not known or occurs twice, or has no value.
    """
    named: dict[str, str] = {}
    for word in _words(argument or ""):
        name, equals, value = word.partition("=")
        if not equals:
            named[default] = f"{named[default]},{word}" if default in named else word
            continue
        if name not in known:
            hint = did_you_mean(name, known) or f"; there are {', '.join(sorted(known))}"
            raise UnknownPlace(f"no condition is called {name or '(nothing)'}{hint}")
        if not value:
            raise UnknownPlace(f"the condition {name} needs a value: {name}=…")
        if name in named:
            raise UnknownPlace(f"the condition {name} occurs twice; list its values with commas")
        named[name] = value
    return named


def write_condition(name: str, value: str) -> str:
    """Return a condition as ``conditions`` reads it."""
    return f"{name}={shlex.quote(value)}"


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise UnknownPlace(f"{text}: a quotation mark has no second one") from None
