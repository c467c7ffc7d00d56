"""Messages of the Model Context Protocol: both generations, and what breaks their rules."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.gateway.api import mcp
from tart.gateway.api.mcp import McpError, McpRequest, Server, error_reply, read_request

VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
NEWEST = "2026-07-28"
ENVELOPE = {"_meta": {VERSION: NEWEST, CAPABILITIES: {}}}
SERVER = Server("tart", "tart", "1.0", "Read.")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def message(method: Any, params: Any = None, **more: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params, **more}


def headers(method: str, **more: str) -> dict[str, str]:
    return {"mcp-protocol-version": NEWEST, "mcp-method": method, **more}


@pytest.mark.parametrize("version", [None, *mcp.HANDSHAKE_VERSIONS])
def test_a_request_with_a_handshake_names_its_version_in_a_header_if_at_all(version):
    sent = {} if version is None else {"mcp-protocol-version": version}
    assert read_request(message("ping"), sent) == McpRequest("ping", {}, 1, "")


def test_a_request_without_a_handshake_carries_its_version():
    request = read_request(message("tools/list", ENVELOPE), headers("tools/list"))
    assert (request.version, request.stateless) == (NEWEST, True)
    params = {**ENVELOPE, "name": "nodes"}
    sent = headers("tools/call", **{"mcp-name": "nodes"})
    assert read_request(message("tools/call", params), sent).params["name"] == "nodes"


def test_a_notification_needs_no_headers():
    notification = {"jsonrpc": "2.0", "method": "notifications/x", "params": ENVELOPE}
    assert read_request(notification, {}).id is None


@pytest.mark.parametrize(
    ("sent", "with_headers", "code"),
    [
        (message("ping"), {"mcp-protocol-version": "1999-01-01"}, mcp.UNSUPPORTED_VERSION),
        (
            message("ping", {"_meta": {VERSION: "2099-01-01", CAPABILITIES: {}}}),
            {"mcp-protocol-version": "2099-01-01", "mcp-method": "ping"},
            mcp.UNSUPPORTED_VERSION,
        ),
        (message("ping", ENVELOPE), headers("tools/call"), mcp.HEADER_MISMATCH),
        (message("ping", ENVELOPE), {"mcp-method": "ping"}, mcp.HEADER_MISMATCH),
        (
            message("tools/call", {**ENVELOPE, "name": "nodes"}),
            headers("tools/call", **{"mcp-name": "sql"}),
            mcp.HEADER_MISMATCH,
        ),
        (message("ping", {"_meta": {VERSION: NEWEST}}), headers("ping"), mcp.INVALID_PARAMS),
        (message("ping"), headers("ping"), mcp.INVALID_PARAMS),
        (message("ping", [1]), {}, mcp.INVALID_PARAMS),
        (message(5), {}, mcp.INVALID_REQUEST),
        (message("ping", id=1.5), {}, mcp.INVALID_REQUEST),
        (message("ping", id=True), {}, mcp.INVALID_REQUEST),
        (message("ping", jsonrpc="1.0"), {}, mcp.INVALID_REQUEST),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused_with_its_code(sent, with_headers, code):
    with pytest.raises(McpError) as caught:
        read_request(sent, with_headers)
    assert caught.value.code == code
    status, reply = error_reply(sent, with_headers, caught.value)
    assert status == 400
    assert reply["error"]["code"] == code
    assert reply["id"] in (1, None, True)


def test_an_unsupported_version_is_answered_with_those_that_are():
    with pytest.raises(McpError) as caught:
        read_request(message("ping"), {"mcp-protocol-version": "1999-01-01"})
    assert caught.value.data["supported"] == [NEWEST, *reversed(mcp.HANDSHAKE_VERSIONS)]


@given(st.dictionaries(st.sampled_from(["jsonrpc", "id", "method", "params", "_meta"]), JSON))
def test_any_json_is_a_request_or_refused(sent):
    for body in (sent, {"jsonrpc": "2.0", **sent}):
        with suppress(McpError):
            assert read_request(body, {}).method == body["method"]


@pytest.mark.parametrize("wanted", [*mcp.HANDSHAKE_VERSIONS, NEWEST, "1.0", None])
def test_initialize_agrees_on_a_version_with_a_handshake(wanted):
    request = McpRequest("initialize", {"protocolVersion": wanted}, 1, "")
    agreed = wanted if wanted in mcp.HANDSHAKE_VERSIONS else "2025-11-25"
    assert mcp.open_session(request, SERVER)["protocolVersion"] == agreed


def test_results_without_a_handshake_are_marked_and_name_the_server():
    plain = mcp.reply(McpRequest("ping", {}, 7, ""), {}, SERVER)
    assert plain == {"jsonrpc": "2.0", "id": 7, "result": {}}
    marked = mcp.reply(McpRequest("tools/list", {}, 7, NEWEST), mcp.list_tools([]), SERVER)
    assert marked["result"]["resultType"] == "complete"
    assert marked["result"]["cacheScope"] == "private"
    assert marked["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "tart"
