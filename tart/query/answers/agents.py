"""Messages of the Model Context Protocol. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta


class McpMessage(TypedDict):
    """A JSON-RPC 2.0 request, or a notification, which has no id."""

    jsonrpc: Literal["2.0"]
    method: Annotated[str, Meta(examples=["tools/list", "tools/call"])]
    id: NotRequired[int | str | None]
    params: NotRequired[dict[str, Any] | None]
    result: NotRequired[
        Annotated[Any, Meta(description="Of a response, which is accepted and ignored.")]
    ]
    error: NotRequired[
        Annotated[Any, Meta(description="Of a response, which is accepted and ignored.")]
    ]


class McpError(TypedDict):
    """An error of JSON-RPC."""

    code: int
    message: str
    data: NotRequired[Any]


class McpReply(TypedDict):
    """A JSON-RPC 2.0 response, with a result or an error."""

    jsonrpc: Literal["2.0"]
    id: int | str | None
    result: NotRequired[dict[str, Any]]
    error: NotRequired[McpError]
