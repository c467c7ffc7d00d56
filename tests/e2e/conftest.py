"""What end-to-end tests share: running systems that were told a whole network's events."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.e2e.truth import SEVERAL, SYSTEMS, Told, system_params, told


@pytest.fixture(scope="session")
def truths(tmp_path_factory):
    """Systems by name, each started when the first test asks for it and kept for the session.

    A fixture with parameters would be torn down whenever the parameter changes: once per module.
    """
    with ExitStack() as stack:
        running: dict[str, Told] = {}

        def start(name: str) -> Told:
            if name not in running:
                shards, restarted = SYSTEMS[name]
                data = tmp_path_factory.mktemp("truth") / "data"
                running[name] = stack.enter_context(told(data, shards, restarted=restarted))
            return running[name]

        yield start


@pytest.fixture(scope="session", params=system_params(SEVERAL))
def truth(request, truths):
    """A running tart and what really happened; the same events over different shards."""
    return truths(request.param)


@pytest.fixture(scope="session")
def received(truth):
    """All events as the server has them."""
    return truth.received


@pytest.fixture(scope="session")
def packages(truth):
    """What happened to packages."""
    return truth.packages
