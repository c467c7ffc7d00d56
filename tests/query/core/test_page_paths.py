"""``tart/query/core/page_paths.py``: paths of the web page."""

from __future__ import annotations

from tart.query.core import page_paths


def test_paths_are_hash_routes_without_their_beginning():
    assert page_paths.node_page("ab") == "nodes/ab"
    assert page_paths.slot_page(7) == "slots/7"
    assert page_paths.core_page(7) == "cores/7"
    assert page_paths.package_page("ab") == "work/ab"
    assert page_paths.event_page(7) == "events/7"
    assert page_paths.session_page(7) == "sessions/7"
    assert page_paths.events_page() == "events"
    assert page_paths.events_page(event_types="a b", slot=1) == "events?event_types=a+b&slot=1"
    assert page_paths.rule_findings_page("a b") == "conformance?rule=a%20b"
