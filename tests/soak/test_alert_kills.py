"""210 times ``kill -9`` of the gateway, in each state of its alerts; ``make soak``."""

import pytest

from tests.soak.alert_kills import KINDS, run

pytestmark = [pytest.mark.soak, pytest.mark.slow]
ROUNDS = 7


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_kills_in_each_state_lose_no_alert_and_send_none_under_two_ids(tmp_path, seed):
    done, states = run(tmp_path / "data", KINDS * ROUNDS, seed)
    assert done.total() == ROUNDS * len(KINDS)
    assert states["delivered"] > done.total() / 2
