"""Ever more users until ``TART_LOAD_USERS``, in ten equal steps of half a minute."""

import os

from locust import LoadTestShape

MOST = int(os.environ.get("TART_LOAD_USERS", "1000"))
STEPS, STEP_SECONDS = 10, 30


class Ramp(LoadTestShape):
    """One step after the other."""

    def tick(self) -> tuple[int, float] | None:
        """Locust: how many users, and how many more a second."""
        step = int(self.get_run_time() // STEP_SECONDS) + 1
        return None if step > STEPS else (MOST * step // STEPS, max(1.0, MOST / STEP_SECONDS))
