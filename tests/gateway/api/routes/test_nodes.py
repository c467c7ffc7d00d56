"""``tart/gateway/api/routes/nodes.py``: routes of nodes."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.nodes import NODE_ROUTES, Categories
from tart.gateway.handlers.nodes import NODE_HANDLERS
from tart.query.topics.node_activity import CATEGORIES

BY_NAME = {route.name: route for route in NODE_ROUTES}


def test_every_route_has_a_handler() -> None:
    assert BY_NAME.keys() == NODE_HANDLERS.keys()


@pytest.mark.parametrize("text", [*CATEGORIES, ",".join(CATEGORIES)])
def test_categories_are_read(text: str) -> None:
    assert Categories().read(text, "categories") == text.split(",")


@pytest.mark.parametrize("text", ["", "Status", "status,", "status;other"])
def test_an_unknown_category_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(BadQuery) as refused:
        Categories().read(text, "categories")
    assert refused.value.parameter == "categories"
    assert all(each in str(refused.value) for each in CATEGORIES)
