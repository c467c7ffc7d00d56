"""Planted lies against the findings of the comparison of telemetry with the chain, over seeds.

``python -m loadtest.reconcile --seeds 30`` plays simulated networks to an offline server: calm
ones, and ones of which some nodes lie, with the background faults of ``tart simulate --troubled``,
forks, a partition that leads to reorganisations, an RPC that is away for a while, and connections
that are all made again, as when tart is restarted. Of each lie that the chain can show it prints
how many were found, and of the findings how many nothing planted explains.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from loadtest.witness import WitnessChain
from tart.gateway.fanout.reconcile_queries import read_inputs
from tart.offline.server import Connection, OfflineServer, offline_server
from tart.query.chain_queries.chain import ChainBlock
from tart.query.core.windows import Window
from tart.query.reconcile.findings import has_receivers, has_witnesses, is_connected
from tart.query.reconcile.reconciliation import Reconciliation, reconcile
from tart.query.reconcile.reports import validity_slots
from tart.simulate.model.fault_rates import TROUBLED, Rates
from tart.simulate.model.lies import LIES, Lie
from tart.simulate.model.network import Network
from tart.simulate.model.troubles import Trouble
from tart.simulate.model.truth import Fact, Truth
from tart.simulate.model.truth_reader import Facts
from tart.units import JCE_US, MINUTE_US, SECOND_US

# The finding by which each lie shows.
SHOWN_BY = {
    "hides-blocks": "unreported_block",
    "claims-blocks": "unknown_block",
    "hides-guarantees": "unreported_guarantee",
    "claims-guarantees": "unknown_guarantee",
    "hides-assurances": "unreported_assurance",
    "claims-assurances": "unknown_assurance",
    "wrong-outline": "outline_differs",
    "wrong-gas": "gas_differs",
}
# A node that sends no assurances misses more than the others, too.
ALSO_SHOWS = {"missing_assurance": "claims-assurances"}
KINDS = {"node", "lie", "told_lie", "block"}
# Node, kind of finding, hash.
Case = tuple[str, str, str]
_AWAY_US = SECOND_US
_STEP_US = SECOND_US


@dataclass
class Score:
    """The outcome of one network.

    Attributes:
        found: Cases of each lie that were found.
        missed: Those that were not.
        open: Those that the chain cannot show, or of which telemetry is incomplete.
        false: Findings without a lie.
    """

    found: Counter[str] = field(default_factory=Counter)
    missed: list[Case] = field(default_factory=list)
    open: Counter[str] = field(default_factory=Counter)
    false: list[Case] = field(default_factory=list)
    compared: int = 0
    forks: int = 0


@dataclass(frozen=True)
class Setting:
    """A network to be played.

    Attributes:
        minutes: Simulated.
        faults: Whether the background has faults, forks and lost telemetry.
        events: Whether there are a partition, an RPC that is away, and a restart.
    """

    seed: int
    nodes: int = 6
    cores: int = 2
    minutes: int = 20
    lies: tuple[Lie, ...] = ()
    faults: bool = False
    events: bool = False


def choose_lies(seed: int, nodes: int, minutes: int) -> tuple[Lie, ...]:
    """Return two or three random lies of different nodes; equal seeds give equal ones."""
    rng = random.Random(f"lies {seed}")
    names = sorted(LIES)
    liars = rng.sample(range(nodes), rng.randint(2, min(3, nodes // 2)))
    lies = []
    for place, node in enumerate(liars):
        start = rng.randrange(2, max(3, minutes // 2)) * MINUTE_US
        length = rng.randrange(4, max(5, minutes // 2)) * MINUTE_US
        # Over all seeds each lie is told equally often.
        lies.append(Lie(names[(seed * 3 + place) % len(names)], (node,), start, length))
    return tuple(lies)


class _PlayedNetwork:
    """A network whose telemetry goes to an offline server, and its chain to a witness."""

    def __init__(self, server: OfflineServer, network: Network, nodes: int) -> None:
        self.server, self.network, self.nodes = server, network, nodes
        self.witness = WitnessChain([network.chain_of(0), network.chain_of(nodes - 1)])
        server.queries.chain_process = self.witness  # type: ignore[assignment]
        self.is_followed = True
        self._open: dict[int, Connection] = {}
        self._returning: dict[int, int] = {}
        for node in range(nodes):
            self._connect(node)

    def _connect(self, node: int) -> None:
        connection = self.server.open_session(f"[2001:db8::{node + 1:x}]:40000")
        connection.receive(self.network.connect(node))
        self._open[node] = connection

    def leave(self, node: int) -> None:
        """End a node's connection; it comes back a second later."""
        self.network.disconnect(node, "hung up")
        self._open.pop(node).close("hung up")
        self._returning[node] = self.network.now + _AWAY_US

    def restart(self) -> None:
        """End all connections, as when tart is restarted."""
        for node in list(self._open):
            self.leave(node)

    def play(self, seconds: int) -> None:
        network, server = self.network, self.server
        end = network.now + seconds * SECOND_US
        while network.now < end:
            for emission in network.advance(min(end, network.now + _STEP_US)):
                server.advance(JCE_US + emission.when)
                self._open[emission.node].receive(emission.frame)
            server.advance(JCE_US + network.now)
            if self.is_followed:
                self.witness.poll()
            for node in network.leaving():
                if node in self._open:
                    self.leave(node)
            for node, returns_at in list(self._returning.items()):
                if returns_at <= network.now and not network.is_away(node):
                    del self._returning[node]
                    self._connect(node)


async def play(setting: Setting) -> tuple[Reconciliation, Facts, dict[str, int]]:
    """Play a network; return the comparison, the truth and the index of each node."""
    facts: list[Fact] = []
    nodes, length = setting.nodes, setting.minutes
    troubles = []
    if setting.events:
        side = tuple(range(nodes // 2))
        troubles.append(Trouble("partition", length * MINUTE_US // 3, 36 * SECOND_US, side))
    rates = Rates(dropped=0.0, reconnect=0.0)
    if setting.faults:
        rates = replace(TROUBLED, dropped=0.002, reconnect=0.002)
    network = Network(
        nodes=nodes,
        cores=setting.cores,
        seed=setting.seed,
        rates=rates,
        truth=Truth(facts.append, KINDS),
        lies=setting.lies,
        troubles=troubles,
        own_assurances=True,
    )
    start = network.now
    async with offline_server(JCE_US + start) as server:
        played = _PlayedNetwork(server, network, nodes)
        for minute in range(length):
            if setting.events:
                played.is_followed = not length // 2 <= minute < length // 2 + 2
                if minute == 2 * length // 3:
                    played.restart()
            played.play(60)
            await server.settle()
        # Until the last blocks are final and old enough.
        played.is_followed = True
        played.play(90)
        await server.settle()
        window = Window(JCE_US + start, JCE_US + start + length * MINUTE_US)
        read = await read_inputs(server.queries, window, server.now_us)
        result = reconcile(read.inputs)
    truth = Facts(facts)
    index = {each["node"]: each["index"] for each in truth.of("node")}
    return result, truth, index


def score_findings(result: Reconciliation, truth: Facts, index: dict[str, int]) -> Score:
    """Compare the findings with the planted lies, case by case."""
    score = Score(compared=len(result.inputs.view.compared), forks=result.inputs.view.forks)
    expected = dict(expected_cases(result, truth, index))
    ambiguous = set(ambiguous_cases(truth))
    liars: defaultdict[str, set[str]] = defaultdict(set)
    for fact in truth.of("told_lie"):
        liars[fact["node"]].add(fact["lie"])
    cases: set[Case] = set()
    for finding in result.findings:
        if finding.kind in ALSO_SHOWS and ALSO_SHOWS[finding.kind] in liars[finding.node]:
            continue
        cases |= {(finding.node, finding.kind, each.hash) for each in finding.examples}
    for case, lie in expected.items():
        if case in cases:
            score.found[lie] += 1
        elif is_open(result, case) or case in ambiguous:
            score.open[lie] += 1
        else:
            score.missed.append(case)
    score.false = sorted(cases - expected.keys())
    return score


def expected_cases(
    result: Reconciliation, truth: Facts, index: dict[str, int]
) -> Iterable[tuple[Case, str]]:
    """Return the cases that the chain can show, with their lies."""
    blocks = {each["block"]: each for each in truth.of("block")}
    compared = [blocks[block.hash] for block in result.inputs.view.compared]
    by_parent = {block["parent"]: block for block in compared}
    by_report: dict[str, Any] = {}
    for block in compared:
        for guarantee in block["reported"]:
            by_report[guarantee["report"]] = block, guarantee["signers"]
    hashes = {block["block"] for block in compared}
    for fact in truth.of("told_lie"):
        lie, node, about = fact["lie"], fact["node"], fact["about"]
        subject = None
        if lie in ("hides-blocks", "wrong-outline", "wrong-gas"):
            subject = about["block"] if about["block"] in hashes else None
        elif lie == "claims-blocks":
            subject = about["block"] if result.inputs.view.is_inside(about["slot"]) else None
        elif lie == "claims-guarantees":
            subject = about["report"]
        elif lie == "hides-guarantees":
            block, signers = by_report.get(about["report"], ({"block": None}, ()))
            subject = block["block"] if node in signers else None
        elif about["anchor"] in by_parent:
            block = by_parent[about["anchor"]]
            is_on_chain = node in block["assurers"]
            subject = block["block"] if is_on_chain is (lie == "hides-assurances") else None
        if subject is not None:
            yield (node, SHOWN_BY[lie], subject), lie


def ambiguous_cases(truth: Facts) -> Iterable[Case]:
    """Yield the blocks with several guarantees of a node that hides some of them.

    The chain shows that a validator signed a report of a block, but neither which nor how many.
    """
    hidden = {
        (fact["node"], fact["about"]["report"])
        for fact in truth.of("told_lie", lie="hides-guarantees")
    }
    liars = {node for node, _ in hidden}
    for block in truth.of("block"):
        for node in liars:
            signed = [each["report"] for each in block["reported"] if node in each["signers"]]
            if 0 < sum((node, report) in hidden for report in signed) < len(signed):
                yield node, SHOWN_BY["hides-guarantees"], block["block"]


def is_open(result: Reconciliation, case: Case) -> bool:
    """Return whether a case is one of which telemetry or chain do not know enough."""
    node, kind, subject = case
    block = result.inputs.view.blocks.get(subject)
    if block is not None:
        return _is_block_open(result, node, kind, block)
    view, attendance = result.inputs.view, result.attendance
    claim = next((each for each in result.inputs.claims.authored if each.hash == subject), None)
    if claim is not None:
        return (
            attendance.around(node, claim.at_us) is not None
            or not has_witnesses(attendance, node, claim.at_us)
            or not view.is_certain(claim.slot or 0)
            or not is_connected(result.evidence, claim)
        )
    report = result.reports.reports.get(subject)
    if report is None:
        return True
    last = (report.claims[0].slot or 0) + validity_slots(view)
    own = report.claims[0]
    return (
        last > (view.finalized_slot or 0)
        or attendance.gap(node, own.started_us, own.ended_us) is not None
        or not has_witnesses(attendance, node, own.ended_us)
    )


def _is_block_open(result: Reconciliation, node: str, kind: str, block: ChainBlock) -> bool:
    view, attendance, matrices = result.inputs.view, result.attendance, result.matrices
    at_us = view.time_us(block)
    since_us = at_us - MINUTE_US
    if kind == "unreported_guarantee":
        since_us = min(since_us, view.earliest_us(block, validity_slots(view)))
    if (
        attendance.gap(node, since_us, at_us + MINUTE_US // 2) is not None
        or result.matching.validator_of(view.epoch(block), node) is None
    ):
        return True
    column = view.compared.index(block)
    if kind == "unreported_assurance":
        # The node assured the anchor again after its lie, and said so.
        return node in matrices.claimed and bool(matrices.claimed[node][column])
    if kind == "unknown_assurance":
        # Others assured another branch, the node says itself that it was cut off, or it was late.
        return (
            not matrices.followed[column]
            or not matrices.in_time[node][column]
            or bool(matrices.received[node][column])
            or not result.inputs.sends.is_sending(node, at_us - view.slot_us)
            or not has_receivers(result.evidence, node, column)
        )
    return False


def play_setting(setting: Setting) -> tuple[Setting, Score]:
    """Play a network and judge its findings."""
    return setting, score_findings(*asyncio.run(play(setting)))


def settings_of(seeds: Sequence[int], minutes: int, nodes: int) -> list[Setting]:
    """Return the networks of the seeds: calm, lying, and lying among faults and events."""
    settings = []
    for seed in seeds:
        lies = choose_lies(seed, nodes, minutes)
        common = Setting(seed, nodes=nodes, cores=nodes // 3, minutes=minutes)
        settings += [
            common,
            replace(common, faults=True, events=True),
            replace(common, lies=lies),
            replace(common, lies=lies, faults=True, events=True),
        ]
    return settings


def table(scores: Iterable[tuple[Setting, Score]]) -> list[str]:
    """Return the table of the documentation."""
    shown: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    lie_of = {kind: lie for lie, kind in SHOWN_BY.items()}
    false, compared = Counter[str](), 0
    for _, score in scores:
        shown += score.found
        unknown += score.open
        missed += Counter(lie_of[kind] for _, kind, _ in score.missed)
        false += Counter(lie_of.get(kind, kind) for _, kind, _ in score.false)
        compared += score.compared
    rows = [
        "| lie | finding | found | missed | not decidable | false |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for lie, kind in SHOWN_BY.items():
        rows.append(
            f"| {lie} | `{kind}` | {shown[lie]} | {missed[lie]} | {unknown[lie]} | {false[lie]} |"
        )
    others = sum(count for name, count in false.items() if name not in SHOWN_BY)
    rows.append(f"| none | any other | | | | {others} |")
    return [*rows, "", f"{compared} blocks were compared."]


def main(argv: Sequence[str] | None = None) -> int:
    """Play the networks; return 1 if a lie was missed or a finding is false."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.reconcile", description=__doc__)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--minutes", type=int, default=20)
    parser.add_argument("--nodes", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args(argv)
    began = time.monotonic()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    settings = settings_of(seeds, arguments.minutes, arguments.nodes)
    scores = []
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        for setting, score in pool.imap_unordered(play_setting, settings):
            scores.append((setting, score))
            lies = ", ".join(f"{lie.name}:{lie.nodes[0]}" for lie in setting.lies) or "calm"
            print(
                f"seed {setting.seed} {lies}{' faults' if setting.faults else ''}: "
                f"{score.compared} blocks, {score.forks} forks; found {dict(score.found)}, "
                f"open {dict(score.open)}, missed {_short(score.missed)}, "
                f"false {_short(score.false)}",
                flush=True,
            )
    print(f"\n{len(settings)} networks in {time.monotonic() - began:.0f} s\n")
    print("\n".join(table(scores)))
    return 1 if any(score.missed or score.false for _, score in scores) else 0


def _short(cases: Iterable[Case]) -> list[str]:
    return [f"{kind} {node[:6]} {subject[:8]}" for node, kind, subject in cases]


if __name__ == "__main__":
    sys.exit(main())
