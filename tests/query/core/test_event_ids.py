"""``tart/query/core/event_ids.py``: ids of events."""

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.event_ids import event_api_id, event_identity


@given(st.integers(0, 255), st.integers(0, (1 << 45) - 1))
def test_an_api_id_is_directory_and_sequence_and_exact_in_javascript(
    directory: int, sequence: int
) -> None:
    api_id = event_api_id(directory, sequence)
    assert event_identity(api_id) == (directory, sequence)
    assert api_id < 1 << 53
