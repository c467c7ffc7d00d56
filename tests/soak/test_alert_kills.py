"""Two hundred times ``kill -9`` of the gateway, in each state of its alerts; ``make soak``."""

import pytest

from tests.soak.alert_kills import KINDS, run

pytestmark = [pytest.mark.soak, pytest.mark.slow]


@pytest.mark.timeout(3600)
def test_two_hundred_kills_lose_no_alert_and_send_none_under_two_ids(tmp_path):
    done, states = run(tmp_path / "data", KINDS * 20, seed=11)
    assert done.total() == 200
    assert states["delivered"] > 50
