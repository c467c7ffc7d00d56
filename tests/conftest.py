"""What holds for every test.

How long an example takes says nothing, on a busy machine. And what a command sets up of
logging in the test's own process ends with the test.
"""

from __future__ import annotations

import logging

import pytest
from hypothesis import settings

settings.register_profile("tart", deadline=None)
settings.load_profile("tart")


@pytest.fixture(autouse=True)
def _logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"
