"""``tart/gateway/api/routes/server.py``: routes that need neither keys nor shards."""

from tart.access.roles import Role
from tart.gateway.api.routes.server import SERVER_ROUTES


def test_documentation_and_health_need_no_key() -> None:
    public = {route.name for route in SERVER_ROUTES if route.role is Role.ANYONE}
    documents = {"openapi", "openapi_below_docs", "docs", "event_types", "event_page"}
    assert public == {"health", *documents}
