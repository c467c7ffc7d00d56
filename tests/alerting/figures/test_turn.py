"""A figure and its window."""

from __future__ import annotations

from tart.alerting.figures.questions import EventCounts
from tart.alerting.figures.turn import Turn


def test_a_question_is_about_the_window_and_what_came_before():
    turn = Turn("step_failure_share", "pipeline", 100, 199, 100)
    assert turn.question(EventCounts) == EventCounts(100, 199)
    assert turn.question(EventCounts, 40) == EventCounts(60, 199)
