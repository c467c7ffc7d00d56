"""A constant load for hours: ``TART_LOAD_USERS`` for ``TART_LOAD_SECONDS``."""

import os

from locust import LoadTestShape

MOST = int(os.environ.get("TART_LOAD_USERS", "1000"))
SECONDS = float(os.environ.get("TART_LOAD_SECONDS", "14400"))


class Soak(LoadTestShape):
    """All users for the whole time."""

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and the spawn rate, for locust."""
        return None if self.get_run_time() > SECONDS else (MOST, 50.0)
