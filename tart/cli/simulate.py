"""``tart simulate``: flags in, a short summary out; the network is ``tart.simulate``'s."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from tart import logs
from tart.config.load import parse_address
from tart.config.schema import LogConfig
from tart.errors import ConfigError

if TYPE_CHECKING:
    from tart.simulate.run import SimulationReport


def simulate(given: argparse.Namespace) -> int:
    """Play a network until its duration is over or Ctrl-C, and print what became of it.

    Returns:
        The exit code: 1 if no node was ever connected.

    Raises:
        ConfigError: a flag is out of range.
        StartupError: the file for the truth cannot be written.
    """
    from tart.simulate.model.fault_rates import TROUBLED, Rates
    from tart.simulate.model.in_memory import MIXED
    from tart.simulate.run import SimulationOptions, run

    host, port = parse_address(given.target, "--target")
    _check(given)
    logs.set_up(LogConfig(format="text"), "simulate")
    options = SimulationOptions(
        host=host,
        port=port,
        nodes=given.nodes,
        cores=given.cores,
        speed=given.speed,
        duration=given.duration,
        seed=given.seed,
        protocol=(MIXED if given.troubled else 1) if given.protocol is None else given.protocol,
        rates=TROUBLED if given.troubled else Rates(),
        truth=given.truth,
    )
    report = run(options)
    print(summary(report))
    if any(each.connections for each in report.nodes):
        return 0
    print(f"no node could connect to {given.target}")
    return 1


def summary(report: SimulationReport) -> str:
    """A report in two lines."""
    return (
        f"{len(report.nodes):,} nodes sent {report.events_sent:,} events, "
        f"{report.bytes_sent:,} bytes, in {report.seconds:.1f} s\n"
        f"they dropped {report.dropped:,} events and reconnected {report.reconnects:,} times; "
        f"simulated time was at most {report.behind_seconds:.1f} s behind"
    )


def _check(given: argparse.Namespace) -> None:
    from tart.simulate.model.network import MAX_CORES, MAX_NODES

    for flag, most in (("nodes", MAX_NODES), ("cores", MAX_CORES)):
        value = getattr(given, flag)
        if not 1 <= value <= most:
            raise ConfigError(f"--{flag}: {value} is not between 1 and {most}")
    for flag in ("speed", "duration"):
        value = getattr(given, flag)
        if value is not None and not 0 < value < math.inf:
            raise ConfigError(f"--{flag}: {value} is not a finite number above 0")
