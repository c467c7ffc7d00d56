"""``tart/gateway/api/routes/network.py``: each route has its handler."""

from tart.gateway.api.routes.network import NETWORK_ROUTES
from tart.gateway.handlers.network import NETWORK_HANDLERS


def test_each_route_has_its_handler() -> None:
    assert [route.name for route in NETWORK_ROUTES] == list(NETWORK_HANDLERS)
