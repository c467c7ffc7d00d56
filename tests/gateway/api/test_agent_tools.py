"""The tools for AI agents are groups of declared routes."""

from __future__ import annotations

import json

import pytest

from tart.access.roles import Role
from tart.errors import BadQuery, Forbidden
from tart.gateway.api.agent_tools import TOOLS, TOOLS_BY_NAME, describe_tools
from tests.cases import all_cases

ALL_VIEWS = [(tool, view) for tool in TOOLS for view in tool.views]
VALUES = {"id": "ab" * 32, "hash": "cd" * 32, "slot": 7, "core_index": 1, "fingerprint": "ab" * 8}


@all_cases(("tool", "view"), ALL_VIEWS, ids=lambda value: getattr(value, "name", value))
def test_every_view_calls_a_route_that_only_reads(tool, view):
    route = tool.routes(Role.ADMIN)[view]
    assert route.method == "GET" or route.name == "sql"
    arguments = {"view": view} if len(tool.views) > 1 else {}
    arguments |= {name: "SELECT 1" for name, _, _ in tool.body}
    for parameter in route.parameters:
        if parameter.where == "path":
            value = 5 if route.name in ("event", "trace") else VALUES[parameter.name]
            arguments[parameter.name] = value
    schema = tool.input_schema(Role.ADMIN)
    assert arguments.keys() <= schema["properties"].keys()
    assert set(schema.get("required", ())) <= arguments.keys()
    called = tool.call(arguments, Role.ADMIN)
    assert called.route is route
    values = route.read(called.query, called.path)
    assert values.keys() == {parameter.name for parameter in route.parameters}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_tools_are_listed_within_the_role(role):
    names = {tool["name"] for tool in describe_tools(role)}
    assert names == set(TOOLS_BY_NAME) - ({"sql"} if role is Role.VIEWER else set())


def test_all_tools_together_cost_few_tokens():
    """About four bytes make a token; a list of all routes would be ten times as long."""
    assert len(json.dumps(describe_tools(Role.ADMIN))) < 32_000


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("nodes", {"view": "lists"}, "view must be one of list"),
        ("nodes", {"view": ["list"]}, "view must be one of list"),
        ("nodes", {"view": "one"}, "view one needs id"),
        ("nodes", {"view": "one", "id": "xyz"}, "id must be"),
        ("nodes", {"view": "list", "limit": 3}, "limit belongs to the views top_senders, timeline"),
        ("nodes", {"view": "list", "name": "x"}, "nodes with view list has no name"),
        ("metrics", {"duraton": "1h"}, "did you mean duration"),
        ("metrics", {"duration": {"hours": 1}}, "duration must be text, a number"),
        ("events", {"limit": 1.5}, "limit must be text, a number"),
    ],
)
def test_a_wrong_argument_is_refused_by_a_sentence_that_names_it(name, arguments, message):
    def read() -> None:
        called = TOOLS_BY_NAME[name].call(arguments, Role.ADMIN)
        called.route.read(called.query, called.path)

    with pytest.raises(BadQuery, match=message):
        read()


@pytest.mark.parametrize(
    ("name", "arguments", "route"),
    [
        ("nodes", {}, "nodes"),
        ("nodes", {"id": "ab" * 32}, "node"),
        ("nodes", {"limit": 5}, "top_nodes"),
        ("nodes", {"id": "ab" * 32, "limit": 5}, "node_timeline"),
        ("slot", {"slot": 7}, "slot"),
        ("slot", {"duration": "1h"}, "blocks"),
        ("cores", {"core_index": 1}, "core_metrics"),
    ],
)
def test_without_a_view_the_arguments_choose_it(name, arguments, route):
    assert TOOLS_BY_NAME[name].call(arguments, Role.VIEWER).route.name == route


def test_a_tool_beyond_the_role_is_forbidden():
    with pytest.raises(Forbidden, match="sql needs a key with the role operator"):
        TOOLS_BY_NAME["sql"].call({"query": "SELECT 1"}, Role.VIEWER)


def test_json_values_become_the_texts_of_parameters():
    called = TOOLS_BY_NAME["events"].call(
        {"event_types": [42, 43], "limit": 3.0, "slot": 7, "cursor": None}, Role.VIEWER
    )
    assert called.query == "event_types=42%2C43&slot=7&limit=3"
    assert TOOLS_BY_NAME["events"].call({}, Role.VIEWER).query == "limit=10"
    called = TOOLS_BY_NAME["slot"].call({"slot": 9, "include_events": True}, Role.VIEWER)
    assert (called.path, called.query) == ({"slot": "9"}, "include_events=true&limit=10")
