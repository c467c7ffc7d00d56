"""``tart/gateway/api/common.py``: the parameters that families of routes share."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.common import Hours, limit
from tart.units import HOUR_US


@pytest.mark.parametrize(
    ("text", "hours"), [("1", 1), ("24", 24), ("25", 24), ("0", 1), ("2h", 2), ("2d", 48)]
)
def test_a_number_means_hours_and_is_clamped(text: str, hours: int) -> None:
    assert Hours(24).read(text, "duration") == hours * HOUR_US


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1x", "１", "9" * 9, "999999d"])
def test_a_text_that_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(BadQuery, match="number of hours") as refused:
        Hours().read(text, "duration")
    assert refused.value.parameter == "duration"


def test_a_limit_is_clamped():
    assert [limit(50).read({"limit": text}) for text in ("0", "7", "1001")] == [1, 7, 1000]
    assert limit(50).read({}) == 50
