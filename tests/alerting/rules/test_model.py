"""The model of rules."""

from __future__ import annotations

from tart.alerting.rules.model import Channel, FigureCondition, Secret


def test_a_condition_holds_beyond_its_threshold_only():
    above, below = FigureCondition("x", above=5), FigureCondition("x", below=5)
    assert [above.holds(value) for value in (4, 5, 6)] == [False, False, True]
    assert [below.holds(value) for value in (4, 5, 6)] == [True, False, False]


def test_a_secret_is_not_shown():
    secret = Secret("value", "hunter2")
    channel = Channel("ops", "slack", secrets={"url": secret})
    assert "hunter2" not in repr(secret) + repr(channel)
