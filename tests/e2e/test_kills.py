"""Killed a few times under load; ``tests/soak`` does it more often."""

import pytest

from tests.soak.kills import run

pytestmark = pytest.mark.slow


def test_what_was_reported_as_committed_is_there_once_after_each_kill(tmp_path):
    assert run(tmp_path / "data", cycles=3, seed=1).events
