"""The reference of event types as a page and as a file."""

from __future__ import annotations

from tart.gateway.api.event_pages import event_markdown, event_page
from tart.protocol.events import EVENTS


def test_the_page_has_every_event_type_once() -> None:
    page = event_page()
    for kind in EVENTS.values():
        assert page.count(f'<h2 id="{kind.variant}">') == 1
    assert "http:" not in page
    assert "https:" not in page


def test_the_file_has_every_event_type_once_with_tables_of_three_columns() -> None:
    lines = event_markdown().splitlines()
    for kind in EVENTS.values():
        assert lines.count(f"## {kind.number} {kind.variant}") == 1
    fields = [line for line in lines[: lines.index("## Groups")] if line.startswith("| `")]
    assert fields
    assert {line.replace("\\|", "").count("|") for line in fields} == {4}
    assert "In protocol version 0:" in lines
