"""Fifty times ``kill -9`` under load; ``make soak``."""

import pytest

from tests.soak.kills import run

pytestmark = [pytest.mark.soak, pytest.mark.slow]


@pytest.mark.timeout(1200)
def test_fifty_kills_at_random_moments_lose_nothing_that_was_reported(tmp_path):
    report = run(tmp_path / "data", cycles=50, seed=3)
    assert report.events
