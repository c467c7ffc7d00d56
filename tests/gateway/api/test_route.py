"""``tart/gateway/api/route.py``: reading what a route declares; ``test_contract`` has the rest."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.parameters import Integer, Parameter
from tart.gateway.api.route import Route

ROUTE = Route(
    "one",
    "/one/{id}",
    "One",
    parameters=(
        Parameter("id", Integer(0, 9), "Which.", where="path"),
        Parameter("size", Integer(0, 9), "How large.", "3", aliases=("n",)),
    ),
)


def test_values_come_from_the_query_the_path_and_defaults() -> None:
    assert ROUTE.read("", {"id": "4"}) == {"id": 4, "size": 3}
    assert ROUTE.read("n=5&bytes=hex", {"id": "4"}) == {"id": 4, "size": 5}


def test_an_unknown_parameter_name_is_refused() -> None:
    with pytest.raises(BadQuery, match=r"/one/\{id\} has no sizes; did you mean size\?") as refused:
        ROUTE.read("sizes=5", {"id": "4"})
    assert refused.value.parameter == "sizes"
    assert ROUTE.query_names == ("size", "n", "bytes", "int64")


def test_an_invalid_value_is_refused_with_its_parameter() -> None:
    with pytest.raises(BadQuery) as refused:
        ROUTE.read("size=x", {"id": "4"})
    assert refused.value.parameter == "size"


def test_the_default_method_of_a_route_is_get() -> None:
    assert (ROUTE.method, ROUTE.body, ROUTE.success) == ("GET", None, 200)
