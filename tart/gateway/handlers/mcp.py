"""Handler of the Model Context Protocol: tools that call the API's own routes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tart import __version__, json_encoding
from tart.access.roles import Role
from tart.errors import TartError
from tart.gateway.api import agent_answers, mcp
from tart.gateway.api.agent_guide import INSTRUCTIONS
from tart.gateway.api.agent_tools import TOOLS_BY_NAME, RouteCall, describe_tools
from tart.gateway.api.mcp import McpError, McpRequest
from tart.gateway.fanout.merge_thread import run_on_merge_thread
from tart.gateway.http.responses import Answer, render
from tart.suggestions import did_you_mean

log = logging.getLogger(__name__)

# Calls a route for the sender of a request, and returns its answer.
CallRoute = Callable[[RouteCall], Awaitable[Answer]]

SERVER = mcp.Server("tart", "tart: telemetry of a JAM network", __version__, INSTRUCTIONS)


async def answer(
    message: Mapping[str, Any], headers: Mapping[str, str], role: Role, call_route: CallRoute
) -> Answer:
    """Answer ``POST /mcp``.

    Args:
        message: The JSON-RPC message.
        headers: The request's headers, names in lower case.
        role: The caller's role: tools beyond it are neither listed nor called.
        call_route: Calls another route for the caller.
    """
    if "method" not in message and ("result" in message or "error" in message):
        return Answer(b"", status=202)  # a response, to a request that was never sent
    try:
        request = mcp.read_request(message, headers)
        if request.id is None:
            return Answer(b"", status=202)
        result = await _result(request, role, call_route)
    except McpError as error:
        status, body = mcp.error_reply(message, headers, error)
        return Answer(body, status=status)
    return Answer(mcp.reply(request, result, SERVER))


async def _result(request: McpRequest, role: Role, call_route: CallRoute) -> dict[str, Any]:
    match request.method:
        case "initialize" if not request.stateless:
            return mcp.open_session(request, SERVER)
        case "server/discover":
            return mcp.discover(SERVER)
        case "ping":
            return {}
        case "tools/list":
            return mcp.list_tools(describe_tools(role))
        case "tools/call":
            return await _call_tool(request, role, call_route)
        case _:
            raise McpError(mcp.METHOD_NOT_FOUND, f"there is no method {request.method[:100]}")


async def _call_tool(request: McpRequest, role: Role, call_route: CallRoute) -> dict[str, Any]:
    name, arguments = request.params.get("name"), request.params.get("arguments", {})
    arguments = {} if arguments is None else arguments
    if not isinstance(name, str) or not isinstance(arguments, Mapping):
        raise McpError(mcp.INVALID_PARAMS, "name must be text, and arguments an object")
    if name not in TOOLS_BY_NAME:
        hint = did_you_mean(name, TOOLS_BY_NAME) or f"; tools are {', '.join(TOOLS_BY_NAME)}"
        raise McpError(mcp.INVALID_PARAMS, f"there is no tool {name[:100]}{hint}")
    try:
        call = TOOLS_BY_NAME[name].call(arguments, role)
        body = await render(await call_route(call))
        data = await run_on_merge_thread(
            lambda: agent_answers.prepare(
                json_encoding.unpack(body),
                omitted=call.omitted,
                all_untrusted=call.route.name == "sql",
            )
        )
    except TartError as error:
        # Of a known kind: the text is for the caller, and may quote what a node sent.
        return mcp.tool_result(agent_answers.clean_text(str(error)), is_error=True)
    except Exception:
        log.exception("tool %s failed, its caller gets an error", name)
        return mcp.tool_result("internal error; see the server log", is_error=True)
    return mcp.tool_result(data.decode())
