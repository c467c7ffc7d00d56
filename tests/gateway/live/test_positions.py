"""``tart/gateway/live/positions.py``: what a client sends back to resume."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.gateway.live.positions import Position, sse
from tart.query.core.event_ids import event_api_id

POSITIONS = st.builds(
    Position,
    st.integers(0, 1 << 60),
    st.dictionaries(st.integers(0, 255), st.integers(0, 1 << 44), min_size=1, max_size=5).map(
        lambda ids: {key: event_api_id(key, number) for key, number in ids.items()}
    ),
)


@given(POSITIONS)
def test_a_position_reads_as_it_is_written(position: Position) -> None:
    assert Position.read(str(position)) == position


@given(st.text(max_size=60))
def test_any_text_is_a_position_or_a_bad_query(text: str) -> None:
    with suppress(BadQuery):
        assert isinstance(Position.read(text), int | Position)


def test_a_position_moves_in_one_directory_and_its_copy_does_not() -> None:
    position = Position(7, {0: event_api_id(0, 5)})
    copied = position.copy()
    position.move(event_api_id(1, 2))
    assert position.has(event_api_id(1, 2))
    assert not position.has(event_api_id(1, 3))
    assert copied == Position(7, {0: event_api_id(0, 5)})
    assert sse("event", b"{}", str(copied)) == b"id: 7.1280\nevent: event\ndata: {}\n\n"
    assert sse("lagged", b"{}") == b"event: lagged\ndata: {}\n\n"
