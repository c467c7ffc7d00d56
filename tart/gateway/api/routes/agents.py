"""Routes for AI agents: the Model Context Protocol and the guide in plain text. Pure."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.route import Cache, Route
from tart.query.answers.agents import McpMessage, McpReply

AGENT_ROUTES: tuple[Route, ...] = (
    Route(
        "mcp",
        "/mcp",
        "Call tools over the Model Context Protocol",
        "The Streamable HTTP transport without sessions and without streams: each request is a "
        "POST with one JSON-RPC message and is answered with one JSON object, a notification with "
        "202. The tools read, none changes anything, and each acts as the routes it names: with "
        "the role of the caller, their limits and their deadline. Protocol versions 2024-11-05 to "
        "2026-07-28.",
        body=McpMessage,
        answer=McpReply,
        errors=(202, 404, 415),
        cache=Cache.LIVE,
        method="POST",
        scattered=False,
        in_clients=False,
    ),
    Route(
        "llms",
        "/llms.txt",
        "Get a guide to this server for AI agents",
        "What tart is, which route answers which question, and what to know of the figures, as "
        "Markdown (llmstxt.org). No key is needed: the text contains no data.",
        media_type="text/markdown; charset=utf-8",
        scattered=False,
        role=Role.ANYONE,
    ),
)
