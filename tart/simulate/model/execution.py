"""The costs of executing code: gas and elapsed time.

Pure. Gas is a property of the work, the same on every node; the elapsed time differs
from node to node and run to run, about a nanosecond for each unit of gas.
"""

from __future__ import annotations

import random
from typing import Any, Protocol

from tart.simulate.model.records import Block, Report


class Chance(Protocol):
    """A source of randomness; a ``World`` is one."""

    rng: random.Random

    def between(self, low: int, high: int) -> int:
        """Return a random number of microseconds from ``low`` to below ``high``."""


AUTHORIZE_GAS = 40_000
LOAD_NS = 400_000


def exec_cost(chance: Chance, gas: int, pace: float = 1.0) -> dict[str, int]:
    """Return an Exec Cost with this gas; ``pace`` is a factor of the time."""
    return {"gas_used": gas, "elapsed_ns": int(gas * (0.6 + 0.8 * chance.rng.random()) * pace)}


def authorization_cost(chance: Chance) -> dict[str, Any]:
    """Return an Is-Authorized Cost."""
    return {
        "total": exec_cost(chance, AUTHORIZE_GAS),
        "load_ns": chance.between(LOAD_NS, 2 * LOAD_NS),
        "host_call": exec_cost(chance, AUTHORIZE_GAS // 20),
    }


def refine_costs(chance: Chance, report: Report, pace: float = 1.0) -> list[dict[str, Any]]:
    """Return a Refine Cost for each work item of the report's package."""
    return [_refine_cost(chance, each.refine_gas, pace) for each in report.items]


def _refine_cost(chance: Chance, gas: int, pace: float) -> dict[str, Any]:
    shares = {"lookup": 40, "vm": 10, "mem": 50, "invoke": 5, "other": 100}
    return {
        "total": exec_cost(chance, gas, pace),
        "load_ns": chance.between(LOAD_NS, 3 * LOAD_NS),
        "host_call": {name: exec_cost(chance, gas // part, pace) for name, part in shares.items()},
    }


def accumulate_costs(chance: Chance, block: Block) -> list[tuple[int, dict[str, Any]]]:
    """Return the accumulate costs of a block: one for each service with available work."""
    work: dict[int, list[int]] = {}
    for report in block.available:
        for item in report.items:
            work.setdefault(item.service, []).append(item.accumulate_gas)
    return [(service, _accumulate_cost(chance, gas)) for service, gas in work.items()]


def _accumulate_cost(chance: Chance, items: list[int]) -> dict[str, Any]:
    gas = sum(items)
    transfers = len(items) // 2
    shares = {"state": 10, "lookup": 60, "preimage": 80, "service": 90, "other": 70}
    calls: dict[str, Any] = {name: exec_cost(chance, gas // part) for name, part in shares.items()}
    calls["transfer"] = exec_cost(chance, 100 * transfers)
    calls["transfer_dest_gas"] = 10_000 * transfers
    return {
        "num_calls": 1,
        "num_transfers": transfers,
        "num_items": len(items),
        "total": exec_cost(chance, gas),
        "load_ns": chance.between(LOAD_NS, 3 * LOAD_NS),
        "host_call": calls,
    }
