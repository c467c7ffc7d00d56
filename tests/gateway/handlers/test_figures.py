"""The catalogue of figures over HTTP."""

from __future__ import annotations

import pytest

from tests.gateway.running import Running

pytestmark = pytest.mark.anyio


async def test_the_catalogue_is_served_as_json_and_as_a_page(gateway: Running) -> None:
    catalogue = await gateway.json("/api/alerts/figures")
    assert "finality_lag_slots" in [figure["name"] for figure in catalogue["figures"]]
    page = await gateway.get("/api/docs/figures")
    assert page.headers["content-type"].startswith("text/html")
    assert "NodeSilent" in page.text
