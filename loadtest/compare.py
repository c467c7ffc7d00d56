"""The comparison of implementations, over simulated networks with planted differences.

``python -m loadtest.compare networks --seeds 30`` plays networks of four implementations: one
imports blocks 20 % slower, one loses 1 % of its assurances, one tells of guarantees that do not
exist, one has clocks that are 200 ms wrong. The comparison must find exactly these, and none in
networks without differences. ``python -m loadtest.compare statistics`` draws groups of nodes
without a difference and counts how often the tests claim one. Both write the tables of
docs/implementations.md (``--write``).
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from loadtest.null_data import NODE_VARIATION, draw_rates, draw_values
from loadtest.rules import PlayedNetwork
from tart.gateway.api.routes.comparisons import COMPARISON_ROUTES
from tart.gateway.handlers.comparisons import compare_implementations
from tart.gateway.handlers.windows import windowed
from tart.offline.server import offline_server
from tart.protocol.events import EventKind
from tart.query.comparison.differences import compare_rates, compare_values
from tart.simulate.model.differences import Difference, shuffled_implementations
from tart.simulate.model.network import Network
from tart.simulate.model.world import IMPLEMENTATIONS, SLOT
from tart.units import JCE_US, MINUTE_US, SECOND_US

NODES, CORES = 40, 2
# Assurances are lost so rarely that they take more than an hour; what is not there, no time.
PLANTED_SLOTS, CALM_SLOTS = 700, 200
# The standard deviation of the logarithm of the hosts' speeds.
HOST_SPREAD = 0.03
_SETTLE_US = 2 * MINUTE_US
_LATE_US = 40 * SECOND_US
_RECEIVER_STRIDE = 8
_QUIET = (
    EventKind.ASSURANCE_SENT,
    EventKind.ASSURANCE_DISTRIBUTED,
    EventKind.PREIMAGE_ANNOUNCED,
    EventKind.TICKET_TRANSFERRED,
    EventKind.GUARANTEE_DISCARDED,
)


@dataclass(frozen=True)
class Plant:
    """A planted difference.

    Attributes:
        text: For the table.
        effects: Members of ``Difference``.
        measures: Those that must find it.
        causes: Prefixes of further measures that it changes, too.
    """

    text: str
    effects: Mapping[str, Any]
    measures: tuple[str, ...]
    causes: tuple[str, ...] = ()

    def explains(self, measure: str) -> bool:
        """Return whether the plant changes a measure."""
        return measure in self.measures or measure.startswith(self.causes or ("\0",))


PLANTS: Mapping[str, Plant] = MappingProxyType(
    {
        "imports": Plant(
            "imports blocks 20 % slower",
            {"imports": 1.2},
            ("Importing_to_BlockVerified", "Importing_to_BlockExecuted"),
            # The time until an import fails, too.
            ("Importing_to_",),
        ),
        "assurances": Plant(
            "loses 1 % of its assurances",
            {"lost_assurances": 0.01},
            ("assurances_unreceived",),
        ),
        "guarantees": Plant(
            "tells of guarantees that do not exist",
            {"lie": "claims-guarantees"},
            ("guarantees_unreceived",),
            # It tells of the whole way of a work-package, with other durations than real ones.
            (
                *("WorkPackageSubmission_", "GuaranteeBuilt_", "SendingGuarantee_"),
                *("guarantee", "refine_", "report_size", "package_", "failure_share"),
                "events_per_second",
            ),
        ),
        "clock": Plant(
            "has clocks that are 200 ms wrong",
            {"clock_us": 200_000},
            ("clock_offset", "clock_error"),
        ),
    }
)


# By measure and pair the worse implementation; ``None`` if neither is.
Claims: TypeAlias = dict[tuple[str, frozenset[str]], str | None]


@dataclass(frozen=True)
class Outcome:
    """The claims of one network.

    Attributes:
        seed: Of the network.
        comparisons: The number that was corrected for.
        found: Plants that were found against all other implementations.
        missed: Plants and measures that were not, with the pairs.
        side: Claims of further measures that plants change.
        false: All other claims.
        seconds: It took to play, and to answer.
    """

    seed: int
    comparisons: int
    found: tuple[str, ...]
    missed: tuple[str, ...]
    side: tuple[str, ...]
    false: tuple[str, ...]
    seconds: tuple[float, float]


def plant_of(seed: int) -> dict[str, str]:
    """Return the plant of each implementation in the network of a seed."""
    names = [each.name for each in IMPLEMENTATIONS]
    random.Random(f"plants {seed}").shuffle(names)
    return dict(zip(names, PLANTS, strict=True))


async def play(
    seed: int, nodes: int, slots: int, plants: Mapping[str, str], level: float = 0.95
) -> tuple[Mapping[str, Any], tuple[float, float]]:
    """Play a network, and return the comparison by all measures, and what both took in seconds.

    Args:
        seed: Of the network.
        nodes: Their number.
        slots: Simulated.
        plants: The plant of each implementation that has one.
        level: Of the comparison.
    """
    began = time.monotonic()
    network = Network(
        nodes=nodes,
        cores=CORES,
        seed=seed,
        implementations=shuffled_implementations(nodes, seed),
        host_spread=HOST_SPREAD,
        differences=[Difference(name, **PLANTS[plant].effects) for name, plant in plants.items()],
        own_assurances=True,
    )
    _quieten(network)
    async with offline_server(JCE_US + network.now) as server:
        played = PlayedNetwork(server, network, nodes)
        left_us = slots * SLOT
        while left_us > 0:
            played.play(min(left_us, _SETTLE_US) // SECOND_US)
            left_us -= _SETTLE_US
            await server.settle()
        # Until the last assurances must have been received.
        server.advance(server.now_us + _LATE_US)
        played_at = time.monotonic()
        length = -(-(slots * SLOT + _LATE_US) // MINUTE_US)
        values = COMPARISON_ROUTES[0].read(f"duration={length}m&level={level}", {})
        handler = windowed(compare_implementations, server.clock)
        answer = await handler(server.queries, values)
        body = answer.body() if callable(answer.body) else answer.body
    assert isinstance(body, Mapping)
    return body, (played_at - began, time.monotonic() - played_at)


def _quieten(network: Network) -> None:
    """Let nodes keep quiet about frequent events, and all but some about assurances received.

    Most events are these, and take most of the time to play. Some receivers are enough to find what
    no node received; no measure is about the others.
    """
    for node in range(len(network.peer_ids)):
        quiet = {*_QUIET}
        if node % _RECEIVER_STRIDE:
            quiet.add(EventKind.ASSURANCE_RECEIVED)
        network.silence(node, quiet)


def assess(
    seed: int,
    body: Mapping[str, Any],
    plants: Mapping[str, str],
    seconds: tuple[float, float] = (0.0, 0.0),
) -> Outcome:
    """Return the claims of a comparison, by what was planted.

    Args:
        seed: Of the network.
        body: The answer.
        plants: The plant of each implementation that has one.
        seconds: It took to play, and to answer.
    """
    claims: Claims = {
        (row["measure"], frozenset((row["a"], row["b"]))): row["worse"]
        for row in body["differences"]
        if row["significant"]
    }
    names = [each.name for each in IMPLEMENTATIONS]
    plants_found, missed = [], []
    for name, plant in plants.items():
        lacking = [
            f"{measure}: {name} and {other}"
            for measure in PLANTS[plant].measures
            for other in names
            if other != name and not _is_claimed(claims, measure, name, other)
        ]
        missed += lacking
        plants_found += [] if lacking else [plant]
    side, false = [], []
    for (measure, pair), worse in claims.items():
        explained = [name for name in pair if _explains(plants.get(name), measure)]
        is_needed = any(measure in PLANTS[plants[name]].measures for name in explained)
        text = f"{measure}: {' and '.join(sorted(pair))}"
        if not explained or (is_needed and worse not in (*explained, None)):
            false.append(text)
        elif not is_needed:
            side.append(text)
    return Outcome(
        seed,
        body["comparisons"],
        tuple(plants_found),
        tuple(missed),
        tuple(sorted(side)),
        tuple(sorted(false)),
        seconds,
    )


def _is_claimed(claims: Claims, measure: str, name: str, other: str) -> bool:
    """Return whether a measure was claimed to differ, with this one as the worse if one is."""
    pair = measure, frozenset((name, other))
    return pair in claims and claims[pair] in (name, None)


def _explains(plant: str | None, measure: str) -> bool:
    return plant is not None and PLANTS[plant].explains(measure)


def play_planted(seed: int, nodes: int = NODES, slots: int = PLANTED_SLOTS) -> Outcome:
    """Play a network in which each implementation has a difference."""
    plants = plant_of(seed)
    body, seconds = asyncio.run(play(seed, nodes, slots, plants))
    return assess(seed, body, plants, seconds)


def play_calm(seed: int, nodes: int = NODES, slots: int = CALM_SLOTS) -> Outcome:
    """Play a network without differences."""
    body, seconds = asyncio.run(play(seed, nodes, slots, {}))
    return assess(seed, body, {}, seconds)


def network_table(planted: Sequence[Outcome], calm: Sequence[Outcome]) -> list[str]:
    """Return the table of both kinds of networks."""
    lines = ["| planted | networks | found against all others |", "|---|---|---|"]
    for name, plant in PLANTS.items():
        networks = sum(name in outcome.found for outcome in planted)
        lines.append(f"| {plant.text} | {len(planted)} | {networks} |")
    lines += ["", "| | networks | with a false claim | comparisons each |", "|---|---|---|---|"]
    for text, outcomes in (("with these differences", planted), ("without any", calm)):
        false = sum(bool(outcome.false) for outcome in outcomes)
        counts = [outcome.comparisons for outcome in outcomes]
        span = f"{min(counts)} to {max(counts)}" if counts else ""
        lines.append(f"| {text} | {len(outcomes)} | {false} | {span} |")
    return lines


def run_networks(arguments: argparse.Namespace) -> int:
    """Play all networks, print their claims and the table."""
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    works: list[tuple[str, Callable[[int], Outcome]]] = [
        ("planted", partial(play_planted, nodes=arguments.nodes, slots=arguments.slots)),
        ("calm", partial(play_calm, nodes=arguments.nodes, slots=arguments.calm_slots)),
    ]
    outcomes: dict[str, list[Outcome]] = {"planted": [], "calm": []}
    with multiprocessing.get_context("spawn").Pool(arguments.jobs, maxtasksperchild=4) as pool:
        for kind, work in works:
            if arguments.only not in ("", kind):
                continue
            for outcome in pool.imap_unordered(work, seeds):
                outcomes[kind].append(outcome)
                print(_line(kind, outcome), flush=True)
    lines = network_table(outcomes["planted"], outcomes["calm"])
    print("\n" + "\n".join(lines))
    if arguments.write:
        replace_table(arguments.write, "networks", lines)
    return 1 if any(each.missed or each.false for kind in outcomes.values() for each in kind) else 0


def _line(kind: str, outcome: Outcome) -> str:
    played, answered = outcome.seconds
    return (
        f"{kind} {outcome.seed}: {len(outcome.found)} found, missed {list(outcome.missed)}, false "
        f"{list(outcome.false)}, caused {len(outcome.side)}; {outcome.comparisons} comparisons, "
        f"{played:.0f} s, {answered:.1f} s"
    )


def replace_table(path: Path, name: str, lines: Iterable[str]) -> None:
    """Replace a table between its marks in a document."""
    begin, end = f"<!-- {name} of loadtest.compare -->", f"<!-- end of {name} -->"
    text = path.read_text("utf-8")
    before, mark, rest = text.partition(begin)
    _, mark_of_end, after = rest.partition(end)
    if not mark or not mark_of_end:
        sys.exit(f"{path}: has no marks of the table ({begin} … {end})")
    path.write_text("\n".join([before + begin, "", *lines, "", end + after]), "utf-8")


# --- Error rates of the tests alone ---------------------------------------------------------

LEVELS = (0.05, 0.001)
SIZES = ((3, 3), (5, 5), (8, 8), (3, 30))


@dataclass
class ErrorRates:
    """The share of draws in which a test claims a difference, by level."""

    draws: int
    claims: dict[float, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0))

    def add(self, probability: float) -> None:
        """Count a draw by its p-value."""
        for level in LEVELS:
            self.claims[level] += probability <= level

    def cells(self) -> str:
        """Return the shares as cells of a table."""
        return " | ".join(f"{self.claims[level] / self.draws:.2%}" for level in LEVELS)


def error_rates(
    variation: str, sizes: tuple[int, int], draws: int, rate: float | None
) -> ErrorRates:
    """Draw two groups without a difference, and count the claims.

    Args:
        variation: A key of ``NODE_VARIATION``.
        sizes: The groups' numbers of nodes.
        draws: Their number.
        rate: Of occurrences; ``None`` draws durations.
    """
    rng = random.Random(f"{variation} {sizes} {rate}")
    rates = ErrorRates(draws)
    for _ in range(draws):
        if rate is None:
            values = [draw_values(rng, nodes, variation) for nodes in sizes]
            rates.add(compare_values(values[0], values[1]).probability)
        else:
            occurrences = [draw_rates(rng, nodes, variation, rate) for nodes in sizes]
            rates.add(compare_rates(occurrences[0], occurrences[1]).probability)
    return rates


def run_statistics(arguments: argparse.Namespace) -> int:
    """Print the table of error rates of the tests."""
    lines = [
        "| nodes differ by | nodes | durations, 5 % | 0.1 % | shares (2 %), 5 % | 0.1 % |",
        "|---|---|---|---|---|---|",
    ]
    for variation in NODE_VARIATION:
        for sizes in SIZES:
            durations = error_rates(variation, sizes, arguments.draws, None)
            shares = error_rates(variation, sizes, arguments.draws, 0.02)
            text = f"{sizes[0]} and {sizes[1]}"
            lines.append(f"| {variation} | {text} | {durations.cells()} | {shares.cells()} |")
            print(lines[-1], flush=True)
    if arguments.write:
        replace_table(arguments.write, "statistics", lines)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the experiments; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.compare", description=__doc__)
    experiments = parser.add_subparsers(required=True)
    networks = experiments.add_parser("networks", help="simulated networks")
    networks.add_argument("--seeds", type=int, default=30)
    networks.add_argument("--first-seed", type=int, default=0)
    networks.add_argument("--nodes", type=int, default=NODES)
    networks.add_argument("--slots", type=int, default=PLANTED_SLOTS, help="with differences")
    networks.add_argument("--calm-slots", type=int, default=CALM_SLOTS, help="without")
    networks.add_argument("--only", choices=("", "planted", "calm"), default="")
    networks.add_argument("--jobs", type=int, default=1)
    networks.set_defaults(run=run_networks)
    statistics = experiments.add_parser("statistics", help="groups of nodes without a difference")
    statistics.add_argument("--draws", type=int, default=4_000)
    statistics.set_defaults(run=run_statistics)
    for experiment in (networks, statistics):
        experiment.add_argument("--write", type=Path, metavar="docs/implementations.md")
    arguments = parser.parse_args(argv)
    code: int = arguments.run(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
