"""A ramp to ``TART_LOAD_USERS`` in ten equal steps of half a minute."""

import os

from locust import LoadTestShape

MOST = int(os.environ.get("TART_LOAD_USERS", "1000"))
STEPS, STEP_SECONDS = 10, 30


class Ramp(LoadTestShape):
    """Users in equal steps."""

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and the spawn rate, for locust."""
        step = int(self.get_run_time() // STEP_SECONDS) + 1
        return None if step > STEPS else (MOST * step // STEPS, max(1.0, MOST / STEP_SECONDS))
