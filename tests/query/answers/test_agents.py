"""The types of MCP messages have the members of JSON-RPC 2.0."""

from __future__ import annotations

from msgspec.json import schema_components

from tart.query.answers.agents import McpMessage, McpReply


def test_messages_have_the_members_of_json_rpc() -> None:
    _, schemas = schema_components([McpMessage, McpReply])
    assert schemas["McpMessage"]["properties"].keys() == {
        *("jsonrpc", "id", "method", "params", "result", "error"),
    }
    assert set(schemas["McpMessage"]["required"]) == {"jsonrpc", "method"}
    assert schemas["McpReply"]["properties"].keys() == {"jsonrpc", "id", "result", "error"}
    assert set(schemas["McpReply"]["required"]) == {"jsonrpc", "id"}
