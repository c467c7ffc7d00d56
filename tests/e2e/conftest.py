"""What end-to-end tests share: running systems that were told a whole network's events."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.e2e.truth import Told, told

# Shards, and whether the system was stopped and started again since.
_SYSTEMS = {
    "1 shard": (1, False),
    "2 shards": (2, False),
    "3 shards, restarted": (3, True),
    "5 shards, restarted": (5, True),
}
# The others are for `make soak`: a request to five shards costs twice what one to three does.
_IN_EVERY_RUN = {"1 shard", "3 shards, restarted"}
_PARAMS = [
    pytest.param(name, marks=[] if name in _IN_EVERY_RUN else [pytest.mark.soak])
    for name in _SYSTEMS
]


@pytest.fixture(scope="session")
def truths(tmp_path_factory):
    """Systems by name, each started when the first test asks for it and kept for the session.

    A fixture with parameters would be torn down whenever the parameter changes: once per module.
    """
    with ExitStack() as stack:
        running: dict[str, Told] = {}

        def start(name: str) -> Told:
            if name not in running:
                shards, restarted = _SYSTEMS[name]
                data = tmp_path_factory.mktemp("truth") / "data"
                running[name] = stack.enter_context(told(data, shards, restarted=restarted))
            return running[name]

        yield start


@pytest.fixture(scope="session", params=_PARAMS, ids=list(_SYSTEMS))
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
