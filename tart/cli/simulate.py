"""``tart simulate``: runs a simulated network (``tart.simulate``) against a telemetry port."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tart import logs
from tart.cli.json_output import add_json, print_json
from tart.cli.render.documents import SimulateDocument
from tart.config.addresses import parse_address
from tart.config.schema import LogConfig
from tart.errors import ConfigError, StartupError

if TYPE_CHECKING:
    from tart.simulate.model.lies import Lie
    from tart.simulate.model.troubles import Trouble
    from tart.simulate.run import SimulationReport

P = TypeVar("P")


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
    add(
        "--lie",
        action="append",
        default=[],
        metavar="NAME:NODE[@START+LENGTH]",
        help="let a node lie, such as hides-blocks:3@2m+5m; ? lists the lies",
    )
    add(
        "--difference",
        action="append",
        default=[],
        metavar="NAME:EFFECT=VALUE",
        help="let an implementation differ, such as sim-beta:import=1.2; ? lists the effects",
    )
    add(
        "--upgrade",
        action="append",
        default=[],
        metavar="NAME/VERSION@START[+SPREAD]",
        help="upgrade nodes of an implementation, such as sim-beta/0.4.0@10m+5m",
    )
    add(
        "--host-spread",
        type=float,
        metavar="SIGMA",
        help="how much the nodes' speeds differ by themselves (default 0; with --difference 0.07)",
    )
    add(
        "--rpc",
        metavar="HOST:PORT,…",
        help="serve the RPC (JIP-2) of nodes on these addresses, one node each",
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
        StartupError: No node could connect, the truth file cannot be written, or an address of the
            RPC cannot be used.
    """
    from tart.simulate import run as simulation
    from tart.simulate.model.fault_rates import TROUBLED, Rates
    from tart.simulate.model.in_memory import MIXED

    if (names := _list_names(arguments)) is not None:
        print(names)
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
            lies=_parse_lies(arguments.lie, arguments.nodes),
            rpc=_parse_addresses(arguments.rpc),
            **_differences(arguments),
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

    return _parse_planted("--trouble", texts, nodes, parse_trouble, check_trouble)


def _parse_lies(texts: Sequence[str], nodes: int) -> tuple[Lie, ...]:
    from tart.simulate.model.lies import check_lie, parse_lie

    return _parse_planted("--lie", texts, nodes, parse_lie, check_lie)


def _parse_planted(
    flag: str,
    texts: Sequence[str],
    nodes: int,
    parse: Callable[[str], P],
    check: Callable[[P, int], object],
) -> tuple[P, ...]:
    """Return what is to be planted into a network with that many nodes."""
    planted = tuple(parse(text) for text in texts)
    for text, parsed in zip(texts, planted, strict=True):
        try:
            check(parsed, nodes)
        except ValueError as error:
            raise ConfigError(f"{flag} {text}: {error}") from None
    return planted


def _differences(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options about implementations; none if there are no differences."""
    from tart.simulate.model.differences import (
        HOST_SPREAD,
        check_difference,
        check_upgrade,
        parse_difference,
        parse_upgrade,
        shuffled_implementations,
    )
    from tart.simulate.model.world import IMPLEMENTATIONS

    texts, spread = arguments.difference, arguments.host_spread
    if spread is not None and not 0 <= spread <= 1:
        raise ConfigError(f"--host-spread: {spread:g} is not between 0 and 1")
    if not texts and not arguments.upgrade and spread is None:
        return {}
    differences = tuple(parse_difference(text) for text in texts)
    implementations = shuffled_implementations(arguments.nodes, arguments.seed, IMPLEMENTATIONS)
    upgrades = tuple(parse_upgrade(text) for text in arguments.upgrade)
    for text, upgrade in zip(arguments.upgrade, upgrades, strict=True):
        try:
            check_upgrade(upgrade, implementations)
        except ValueError as error:
            raise ConfigError(f"--upgrade {text}: {error}") from None
    for text, difference in zip(texts, differences, strict=True):
        try:
            check_difference(difference, implementations, upgrades)
        except ValueError as error:
            raise ConfigError(f"--difference {text}: {error}") from None
    return {
        "differences": differences,
        "upgrades": upgrades,
        "host_spread": HOST_SPREAD if spread is None else spread,
        "implementations": implementations,
    }


def _parse_addresses(text: str | None) -> tuple[tuple[str, int], ...]:
    addresses = text.split(",") if text is not None else ()
    return tuple(parse_address(address.strip(), "--rpc") for address in addresses)


def _list_names(arguments: argparse.Namespace) -> str | None:
    """Return the names that a flag with ``?`` asks for; ``None`` if none does."""
    from tart.simulate.model.differences import EFFECTS
    from tart.simulate.model.lies import LIES
    from tart.simulate.model.troubles import TROUBLES

    if "?" in arguments.trouble:
        return _table(
            (name + (":NODE" if kind.of_nodes else ""), kind.description)
            for name, kind in TROUBLES.items()
        )
    if "?" in arguments.lie:
        return _table((f"{name}:NODE", kind.description) for name, kind in LIES.items())
    if "?" in arguments.difference:
        return _table(
            (f"{name}={effect.example}", effect.description) for name, effect in EFFECTS.items()
        )
    return None


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = list(rows)
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:{width}}  {description}" for name, description in lines)


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
