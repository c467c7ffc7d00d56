"""``tart/query/answers/event_types.py``: the reference has the members that it declares."""

from __future__ import annotations

from tart.query.topics.event_reference import event_reference
from tests.query.answers.checking import check


def test_the_reference_has_the_declared_shape() -> None:
    check("EventTypes", event_reference())
