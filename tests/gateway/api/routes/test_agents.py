"""The routes for AI agents only read, and the guide is public."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.routes.agents import AGENT_ROUTES


def test_tools_need_a_viewer_and_the_guide_nothing() -> None:
    roles = {route.path: (route.method, route.role) for route in AGENT_ROUTES}
    assert roles == {"/mcp": ("POST", Role.VIEWER), "/llms.txt": ("GET", Role.ANYONE)}
