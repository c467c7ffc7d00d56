"""Precision and recall of the built-in alerting rules, over simulated networks at high speed.

``python -m loadtest.rules troubles`` plays networks with the faults of ``tart simulate
--troubled`` and planted troubles (``loadtest.planted``), and prints the table of docs/alerts.md;
``python -m loadtest.rules calm`` plays a network without troubles for a long time: every alert
of it is false. Both use the code of the server (``tart.offline``).
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from loadtest.planted import Fired, Score, choose_troubles, score, table
from loadtest.sparse import SparseNetwork
from tart.alerting.engine.model import State
from tart.alerting.figures.computations import COMPUTATIONS
from tart.alerting.figures.inputs import ServerState
from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.model import FigureCondition, Rule
from tart.offline.evaluation import Change, Evaluation
from tart.offline.server import Connection, OfflineServer, offline_server
from tart.offline.source import offline_measurements
from tart.simulate.model.fault_rates import TROUBLED, Rates
from tart.simulate.model.in_memory import MIXED
from tart.simulate.model.network import Network
from tart.simulate.model.troubles import Trouble
from tart.simulate.model.world import SLOT
from tart.units import HOUR_US, JCE_US, MINUTE_US, SECOND_US

INTERVAL_US = 30 * SECOND_US
_WARM_INTERVAL_US = 120 * SECOND_US
LAG_US = 5 * SECOND_US
# For how long a node whose telemetry lost its connection stays away.
_AWAY_US = SECOND_US
# Events that a node drops are no background, but the trouble of a rule.
BACKGROUND = replace(TROUBLED, dropped=0.0)
CALM = Rates(dropped=0.0, reconnect=0.0002)
# After the last trouble.
_END_US = 15 * MINUTE_US
_WEEK_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Played:
    """The outcome of one network.

    Attributes:
        fired: The alerts that began to fire.
        peers: Peer ids of the nodes in hex, by index.
        length_us: Its simulated time.
    """

    fired: list[Fired]
    peers: dict[int, str]
    length_us: int


def network_rules() -> list[Rule]:
    """Return the built-in rules that are on, and that a simulated network can test."""
    return [
        rule
        for rule in BUILTIN_RULES
        if rule.is_on
        and rule.scope != "server"
        and isinstance(rule.condition, FigureCondition)
        and rule.condition.figure in COMPUTATIONS
    ]


class PlayedNetwork:
    """A simulated network whose telemetry goes to an offline server."""

    def __init__(self, server: OfflineServer, network: Network | SparseNetwork, nodes: int) -> None:
        self.network = network
        self._server = server
        self._open: dict[int, Connection] = {}
        self._returning: dict[int, int] = {}
        for node in range(nodes):
            self._connect(node)

    def play(self, seconds: int) -> None:
        """Let the network go on; nodes leave and return."""
        network, server = self.network, self._server
        step_us = SLOT if isinstance(network, SparseNetwork) else SECOND_US
        end = network.now + seconds * SECOND_US
        while network.now < end:
            for emission in network.advance(min(end, network.now + step_us)):
                server.advance(JCE_US + emission.when)
                self._open[emission.node].receive(emission.frame)
            server.advance(JCE_US + network.now)
            self._reconnect()

    def _connect(self, node: int) -> None:
        connection = self._server.open_session(f"[2001:db8::{node + 1:x}]:40000")
        connection.receive(self.network.connect(node))
        self._open[node] = connection

    def _reconnect(self) -> None:
        network = self.network
        for node in network.leaving():
            if node in self._open:
                network.disconnect(node, "hung up")
                self._open.pop(node).close("hung up")
                self._returning[node] = network.now + _AWAY_US
        for node, returns_at in list(self._returning.items()):
            if returns_at <= network.now and not network.is_away(node):
                del self._returning[node]
                self._connect(node)


async def play(
    network: Network | SparseNetwork,
    nodes: int,
    seconds: int,
    rules: Sequence[Rule],
    *,
    warm_up_us: int = 0,
    server_state: Callable[[], ServerState] | None = None,
    watch: Callable[[int, Change], None] = lambda since_us, change: None,
) -> Played:
    """Play a network for a simulated time, and evaluate rules as a server does.

    Args:
        network: The network, at its beginning.
        nodes: The number of its nodes.
        seconds: Simulated.
        rules: The rules in force.
        warm_up_us: In this time at the beginning there are fewer turns.
        server_state: Returns the state of the server, for rules about it.
        watch: Called with each change of an alert and the time since the beginning.
    """
    start = network.now
    fired: list[Fired] = []
    async with offline_server(JCE_US + start) as server:
        played = PlayedNetwork(server, network, nodes)
        measurements = offline_measurements(server, server_state)
        evaluation = Evaluation(rules, measurements.measure, interval_us=INTERVAL_US, lag_us=LAG_US)
        while network.now < start + seconds * SECOND_US:
            is_warm = network.now - start >= warm_up_us
            played.play((INTERVAL_US if is_warm else _WARM_INTERVAL_US) // SECOND_US)
            await server.settle()
            since_us = network.now - start
            for change in await evaluation.turn(server.now_us):
                watch(since_us, change)
                if change.transition.next == State.FIRING != change.transition.previous:
                    fired.append(_fired(since_us, change))
    return Played(fired, network_peers(network), network.now - start)


def network_peers(network: Network | SparseNetwork) -> dict[int, str]:
    """Return the peer ids of a network's nodes in hex, by index."""
    return dict(enumerate(network.peer_ids))


def _fired(since_us: int, change: Change) -> Fired:
    condition = change.rule.condition
    return Fired(
        change.rule.alert,
        condition.figure if isinstance(condition, FigureCondition) else "",
        since_us,
        dict(change.transition.alert.labels).get("node"),
        change.inhibited_by is not None,
    )


# --- Troubles -------------------------------------------------------------------------------


def play_seed(seed: int, troubles_each: int) -> tuple[int, Score]:
    """Play the network of a seed."""
    nodes = 5 + seed % 2
    troubles = choose_troubles(seed, nodes, troubles_each)
    return seed, play_troubles(seed, nodes, troubles)


def play_troubles(
    seed: int, nodes: int, troubles: Sequence[Trouble], rules: Sequence[Rule] | None = None
) -> Score:
    """Play a network with the background faults and these troubles."""
    network = Network(
        nodes=nodes, cores=1, seed=seed, rates=BACKGROUND, protocol=MIXED, troubles=troubles
    )
    seconds = (troubles[-1].end + _END_US) // SECOND_US
    rules = network_rules() if rules is None else rules
    warm_up_us = troubles[0].start - 5 * MINUTE_US
    played = asyncio.run(play(network, nodes, seconds, rules, warm_up_us=warm_up_us))
    return score(troubles, played.fired, played.peers, rules)


def run_troubles(arguments: argparse.Namespace) -> int:
    """Play all seeds, print the table, and write it into the documentation."""
    began = time.monotonic()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    scores: list[Score] = []
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        work = partial(play_seed, troubles_each=arguments.troubles)
        for seed, result in pool.imap_unordered(work, seeds):
            scores.append(result)
            missed = [f"{each.name}@{each.start // SECOND_US}" for each in result.missed]
            false = [f"{each.rule}@{each.at_us // SECOND_US}" for each in result.false]
            delays = [f"{each.name} {delay // SECOND_US} s" for each, delay, _ in result.found]
            print(f"seed {seed}: {', '.join(delays)}; missed {missed}; false {false}", flush=True)
    lines = table(scores, network_rules())
    print(f"\n{len(seeds)} networks in {time.monotonic() - began:.0f} s\n")
    print("\n".join(lines))
    if arguments.write:
        replace_table(arguments.write, lines)
    return 1 if any(each.missed or each.false for each in scores) else 0


BEGIN, END = "<!-- table of loadtest.rules -->", "<!-- end of the table -->"


def replace_table(path: Path, lines: Sequence[str]) -> None:
    """Replace the table between its marks in a document."""
    text = path.read_text("utf-8")
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        sys.exit(f"{path}: has no marks of the table ({BEGIN} … {END})")
    path.write_text("\n".join([before + BEGIN, "", *lines, "", END + after]), "utf-8")


# --- A calm network -------------------------------------------------------------------------


def run_calm(arguments: argparse.Namespace) -> int:
    """Play a calm network, and print every alert: all are false."""
    if arguments.nodes > _FULL_NODES:
        network: Network | SparseNetwork = SparseNetwork(arguments.nodes, seed=arguments.first_seed)
    else:
        network = Network(nodes=arguments.nodes, cores=2, seed=arguments.first_seed, rates=CALM)
    began = time.monotonic()
    rules = network_rules()
    seconds = int(arguments.hours * HOUR_US // SECOND_US)

    def watch(since_us: int, change: Change) -> None:
        alert = change.transition.alert
        print(
            f"{since_us / HOUR_US:8.2f} h  {alert.rule} {dict(alert.labels)} "
            f"{change.transition.previous} -> {change.transition.next}  {alert.value}",
            flush=True,
        )

    played = asyncio.run(play(network, arguments.nodes, seconds, rules, watch=watch))
    fired = Counter(each.rule for each in played.fired if not each.is_inhibited)
    weeks = seconds / _WEEK_SECONDS
    print(
        f"{arguments.nodes} nodes, {seconds / 3600:.1f} h simulated in "
        f"{time.monotonic() - began:.0f} s: {fired.total()} false alerts "
        f"({fired.total() / weeks:.1f} a week) {dict(fired)}"
    )
    return 1 if fired else 0


# Larger networks are simulated by the events alone that figures are made from.
_FULL_NODES = 24


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the plays; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.rules", description=__doc__)
    plays = parser.add_subparsers(required=True)
    troubles = plays.add_parser("troubles", help="planted troubles")
    troubles.add_argument("--seeds", type=int, default=50)
    troubles.add_argument("--troubles", type=int, default=3, help="of each network")
    troubles.add_argument("--jobs", type=int, default=1)
    troubles.add_argument("--write", type=Path, metavar="docs/alerts.md")
    troubles.set_defaults(run=run_troubles)
    calm = plays.add_parser("calm", help="a network without troubles")
    calm.add_argument("--nodes", type=int, default=6)
    calm.add_argument("--hours", type=float, default=24.0)
    calm.set_defaults(run=run_calm)
    for play_parser in (troubles, calm):
        play_parser.add_argument("--first-seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    code: int = arguments.run(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
