"""One request to the HTTP API, without I/O: its URL, its response, and when to retry it.

Pure. The methods of ``_generated.api`` make calls; ``http`` sends them.
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

# RFC 9110, 9.2.2.
_IDEMPOTENT = ("GET", "DELETE")
# Statuses that may pass: too many requests, and failures between client and server.
TRANSIENT = (429, 502, 503, 504)
# Codes of a 503 that do not pass by waiting.
_PERMANENT_CODES = ("not_configured",)


class ApiError(TartError):
    """The server answered with an error.

    Attributes:
        status: The HTTP status.
        code: A code for programs, such as ``bad_parameter``; empty if the response is not the
            server's own.
        parameter: The invalid parameter, if the error is about one.
    """

    def __init__(self, status: int, code: str, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.parameter = parameter

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.args[0]}"


class ApiUnreachable(TartError):
    """The server does not answer, or a response was cut short."""


@dataclass(frozen=True)
class Call(Generic[Result]):
    """One request; the type parameter is that of the response.

    Attributes:
        method: The HTTP method.
        template: The path, with ``{name}`` for the values in ``path``.
        path: Path parameters by name.
        query: Query parameters by name; ``None`` values are left out.
        body: Members of the JSON body; ``None`` values are left out.
        accepted: Error statuses whose body is the response all the same.
        text: Whether the response is text instead of JSON.
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
        """The path with its parameters filled in."""
        values = {name: quote(_text(value), safe="") for name, value in self.path.items()}
        return self.template.format_map(values)

    @property
    def parameters(self) -> dict[str, str]:
        """The query parameters as text."""
        return {name: _text(value) for name, value in self.query.items() if value is not None}

    @property
    def content(self) -> dict[str, Any] | None:
        """The JSON body; ``None`` if there is none."""
        if self.body is None:
            return None
        return {name: value for name, value in self.body.items() if value is not None}

    @property
    def idempotent(self) -> bool:
        """True if the request may be repeated when its outcome is unknown."""
        return self.method in _IDEMPOTENT

    def with_cursor(self, cursor: str) -> Call[Result]:
        """Return the same call for the page at a cursor."""
        return Call(self.method, self.template, self.path, {**self.query, "cursor": cursor})

    def parse(self, status: int, content: bytes) -> Result:
        """Parse a response.

        Raises:
            ApiError: The response is an error, or not the server's.
        """
        if status >= 300 and status not in self.accepted:
            raise parse_error(status, content)
        if self.text:
            return cast(Result, content.decode())
        try:
            return cast(Result, json.loads(content))
        except (ValueError, RecursionError):
            raise ApiError(status, "", "the response is not valid JSON") from None

    def is_retryable(self, error: ApiError) -> bool:
        """Return whether a retry may succeed and is safe."""
        transient = error.status in TRANSIENT and error.code not in _PERMANENT_CODES
        # A request refused with 429 was not executed.
        return transient and (self.idempotent or error.status == 429)


def parse_error(status: int, content: bytes) -> ApiError:
    """Parse the body of an error response."""
    try:
        error = json.loads(content)["error"]
        return ApiError(status, str(error["code"]), str(error["message"]), error.get("param"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ApiError(status, "", content[:200].decode(errors="replace"))


def parse_retry_after(retry_after: str | None) -> float:
    """Return the seconds of a ``Retry-After`` header; 0 without one, or for a date."""
    text = retry_after or ""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0


def _text(value: Any) -> str:
    """Format a parameter for the server."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime needs a time zone")
        return value.isoformat()
    if isinstance(value, Sequence):
        return ",".join(map(str, value))
    return str(value)
