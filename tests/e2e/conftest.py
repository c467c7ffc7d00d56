"""What end-to-end tests share: running systems that were told a whole network's events."""

from __future__ import annotations

import pytest

from tests.e2e.truth import told

# Shards, and whether the system was stopped and started again since.
_SYSTEMS = {"1 shard": (1, False), "2 shards": (2, False), "5 shards, restarted": (5, True)}


# One shard, and five that were restarted, in every run; the middle for `make soak`.
_PARAMS = [
    pytest.param(name, marks=[pytest.mark.soak] if name == "2 shards" else []) for name in _SYSTEMS
]


@pytest.fixture(scope="session", params=_PARAMS, ids=list(_SYSTEMS))
def truth(request, tmp_path_factory):
    """A running tart and what really happened; the same events over different shards."""
    shards, restarted = _SYSTEMS[request.param]
    with told(tmp_path_factory.mktemp("truth") / "data", shards, restarted=restarted) as system:
        yield system
