"""``tart/gateway/api/routes/grafana.py``: the routes."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.grafana import GRAFANA_ROUTES
from tart.gateway.handlers.grafana import GRAFANA_HANDLERS
from tart.gateway.handlers.grafana_network import GRAFANA_NETWORK_HANDLERS
from tart.gateway.handlers.grafana_nodes import GRAFANA_NODE_HANDLERS

BY_NAME = {route.name: route for route in GRAFANA_ROUTES}
HANDLERS = {**GRAFANA_HANDLERS, **GRAFANA_NETWORK_HANDLERS, **GRAFANA_NODE_HANDLERS}
WINDOW = "start=2026-11-20T12:00:00Z&end=2026-11-20T13:00:00Z"


def test_every_route_has_a_handler() -> None:
    assert BY_NAME.keys() == HANDLERS.keys()


def test_only_blocks_events_converge() -> None:
    route = BY_NAME["grafana_blocks_convergence"]
    for text, number in (("43", 43), ("bestblockchanged", 11), ("40", 40), ("Authored", 42)):
        assert route.read(f"{WINDOW}&event_type={text}", {})["event_type"] == number
    with pytest.raises(BadQuery, match=r"BestBlockChanged \(11\), .* or Authored \(42\)"):
        route.read(f"{WINDOW}&event_type=44", {})
    with pytest.raises(BadQuery, match="did you mean FinalizedBlockChanged"):
        route.read(f"{WINDOW}&event_type=FinalisedBlockChanged", {})


def test_events_are_of_one_node_and_a_known_hash() -> None:
    route = BY_NAME["grafana_events"]
    values = route.read(f"{WINDOW}&limit=9999&wp_hash=0x{'AB' * 32}", {})
    assert (values["limit"], values["wp_hash"]) == (2000, "ab" * 32)
    nodes = ",".join(byte * 32 for byte in ("aa", "bb"))
    for query, parameter in ((f"node={nodes}", "node"), ("wp_hash=xyz", "wp_hash")):
        with pytest.raises(BadQuery) as refused:
            route.read(f"{WINDOW}&{query}", {})
        assert refused.value.parameter == parameter
