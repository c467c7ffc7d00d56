"""How long to fuzz: a few examples with every test run, ``FUZZ_SECONDS`` of each fuzzer else.

A fuzzer is marked ``fuzz``. ``make test`` runs it with the examples it calls enough to see
that it works; ``make fuzz`` sets the seconds, and each fuzzer goes on until they are over.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from random import Random

from hypothesis import HealthCheck, Phase, settings

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
# What a test may take beside its seconds.
TIMEOUT = 300 + 3 * SECONDS


def rounds() -> Iterator[int]:
    """Once; and again until the seconds are over. Numbers to make random choices from."""
    deadline = time.monotonic() + SECONDS
    random = Random(0) if not SECONDS else Random()
    yield random.getrandbits(32)
    while time.monotonic() < deadline:
        yield random.getrandbits(32)


def examples(count: int, **more: object) -> settings:
    """Settings of a property that is tried so often in each round."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        # Explaining a failure takes as long as finding it.
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        **more,  # type: ignore[arg-type]
    )
