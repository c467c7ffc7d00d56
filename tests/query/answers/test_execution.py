"""``tart/query/answers/execution.py``: figures have the members and values that it declares."""

from __future__ import annotations

from tart.protocol.events import EventKind
from tart.query.topics.execution import execution
from tests.gateway.fake_shard import event
from tests.query.answers.checking import check
from tests.query.topics.test_execution import block, cost

COST = {"total": {"gas_used": 1, "elapsed_ns": 2}}
AUTHORIZED = event(0, 2, number=EventKind.AUTHORIZED, variant="Authorized", fields={"cost": COST})


def test_execution() -> None:
    check("Execution", execution([], [], [], {}, []))
    counts = {EventKind.REFINED: 1}
    body = execution([cost(service=None)], [cost()], [block(1)], counts, [AUTHORIZED])
    check("Execution", body)
