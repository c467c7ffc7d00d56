"""The answer of a request that fails. Pure."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta


class ErrorDetails(TypedDict):
    """A failure, for programs and for people."""

    code: str
    message: str
    param: NotRequired[
        Annotated[
            str, Meta(description="The parameter that is not valid, by the name in the request.")
        ]
    ]
    candidates: NotRequired[
        Annotated[
            list[dict[str, Any]],
            Meta(description="With code ambiguous: what the value may stand for."),
        ]
    ]


class Error(TypedDict):
    """The body of every answer with a status of 400 or above."""

    error: ErrorDetails
