"""A reconnect storm: all of ``TART_LOAD_USERS`` leave and come again, every ten seconds."""

import os

from locust import LoadTestShape

MOST = int(os.environ.get("TART_LOAD_USERS", "1000"))
SECONDS, PERIOD_SECONDS = 120, 10


class Storm(LoadTestShape):
    """Nobody, everybody, nobody."""

    def tick(self) -> tuple[int, float] | None:
        """Locust: how many users, and how many more a second."""
        at = self.get_run_time()
        if at > SECONDS:
            return None
        there = at % PERIOD_SECONDS < PERIOD_SECONDS - 2
        return MOST if there else 1, float(MOST)
