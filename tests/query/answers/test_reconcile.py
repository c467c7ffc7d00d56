"""``tart/query/answers/reconcile.py``: figures have the members and values it declares."""

from __future__ import annotations

from tests.query.answers.checking import check
from tests.query.reconcile.test_comparison import answer
from tests.query.reconcile.world import FIRST, NODES, World, invented


def test_telemetry_against_the_chain() -> None:
    check("Reconcile", answer(World()))
    world = World()
    del world.authored[FIRST + 40]
    world.packages.append(invented(FIRST + 30, NODES[4]))
    check("Reconcile", answer(world))
