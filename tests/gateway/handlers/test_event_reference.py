"""The reference of event types over HTTP."""

from __future__ import annotations

import pytest

from tests.gateway.running import Running

pytestmark = pytest.mark.anyio


async def test_the_reference_is_served_as_json_and_as_a_page(gateway: Running) -> None:
    reference = await gateway.json("/api/event-types")
    assert [each["number"] for each in reference["event_types"]][:2] == [0, 10]
    page = await gateway.get("/api/docs/events")
    assert page.headers["content-type"].startswith("text/html")
    assert "BlockAnnounced" in page.text
    refused = await gateway.json("/api/docs/events?type=5", 400)
    assert refused["error"]["param"] == "type"
