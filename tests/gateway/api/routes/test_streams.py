"""``tart/gateway/api/routes/streams.py``: parameters as one live filter."""

from __future__ import annotations

from typing import Any

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.streams import STREAM_ROUTES, FilterText, filter_of, websocket_filter
from tart.protocol.events import GROUPS
from tart.query.core.filters import parse

BY_NAME = {route.name: route for route in STREAM_ROUTES}
NODE = "AB" * 32
CORE = {"type": "Core", "core": 3}


def read(query: str) -> dict[str, Any]:
    return filter_of(BY_NAME["event_stream"].read(query, {}))


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("", {"type": "All"}),
        (f"node_id={NODE}", {"type": "Node", "node_id": NODE.lower()}),
        ("event_type=42", {"type": "EventType", "event_type": 42}),
        ("event_types=42,Status", {"type": "EventType", "event_type": [10, 42]}),
        (
            "event_types=42,Status&exclude_types=status",
            {"type": "EventType", "event_type": 42},
        ),
        ("group=Wp-Pipeline", {"type": "Group", "group": "wp_pipeline"}),
        ("start=authoring&end=Authored", {"type": "EventTypeRange", "start": 40, "end": 42}),
        ("start=40", {"type": "EventTypeRange", "start": 40, "end": 255}),
        ("end=0", {"type": "EventTypeRange", "start": 0, "end": 0}),
        (f"group={GROUPS[0]}", {"type": "Group", "group": GROUPS[0]}),
        ("slot=0", {"type": "Slot", "slot": 0}),
        ("core=3", CORE),
        (f"wp_hash=0x{NODE}", {"type": "Hash", "hash": NODE.lower()}),
        ('filter={"type":"Core","core":3}', CORE),
        ("core=3&slot=1", {"type": "Both", "filters": [{"type": "Slot", "slot": 1}, CORE]}),
    ],
)
def test_stream_parameters_become_one_filter(query: str, document: dict[str, Any]) -> None:
    assert read(query) == document
    parse(document)


def test_event_types_of_which_none_is_left_are_refused() -> None:
    with pytest.raises(BadQuery) as refused:
        read("event_types=42&exclude_types=40-50")
    assert refused.value.parameter == "exclude_types"


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(BadQuery) as refused:
        read("start=Authored&end=11")
    assert refused.value.parameter == "end"


def test_a_websocket_starts_with_the_filter_of_its_url_or_without_one() -> None:
    route = BY_NAME["event_stream"]
    assert websocket_filter(route.read("slot=1", {})) == {"type": "Slot", "slot": 1}
    assert websocket_filter(route.read("subscribe=none&slot=1", {})) is None
    assert websocket_filter(BY_NAME["websocket"].read("", {})) == {"type": "All"}
    with pytest.raises(BadQuery) as refused:
        websocket_filter(route.read("last_event_id=5", {}))
    assert refused.value.parameter == "last_event_id"


@pytest.mark.parametrize("text", ["", "{", "1", "[]", '{"type":"No"}', '{"type":"Node"}'])
def test_an_invalid_stream_filter_is_refused(text: str) -> None:
    with pytest.raises(BadQuery):
        FilterText().read(text, "filter")


def test_all_streams_accept_the_key_in_the_url() -> None:
    assert all(route.token for route in STREAM_ROUTES)
