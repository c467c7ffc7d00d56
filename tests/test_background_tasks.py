"""``tart/background_tasks.py``: a turn that fails is counted and told, and the next one comes."""

from __future__ import annotations

import logging

import pytest

from tart.background_tasks import RECENT_SECONDS, Background, first_delay


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_failed_turn_is_counted_and_the_next_one_runs(caplog) -> None:
    clock = Clock()
    background, done = Background(clock), 0
    with caplog.at_level(logging.ERROR):
        for turn in range(100):
            with background.guard("retention"):
                if turn % 2:
                    raise ValueError("x" * 1_000)
                done += 1
    assert done == background.failures["retention"] == 50
    assert len(caplog.records) == 6  # the first, the second, the fourth, … the 32nd
    assert "retention" in caplog.records[0].getMessage()
    assert len(caplog.records[0].getMessage()) < 500
    assert background.recent()["retention"].startswith("ValueError: xxx")
    clock.now += RECENT_SECONDS + 1
    assert background.recent() == {}
    assert background.failures["retention"] == 50


@pytest.mark.parametrize(
    ("count", "delays"), [(1, [30.0]), (2, [15.0, 30.0]), (3, [10.0, 20.0, 30.0])]
)
def test_the_first_turns_of_shards_are_spread_over_the_interval(count, delays):
    assert [first_delay(30.0, shard, count) for shard in range(count)] == delays
