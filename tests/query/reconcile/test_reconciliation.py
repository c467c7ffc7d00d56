"""``tart/query/reconcile/reconciliation.py``: nodes, validators and evidence of a window."""

from __future__ import annotations

from tart.query.reconcile.reconciliation import active_nodes, active_validators, reconcile
from tests.query.reconcile.world import EPOCH, FIRST, NODES, World

E = FIRST // EPOCH


def test_every_validator_and_node_of_an_honest_network_is_active() -> None:
    inputs = World().inputs()
    result = reconcile(inputs)
    assert result.findings == []
    active = active_nodes(inputs.view, inputs.claims, result.matrices)
    for epoch in {inputs.view.epoch(block) for block in inputs.view.compared}:
        assert active_validators(inputs.view, epoch) == [0, 1, 2, 3, 4, 5]
        assert result.without_telemetry(epoch) == []
        assert active[epoch] <= {*NODES}
    assert active[E + 1] == {*NODES}


def test_an_epoch_without_blocks_has_no_active_validators() -> None:
    assert active_validators(World().inputs().view, E + 1000) == []
