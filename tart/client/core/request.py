"""One question to the HTTP API, without I/O: its URL, its answer, whether to ask again.

Pure. ``http`` sends what is made here; ``api`` makes one per method.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from tart.errors import TartError

Result = TypeVar("Result")

# RFC 9110, 9.2.2: asking these twice is asking once.
_IDEMPOTENT = ("GET", "DELETE")
# It may be otherwise in a moment: too often, and what stands between us and the server.
PASSING = (429, 502, 503, 504)
# Of these 503 nothing comes by waiting.
_LASTING = ("not_configured",)


class ApiError(TartError):
    """The server refused.

    Attributes:
        status: of HTTP.
        code: a word for programs, such as ``bad_parameter``; empty where the answer is not
            the server's own.
        parameter: the one that cannot be understood, if it is that.
    """

    def __init__(self, status: int, code: str, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.parameter = parameter

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.args[0]}"


class ApiUnreachable(TartError):
    """No answer, or one that broke off."""


@dataclass(frozen=True)
class Call(Generic[Result]):
    """One question; its type says what the answer is.

    Attributes:
        method: of HTTP.
        template: the path, with ``{name}`` for what ``path`` holds.
        query: parameters by name; what is ``None`` is left out.
        body: members of the JSON that is sent, likewise.
        accepted: statuses of failure that come with the answer all the same.
        text: the answer is text and no JSON.
    """

    method: str
    template: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    accepted: tuple[int, ...] = ()
    text: bool = False

    @property
    def url(self) -> str:
        """The path with its parameters."""
        values = {name: quote(_text(value), safe="") for name, value in self.path.items()}
        return self.template.format_map(values)

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters as text."""
        return {name: _text(value) for name, value in self.query.items() if value is not None}

    @property
    def content(self) -> dict[str, Any] | None:
        """The body's JSON, ``None`` if there is no body."""
        if self.body is None:
            return None
        return {name: value for name, value in self.body.items() if value is not None}

    @property
    def idempotent(self) -> bool:
        """Whether it may be asked again when nobody knows what became of it."""
        return self.method in _IDEMPOTENT

    def at(self, cursor: str) -> Call[Result]:
        """The same, for the page that a cursor stands for."""
        return Call(self.method, self.template, self.path, {**self.query, "cursor": cursor})

    def result(self, status: int, content: bytes) -> Result:
        """The answer.

        Raises:
            ApiError: the server refused, or something else answered.
        """
        if status >= 300 and status not in self.accepted:
            raise refusal(status, content)
        if self.text:
            return cast(Result, content.decode())
        try:
            return cast(Result, json.loads(content))
        except ValueError:
            raise ApiError(status, "", "the answer is no JSON") from None

    def passes(self, error: ApiError) -> bool:
        """Whether asking again may help, and harms nothing."""
        passing = error.status in PASSING and error.code not in _LASTING
        # What was refused for being too much was not done.
        return passing and (self.idempotent or error.status == 429)


def refusal(status: int, content: bytes) -> ApiError:
    """What the server says when it refuses."""
    try:
        error = json.loads(content)["error"]
        return ApiError(status, str(error["code"]), str(error["message"]), error.get("param"))
    except (ValueError, KeyError, TypeError):
        return ApiError(status, "", content[:200].decode(errors="replace"))


def seconds_asked(retry_after: str | None) -> float:
    """What a ``Retry-After`` header in seconds asks for; 0 without one we understand."""
    text = retry_after or ""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0


def _text(value: Any) -> str:
    """A parameter as the server reads it."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone could be any")
        return value.isoformat()
    if isinstance(value, Sequence):
        return ",".join(map(str, value))
    return str(value)
