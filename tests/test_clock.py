"""The present by the server's clock."""

import time

from tart.clock import unix_us


def test_the_present_is_in_unix_microseconds():
    before = time.time()
    assert before - 0.001 <= unix_us() / 1e6 <= time.time() + 0.001
