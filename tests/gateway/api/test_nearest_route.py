"""What a request that no route serves is told."""

from __future__ import annotations

import pytest

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.nearest_route import unknown_path, wrong_method

PATHS = [route.path for route in ROUTES]


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/api/event", "/api/events"),
        ("/api/node/abcd/status", "/api/nodes/{id}/status"),
        ("/api/slot/7", "/api/slots/{slot}"),
        ("/metric", "/metrics"),
    ],
)
def test_an_unknown_path_gets_the_nearest_one(path: str, template: str) -> None:
    assert unknown_path(path, PATHS) == (
        f"there is no route {path}; did you mean {template}? /api/docs lists all routes"
    )


def test_a_path_like_no_other_gets_the_list() -> None:
    assert unknown_path("/xyzzy", PATHS) == "there is no route /xyzzy; /api/docs lists all routes"


def test_a_wrong_method_gets_the_right_ones() -> None:
    assert wrong_method("POST", "/api/stats", ["HEAD", "GET"]) == (
        "/api/stats takes GET, HEAD, not POST; /api/docs describes all routes"
    )
