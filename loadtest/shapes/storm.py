"""A reconnect storm: all of ``TART_LOAD_USERS`` disconnect and reconnect every ten seconds."""

import os

from locust import LoadTestShape

MOST = int(os.environ.get("TART_LOAD_USERS", "1000"))
SECONDS, PERIOD_SECONDS = 120, 10


class Storm(LoadTestShape):
    """All users and one user in turn."""

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and the spawn rate, for locust."""
        run_time = self.get_run_time()
        if run_time > SECONDS:
            return None
        connected = run_time % PERIOD_SECONDS < PERIOD_SECONDS - 2
        return MOST if connected else 1, float(MOST)
