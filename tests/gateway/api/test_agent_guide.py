"""The guides for AI agents are generated from the tools."""

from __future__ import annotations

from tart.gateway.api.agent_guide import INSTRUCTIONS, llms_text, skill_text
from tart.gateway.api.agent_tools import TOOLS
from tart.gateway.api.contract import ROUTES

VIEWS = [view for tool in TOOLS for view in tool.views]


def test_the_guides_name_only_routes_that_exist_and_every_tool():
    paths = {route.path for route in ROUTES}
    for text in (llms_text(), skill_text("https://tart.example/")):
        named = [line.split("`")[1] for line in text.splitlines() if line.startswith("- `")]
        assert len(named) == len(VIEWS)
        assert {name.removeprefix("POST ").partition("?")[0] for name in named} <= paths
        assert all(tool.description in text for tool in TOOLS)
    assert "https://tart.example/api/stats" not in skill_text("https://tart.example/")
    assert "Server: https://tart.example\n" in skill_text("https://tart.example/")
    assert len(INSTRUCTIONS) < 2000
