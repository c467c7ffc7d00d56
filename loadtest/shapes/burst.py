"""A tenth of ``TART_LOAD_USERS``, and every minute all of them for ten seconds; five times."""

import os

from locust import LoadTestShape

MOST = int(os.environ.get("TART_LOAD_USERS", "1000"))
MINUTES, BURST_SECONDS = 5, 10


class Burst(LoadTestShape):
    """Few users, and all users for a short time of every minute."""

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and the spawn rate, for locust."""
        minute, second = divmod(self.get_run_time(), 60)
        if minute >= MINUTES:
            return None
        return MOST if second < BURST_SECONDS else max(1, MOST // 10), MOST / 2
