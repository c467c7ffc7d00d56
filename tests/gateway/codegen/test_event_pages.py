"""``docs/events.md`` is generated."""

from __future__ import annotations

from tart.gateway.codegen.event_pages import FILE, event_markdown


def test_the_file_is_what_would_be_written_now() -> None:
    there = FILE.read_text()
    assert there == event_markdown(), "run python -m tart.gateway.codegen.event_pages"
