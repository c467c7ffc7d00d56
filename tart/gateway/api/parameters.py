"""Kinds of parameters: how a text is parsed, and its JSON Schema.

Pure. A kind serves validation, OpenAPI and the documentation page. A text that is not valid
raises ``BadQuery`` with the name of the parameter and the accepted values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from tart.errors import BadQuery
from tart.query.core import cursor, event_names, filters, node_ids, windows
from tart.query.sql.formats import ALIASES
from tart.suggestions import did_you_mean

Json = dict[str, Any]


class Kind(Protocol):
    """The type of a parameter."""

    def read(self, text: str, name: str) -> Any:
        """Parse a text; ``BadQuery`` if it is not valid."""

    def schema(self) -> Json:
        """Return the JSON Schema of valid texts."""


@dataclass(frozen=True)
class Integer:
    """An integer between two ends; values beyond a clamped end are clamped, others refused."""

    low: int
    high: int
    clamped: tuple[bool, bool] = (False, False)

    def read(self, text: str, name: str) -> int:
        """See ``Kind``."""
        digits = text[1:] if text[:1] in ("-", "+") else text
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 100):
            raise self._refused(name)
        value = int(text)
        if (value < self.low and not self.clamped[0]) or (
            value > self.high and not self.clamped[1]
        ):
            raise self._refused(name)
        return max(self.low, min(value, self.high))

    def schema(self) -> Json:
        """See ``Kind``."""
        schema: Json = {"type": "integer"}
        if not self.clamped[0]:
            schema["minimum"] = self.low
        if not self.clamped[1]:
            schema["maximum"] = self.high
        return schema

    def _refused(self, name: str) -> BadQuery:
        return BadQuery(f"{name} must be an integer from {self.low} to {self.high}", name)


@dataclass(frozen=True)
class Text:
    """A text that is compared as it is, such as the name of an implementation.

    Attributes:
        longest: The greatest number of characters.
    """

    longest: int

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        if len(text) > self.longest:
            raise BadQuery(f"{name} has at most {self.longest} characters", name)
        return text

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "maxLength": self.longest}


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        if text not in self.words:
            raise BadQuery(f"{name} must be one of {', '.join(self.words)}", name)
        return text

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class Format:
    """The format of an answer: one that the route takes, or another spelling of it.

    Attributes:
        words: The formats that the route takes.
        elsewhere: Formats that only other routes have, with such a route.
    """

    words: tuple[str, ...]
    elsewhere: Mapping[str, str]

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        word = text.strip().lower()
        word = ALIASES.get(word, word)
        if word not in self.words:
            route = self.elsewhere.get(word)
            hint = f"; {route} has {word}" if route else did_you_mean(word, self.words)
            raise BadQuery(f"{name} must be one of {', '.join(self.words)}{hint}", name)
        return word

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class NodeId:
    """A node id, or a prefix that only one node has; read in lower case and without ``0x``.

    The gateway replaces a prefix by the whole id before a handler sees it.
    """

    names_nodes: ClassVar[bool] = True

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        return node_ids.node_prefix(text, name)

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "pattern": "^(0[xX])?[0-9a-fA-F]{4,64}$"}


@dataclass(frozen=True)
class Hash:
    """64 hex digits, with or without the prefix ``0x``; read without it."""

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        return filters.hash_bytes(text, name).hex()

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "pattern": "^(0x)?[0-9a-fA-F]{64}$"}


@dataclass(frozen=True)
class KeyId:
    """Eight hex digits: the part of an API key after ``tart_``."""

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        if len(text) != 8 or not set(text) <= set("0123456789abcdef"):
            raise BadQuery(f"{name} must be 8 hex digits: the part of the key after tart_", name)
        return text

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "pattern": "^[0-9a-f]{8}$"}


@dataclass(frozen=True)
class Fingerprint:
    """The 16 hex digits of a failure group."""

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        lower = text.lower()
        if len(lower) != 16 or not set(lower) <= set("0123456789abcdef"):
            raise BadQuery(f"{name} must be 16 hex digits, as /api/failures has it", name)
        return lower

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "pattern": "^[0-9a-fA-F]{16}$"}


@dataclass(frozen=True)
class FileName:
    """The name of a file; whether there is such a file is for the handler to say."""

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        return text

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string"}


@dataclass(frozen=True)
class EventTypes:
    """Numbers, names and groups of event types, separated by commas; read as numbers."""

    def read(self, text: str, name: str) -> list[int]:
        """See ``Kind``."""
        return event_names.event_types(text, name)

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "examples": ["42,43", "Authored,Importing", "guaranteeing"]}


@dataclass(frozen=True)
class EventType:
    """The number or the name of one event type; read as the number."""

    def read(self, text: str, name: str) -> int:
        """See ``Kind``."""
        return event_names.event_type(text, name)

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "examples": ["42", "Authored"]}


@dataclass(frozen=True)
class Group:
    """A group of event types, in any letter case."""

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        return event_names.group_name(text, name)

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "examples": list(event_names.GROUP_TYPES)}


@dataclass(frozen=True)
class Time:
    """An RFC 3339 time; read as Unix microseconds."""

    def read(self, text: str, name: str) -> int:
        """See ``Kind``."""
        return windows.time_us(text, name)

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True)
class Duration:
    """A length of time such as ``15m``; read as microseconds."""

    def read(self, text: str, name: str) -> int:
        """See ``Kind``."""
        return windows.duration_us(text, name)

    def schema(self) -> Json:
        """See ``Kind``."""
        return {
            "type": "string",
            "pattern": "^[0-9]{1,8}[smhd]$",
            "examples": list(windows.PRESETS),
        }


@dataclass(frozen=True)
class CursorText:
    """The ``next_cursor`` of an earlier answer."""

    def read(self, text: str, name: str) -> cursor.Cursor:
        """See ``Kind``."""
        return cursor.decode(text)

    def schema(self) -> Json:
        """See ``Kind``."""
        return {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}


def names_nodes(parameter: Parameter) -> bool:
    """Return whether the values of a parameter are node ids, or prefixes of them."""
    return bool(getattr(parameter.kind, "names_nodes", False))


@dataclass(frozen=True)
class Parameter:
    """One parameter of a route.

    Attributes:
        default: The text that is read if the parameter is not given.
        aliases: Other accepted names; only one name may be given.
        required: Whether a request without it is refused.
    """

    name: str
    kind: Kind
    description: str
    default: str | None = None
    where: Literal["query", "path"] = "query"
    aliases: tuple[str, ...] = ()
    required: bool = False

    def schema(self) -> Json:
        """Return the JSON Schema of the kind, with the default."""
        schema = self.kind.schema()
        if self.default is not None:
            is_text = schema["type"] == "string"
            schema["default"] = self.default if is_text else self.kind.read(self.default, self.name)
        return schema

    def read(self, given: Mapping[str, str]) -> Any:
        """Return the value of the given text, of the default, or ``None``.

        Raises:
            BadQuery: The text is not valid, given twice, or missing though required.
        """
        names = [name for name in (self.name, *self.aliases) if name in given]
        if len(names) > 1:
            raise BadQuery(f"{names[0]} and {names[1]} mean the same, give one", names[1])
        if names:
            return self.kind.read(given[names[0]], names[0])
        if self.required:
            raise BadQuery(f"{self.name} is required: {self.description}", self.name)
        return None if self.default is None else self.kind.read(self.default, self.name)
