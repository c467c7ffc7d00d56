"""Networks that many tests look at; each is played once."""

from __future__ import annotations

import pytest

from tests.simulate.played import NO_DROPS, Played, play

SLOTS = 60


@pytest.fixture(scope="session")
def usual() -> Played:
    """A small network with all defaults."""
    return play(SLOTS)


@pytest.fixture(scope="session")
def told() -> Played:
    """A small network of which nothing goes untold."""
    return play(SLOTS, seed=1, rates=NO_DROPS)


@pytest.fixture(scope="session")
def larger() -> Played:
    """A network where not everybody is everybody's neighbour, or guarantor."""
    return play(24, nodes=16, cores=4, seed=2, rates=NO_DROPS)
