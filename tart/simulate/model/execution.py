"""The costs of executing code: gas and elapsed time.

Pure. Gas is a property of the work, the same on every node; the elapsed time differs
from node to node and run to run, about a nanosecond for each unit of gas.
"""

from __future__ import annotations

from typing import Any

from tart.simulate.model.records import Block, Report
from tart.simulate.model.world import World

AUTHORIZE_GAS = 40_000
LOAD_NS = 400_000


def exec_cost(world: World, gas: int) -> dict[str, int]:
    """Return an Exec Cost with this gas."""
    return {"gas_used": gas, "elapsed_ns": int(gas * (0.6 + 0.8 * world.rng.random()))}


def authorization_cost(world: World) -> dict[str, Any]:
    """Return an Is-Authorized Cost."""
    return {
        "total": exec_cost(world, AUTHORIZE_GAS),
        "load_ns": world.between(LOAD_NS, 2 * LOAD_NS),
        "host_call": exec_cost(world, AUTHORIZE_GAS // 20),
    }


def refine_costs(world: World, report: Report) -> list[dict[str, Any]]:
    """Return a Refine Cost for each work item of the report's package."""
    return [_refine_cost(world, each.refine_gas) for each in report.items]


def _refine_cost(world: World, gas: int) -> dict[str, Any]:
    shares = {"lookup": 40, "vm": 10, "mem": 50, "invoke": 5, "other": 100}
    return {
        "total": exec_cost(world, gas),
        "load_ns": world.between(LOAD_NS, 3 * LOAD_NS),
        "host_call": {name: exec_cost(world, gas // part) for name, part in shares.items()},
    }


def accumulate_costs(world: World, block: Block) -> list[tuple[int, dict[str, Any]]]:
    """Return the accumulate costs of a block: one for each service with available work."""
    work: dict[int, list[int]] = {}
    for report in block.available:
        for item in report.items:
            work.setdefault(item.service, []).append(item.accumulate_gas)
    return [(service, _accumulate_cost(world, gas)) for service, gas in work.items()]


def _accumulate_cost(world: World, items: list[int]) -> dict[str, Any]:
    gas = sum(items)
    transfers = len(items) // 2
    shares = {"state": 10, "lookup": 60, "preimage": 80, "service": 90, "other": 70}
    calls: dict[str, Any] = {name: exec_cost(world, gas // part) for name, part in shares.items()}
    calls["transfer"] = exec_cost(world, 100 * transfers)
    calls["transfer_dest_gas"] = 10_000 * transfers
    return {
        "num_calls": 1,
        "num_transfers": transfers,
        "num_items": len(items),
        "total": exec_cost(world, gas),
        "load_ns": world.between(LOAD_NS, 3 * LOAD_NS),
        "host_call": calls,
    }
