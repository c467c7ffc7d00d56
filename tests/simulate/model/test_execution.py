from __future__ import annotations

from tart.protocol.types import ACCUMULATED_SERVICE, IS_AUTHORIZED_COST, REFINE_COST
from tart.simulate.model.execution import accumulate_costs, authorization_cost, refine_costs
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.records import Block, Report, WorkItem
from tart.simulate.model.world import SLOT, World

STAGE = World(3, 1, seed=0, start=100 * SLOT, speed=1.0, rates=Rates(), protocol=1)


def report(*items: WorkItem) -> Report:
    return Report(1, 0, *[bytes(32)] * 4, bundle_size=1, items=items, exported_segments=0)


def test_costs_can_be_encoded():
    one = report(WorkItem(1, 1_000_000, 500))
    block = Block(1, 1, bytes(32), bytes(32), 0, available=(one,))
    IS_AUTHORIZED_COST.write(authorization_cost(STAGE), bytearray())
    REFINE_COST.write(refine_costs(STAGE, one)[0], bytearray())
    ACCUMULATED_SERVICE.write(accumulate_costs(STAGE, block)[0], bytearray())


def test_accumulation_adds_up_the_items_of_a_service():
    reports = (report(WorkItem(1, 9, 500), WorkItem(2, 9, 70)), report(WorkItem(1, 9, 30)))
    block = Block(1, 1, bytes(32), bytes(32), 0, available=reports)
    costs = dict(accumulate_costs(STAGE, block))
    assert {service: cost["num_items"] for service, cost in costs.items()} == {1: 2, 2: 1}
    assert costs[1]["total"]["gas_used"] == 530


def test_refining_takes_about_a_nanosecond_per_gas():
    (cost,) = refine_costs(STAGE, report(WorkItem(1, 100_000_000, 1)))
    assert cost["total"]["gas_used"] == 100_000_000
    assert 60_000_000 <= cost["total"]["elapsed_ns"] < 140_000_000
