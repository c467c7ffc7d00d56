"""``tart/cli/server_api.py``: the generated methods over the command line's HTTP client."""

from __future__ import annotations

from typing import Any

import pytest

from tart.cli.http_client import Server
from tart.cli.server_api import ServerApi


class Recorded(Server):
    """A server that answers with what it was asked for."""

    def __init__(self) -> None:
        self.url = "http://tart"

    def get(self, path: str, *, accept: tuple[int, ...] = ()) -> Any:
        return {"path": path, "accept": accept}


def test_parameters_are_in_the_query_and_those_left_out_are_not() -> None:
    api = ServerApi(Recorded())
    assert api.health() == {"path": "/api/health", "accept": ()}
    asked: Any = api.failures(start="2026-11-20T12:00:00+00:00", limit=5)
    assert asked["path"] == "/api/failures?start=2026-11-20T12%3A00%3A00%2B00%3A00&limit=5"
    detailed: Any = api.detailed_health()
    assert detailed == {"path": "/api/health/detailed", "accept": (503,)}


def test_text_and_changes_are_for_the_client_with_httpx() -> None:
    api = ServerApi(Recorded())
    with pytest.raises(NotImplementedError):
        api.metrics()
    with pytest.raises(NotImplementedError):
        api.end_silence("1")
