"""``tart simulate``: runs a simulated network (``tart.simulate``) against a telemetry port."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tart import logs
from tart.cli.json_output import add_json, print_json
from tart.cli.render.documents import SimulateDocument
from tart.config.addresses import parse_address
from tart.config.schema import LogConfig
from tart.errors import ConfigError, StartupError

if TYPE_CHECKING:
    from tart.simulate.model.troubles import Trouble
    from tart.simulate.run import SimulationReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    add(
        "--target",
        default="127.0.0.1:9000",
        metavar="HOST:PORT",
        help="telemetry port to send to (default 127.0.0.1:9000)",
    )
    add("--nodes", type=int, default=6, metavar="V", help="number of validators (default 6)")
    add("--cores", type=int, default=2, metavar="C", help="number of cores (default 2)")
    add(
        "--speed",
        type=float,
        default=1.0,
        metavar="X",
        help="simulated seconds per second (default 1)",
    )
    add("--duration", type=float, metavar="S", help="stop after S seconds (default: at Ctrl-C)")
    add(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="seed; equal seeds give equal networks (default 0)",
    )
    add(
        "--protocol",
        type=int,
        choices=(0, 1),
        help="JIP-3 protocol version (default 1; with --troubled both)",
    )
    add(
        "--trouble",
        action="append",
        default=[],
        metavar="NAME[:NODE]@START+LENGTH",
        help="plant a trouble, such as node-silent:3@2m+5m; ? lists their names",
    )
    add("--troubled", action="store_true", help="inject faults; use both protocol versions")
    add(
        "--truth",
        type=Path,
        metavar="FILE",
        help="write what really happens in the network to FILE, as NDJSON",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Simulate until the duration is over or Ctrl-C, print a summary, return the exit code.

    Raises:
        ConfigError: An argument is out of range, or the truth file cannot be opened.
        StartupError: No node could connect, or the truth file cannot be written.
    """
    from tart.simulate import run as simulation
    from tart.simulate.model.fault_rates import TROUBLED, Rates
    from tart.simulate.model.in_memory import MIXED

    if "?" in arguments.trouble:
        print(_list_troubles())
        return 0
    host, port = parse_address(arguments.target, "--target")
    check_size(arguments.nodes, arguments.cores, arguments.speed)
    if arguments.duration is not None:
        _check_positive("duration", arguments.duration)
    logs.set_up(LogConfig(format="text"), "simulate")
    protocol = arguments.protocol
    if protocol is None:
        protocol = MIXED if arguments.troubled else 1
    report = simulation.run(
        simulation.SimulationOptions(
            host=host,
            port=port,
            nodes=arguments.nodes,
            cores=arguments.cores,
            speed=arguments.speed,
            duration=arguments.duration,
            seed=arguments.seed,
            protocol=protocol,
            rates=TROUBLED if arguments.troubled else Rates(),
            truth=arguments.truth,
            troubles=_parse_troubles(arguments.trouble, arguments.nodes),
        )
    )
    if not any(node.connections for node in report.nodes):
        raise StartupError(_unreachable(arguments.target, report.fault))
    if report.answers:
        raise StartupError(
            f"--target {arguments.target}: the server answers, as no telemetry server does: see "
            "that it is telemetry.bind"
        )
    if arguments.json:
        print_json(_document(report))
    else:
        print(summary(report))
    return 0


def _parse_troubles(texts: Sequence[str], nodes: int) -> tuple[Trouble, ...]:
    from tart.simulate.model.troubles import check_trouble, parse_trouble

    troubles = tuple(parse_trouble(text) for text in texts)
    for text, trouble in zip(texts, troubles, strict=True):
        try:
            check_trouble(trouble, nodes)
        except ValueError as error:
            raise ConfigError(f"--trouble {text}: {error}") from None
    return troubles


def _list_troubles() -> str:
    from tart.simulate.model.troubles import TROUBLES

    width = max(map(len, TROUBLES)) + len(":NODE")
    return "\n".join(
        f"{name + (':NODE' if kind.of_nodes else ''):{width}}  {kind.description}"
        for name, kind in TROUBLES.items()
    )


def _unreachable(target: str, fault: str) -> str:
    why = f": {fault}" if fault else " before the end"
    way_out = "; start a server with 'tart serve', or name another one"
    return f"--target {target}: no node could connect{why}{way_out if 'refused' in fault else ''}"


def _document(report: SimulationReport) -> SimulateDocument:
    return {
        "nodes": len(report.nodes),
        "events": report.events_sent,
        "bytes": report.bytes_sent,
        "seconds": round(report.seconds, 3),
        "dropped": report.dropped,
        "reconnects": report.reconnects,
        "behind_seconds": round(report.behind_seconds, 3),
    }


def summary(report: SimulationReport) -> str:
    """Return a report as two lines of text."""
    return (
        f"{len(report.nodes):,} nodes sent {report.events_sent:,} events, "
        f"{report.bytes_sent:,} bytes, in {report.seconds:.1f} s\n"
        f"they dropped {report.dropped:,} events and reconnected {report.reconnects:,} times; "
        f"simulated time was at most {report.behind_seconds:.1f} s behind"
    )


def check_size(nodes: int, cores: int, speed: float) -> None:
    """Check the size and speed of a network.

    Raises:
        ConfigError: A value is out of range.
    """
    from tart.protocol.node_information import MAX_CORES
    from tart.simulate.model.network import MAX_NODES

    for flag, value, maximum in (("nodes", nodes, MAX_NODES), ("cores", cores, MAX_CORES)):
        if not 1 <= value <= maximum:
            raise ConfigError(f"--{flag}: {value} is not between 1 and {maximum}")
    _check_positive("speed", speed)


def _check_positive(flag: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ConfigError(f"--{flag}: {value:g} is not a finite number above 0")
