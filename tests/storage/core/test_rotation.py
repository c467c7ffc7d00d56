"""``tart/storage/core/rotation.py``: when events go to the other segment."""

from pathlib import Path

import pytest

from tart.storage.core.files import first_segment, other_segment, period_start
from tart.storage.core.rotation import next_segment
from tart.units import HOUR_US
from tests.storage.running import NOON

FIRST = first_segment(Path("shards"), 0, period_start(NOON, 1), 1)
SECOND = other_segment(FIRST)
OLDER = first_segment(Path("shards"), 0, period_start(NOON - HOUR_US, 1), 1)


@pytest.mark.parametrize(
    ("current", "dirty", "expected"),
    [
        pytest.param(None, set(), None, id="no segment yet"),
        pytest.param(None, {OLDER}, None, id="no segment yet, an older one dirty"),
        pytest.param(FIRST, set(), None, id="first current, none dirty"),
        pytest.param(FIRST, {FIRST}, SECOND, id="first current, first dirty"),
        pytest.param(FIRST, {SECOND}, None, id="first current, second dirty"),
        pytest.param(FIRST, {FIRST, SECOND}, None, id="first current, both dirty"),
        pytest.param(SECOND, set(), None, id="second current, none dirty"),
        pytest.param(SECOND, {FIRST}, None, id="second current, first dirty"),
        pytest.param(SECOND, {SECOND}, FIRST, id="second current, second dirty"),
        pytest.param(SECOND, {FIRST, SECOND}, None, id="second current, both dirty"),
        pytest.param(FIRST, {OLDER}, None, id="first current, only an older period dirty"),
        pytest.param(FIRST, {FIRST, OLDER}, SECOND, id="first current and an older period dirty"),
        pytest.param(SECOND, {SECOND, OLDER}, FIRST, id="second current and an older period dirty"),
    ],
)
def test_events_go_to_the_other_segment_when_only_the_current_one_is_dirty(
    current, dirty, expected
):
    assert next_segment(current, dirty) == expected
