"""The Model Context Protocol, server side, from messages to replies.

Pure. Two generations of the protocol are spoken, both without state on the server:

- until 2025-11-25 a client opens with ``initialize``. No session id is ever issued, so that each
  request stands alone all the same (Streamable HTTP, "Session Management": a server MAY assign);
- from 2026-07-28 each request carries version and capabilities in ``params._meta``, mirrored by
  HTTP headers that must agree, and ``server/discover`` takes the place of ``initialize``.

Specification: https://modelcontextprotocol.io/specification/2026-07-28 and 2025-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
STATELESS_VERSIONS = ("2026-07-28",)
_META = "io.modelcontextprotocol/"
_VERSION_KEY, _CAPABILITIES_KEY = f"{_META}protocolVersion", f"{_META}clientCapabilities"
_SERVER_KEY = f"{_META}serverInfo"
# The member of ``params`` that the header Mcp-Name repeats.
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}

INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022
_STATUSES = {
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}
# For how long a client may reuse lists of tools, in milliseconds.
_LIST_TTL_MS = 300_000


class McpError(Exception):
    """A request that is answered with an error of JSON-RPC."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


@dataclass(frozen=True)
class McpRequest:
    """A request or notification that is well-formed.

    Attributes:
        id: ``None`` for a notification, which has no reply.
        version: The version that the request itself names; empty before 2026-07-28.
    """

    method: str
    params: Mapping[str, Any]
    id: int | str | None
    version: str

    @property
    def stateless(self) -> bool:
        """True if the request is of a version without a handshake."""
        return bool(self.version)


@dataclass(frozen=True)
class Server:
    """The description of the server for clients.

    Attributes:
        instructions: What a model should know before it calls a tool.
    """

    name: str
    title: str
    version: str
    instructions: str

    def info(self) -> Json:
        """Return the member ``serverInfo``."""
        return {"name": self.name, "title": self.title, "version": self.version}


def read_request(message: Mapping[str, Any], headers: Mapping[str, str]) -> McpRequest:
    """Return the request in a message.

    Args:
        message: The JSON object of the HTTP request's body.
        headers: The HTTP headers, names in lower case.

    Raises:
        McpError: The message is not a request, or its version is not spoken.
    """
    if message.get("jsonrpc") != "2.0":
        raise McpError(INVALID_REQUEST, 'the member jsonrpc must be "2.0"')
    method, params = message.get("method"), message.get("params")
    if not isinstance(method, str):
        raise McpError(INVALID_REQUEST, "the member method must be text")
    if params is not None and not isinstance(params, Mapping):
        raise McpError(INVALID_PARAMS, "params must be an object")
    number = message.get("id")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int | str)):
        raise McpError(INVALID_REQUEST, "the member id must be an integer or text")
    params = params or {}
    header = headers.get("mcp-protocol-version")
    meta = params.get("_meta")
    named = meta.get(_VERSION_KEY) if isinstance(meta, Mapping) else None
    if named is None and header not in STATELESS_VERSIONS:
        if header is not None and header not in HANDSHAKE_VERSIONS:
            raise _unsupported(header)
        return McpRequest(method, params, number, "")
    if number is not None:
        _check_envelope(method, params, headers)
    if named not in STATELESS_VERSIONS:
        raise _unsupported(named)
    return McpRequest(method, params, number, str(named))


def _check_envelope(method: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """Check what each request carries from 2026-07-28 on, against its headers."""
    meta = params.get("_meta")
    if not isinstance(meta, Mapping):
        meta = {}
    for key in (_VERSION_KEY, _CAPABILITIES_KEY):
        if key not in meta:
            raise McpError(INVALID_PARAMS, f"params._meta lacks {key}")
    expected = {"mcp-protocol-version": meta[_VERSION_KEY], "mcp-method": method}
    if method in _NAMED and (name := params.get(_NAMED[method])) is not None:
        expected["mcp-name"] = name
    for header, value in expected.items():
        if headers.get(header) != value:
            raise McpError(HEADER_MISMATCH, f"the header {header} differs from the body")


def _unsupported(version: Any) -> McpError:
    supported = [*STATELESS_VERSIONS, *reversed(HANDSHAKE_VERSIONS)]
    return McpError(
        UNSUPPORTED_VERSION,
        f"the protocol version is not supported; supported: {', '.join(supported)}",
        {"supported": supported, "requested": str(version)},
    )


def open_session(request: McpRequest, server: Server) -> Json:
    """Return the result of ``initialize``: the client's version, or the newest with a handshake."""
    wanted = request.params.get("protocolVersion")
    version = wanted if wanted in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[-1]
    return {
        "protocolVersion": version,
        "capabilities": {"tools": {}},
        "serverInfo": server.info(),
        "instructions": server.instructions,
    }


def discover(server: Server) -> Json:
    """Return the result of ``server/discover``."""
    return {
        "supportedVersions": list(STATELESS_VERSIONS),
        "capabilities": {"tools": {}},
        "instructions": server.instructions,
        **_cacheable(),
    }


def list_tools(tools: list[Json]) -> Json:
    """Return the result of ``tools/list``."""
    return {"tools": tools, **_cacheable()}


def _cacheable() -> Json:
    # The tools depend on the caller's role.
    return {"ttlMs": _LIST_TTL_MS, "cacheScope": "private"}


def tool_result(text: str, *, is_error: bool = False) -> Json:
    """Return the result of ``tools/call``; an error is for the model, which may mend its call."""
    return {"content": [{"type": "text", "text": text}], "isError": is_error}


def reply(request: McpRequest, result: Json, server: Server) -> Json:
    """Return the message with a result."""
    if request.stateless:
        result = {**result, "resultType": "complete", "_meta": {_SERVER_KEY: server.info()}}
    return {"jsonrpc": "2.0", "id": request.id, "result": result}


def error_reply(
    message: Mapping[str, Any], headers: Mapping[str, str], error: McpError
) -> tuple[int, Json]:
    """Return the HTTP status and the message with an error.

    Before 2026-07-28 a client takes 404 for the end of its session, so that an unknown method
    has 200 there.
    """
    number = message.get("id")
    described: Json = {"code": error.code, "message": str(error)}
    if error.data is not None:
        described["data"] = error.data
    number = number if isinstance(number, int | str) else None
    status = _STATUSES.get(error.code, 200)
    if status == 404 and headers.get("mcp-protocol-version") not in STATELESS_VERSIONS:
        status = 200
    return status, {"jsonrpc": "2.0", "id": number, "error": described}
