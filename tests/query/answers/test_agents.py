"""The types of MCP messages have the members of JSON-RPC 2.0."""

from __future__ import annotations

from tart.query.answers.agents import McpMessage, McpReply


def test_messages_have_the_members_of_json_rpc() -> None:
    assert McpMessage.__required_keys__ == {"jsonrpc", "method"}
    assert McpMessage.__optional_keys__ == {"id", "params", "result", "error"}
    assert McpReply.__required_keys__ == {"jsonrpc", "id"}
    assert McpReply.__optional_keys__ == {"result", "error"}
