"""The reference of event types as a page and as a file."""

from __future__ import annotations

from tart.gateway.api.event_pages import event_page
from tart.protocol.events import EVENTS


def test_the_page_has_every_event_type_once() -> None:
    page = event_page()
    for kind in EVENTS.values():
        assert page.count(f'<h2 id="{kind.variant}">') == 1
    assert "http:" not in page
    assert "https:" not in page
