"""What running code costs: gas as the code wants it, time as the node at hand needs it.

Pure. Gas is a property of the work, the same on every node; the elapsed time differs
from node to node and run to run, about a nanosecond for each unit of gas.
"""

from __future__ import annotations

from typing import Any

from tart.simulate.model.records import Block, Report
from tart.simulate.model.world import Stage

AUTHORIZE_GAS = 40_000
LOAD_NS = 400_000


def exec_cost(stage: Stage, gas: int) -> dict[str, int]:
    """An Exec Cost of so much gas."""
    return {"gas_used": gas, "elapsed_ns": int(gas * (0.6 + 0.8 * stage.rng.random()))}


def authorization_cost(stage: Stage) -> dict[str, Any]:
    """An Is-Authorized Cost."""
    return {
        "total": exec_cost(stage, AUTHORIZE_GAS),
        "load_ns": stage.between(LOAD_NS, 2 * LOAD_NS),
        "host_call": exec_cost(stage, AUTHORIZE_GAS // 20),
    }


def refine_costs(stage: Stage, report: Report) -> list[dict[str, Any]]:
    """A Refine Cost for each work item of the report's package."""
    return [_refine_cost(stage, each.refine_gas) for each in report.items]


def _refine_cost(stage: Stage, gas: int) -> dict[str, Any]:
    shares = {"lookup": 40, "vm": 10, "mem": 50, "invoke": 5, "other": 100}
    return {
        "total": exec_cost(stage, gas),
        "load_ns": stage.between(LOAD_NS, 3 * LOAD_NS),
        "host_call": {name: exec_cost(stage, gas // part) for name, part in shares.items()},
    }


def accumulate_costs(stage: Stage, block: Block) -> list[tuple[int, dict[str, Any]]]:
    """The accumulate costs of a block: one for each service that had work available."""
    work: dict[int, list[int]] = {}
    for report in block.available:
        for item in report.items:
            work.setdefault(item.service, []).append(item.accumulate_gas)
    return [(service, _accumulate_cost(stage, gas)) for service, gas in work.items()]


def _accumulate_cost(stage: Stage, items: list[int]) -> dict[str, Any]:
    gas = sum(items)
    transfers = len(items) // 2
    shares = {"state": 10, "lookup": 60, "preimage": 80, "service": 90, "other": 70}
    calls: dict[str, Any] = {name: exec_cost(stage, gas // part) for name, part in shares.items()}
    calls["transfer"] = exec_cost(stage, 100 * transfers)
    calls["transfer_dest_gas"] = 10_000 * transfers
    return {
        "num_calls": 1,
        "num_transfers": transfers,
        "num_items": len(items),
        "total": exec_cost(stage, gas),
        "load_ns": stage.between(LOAD_NS, 3 * LOAD_NS),
        "host_call": calls,
    }
