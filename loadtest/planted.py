"""Planted troubles and the alerts that they must raise: what is found, missed and false.

Pure. A network is simulated with the background faults of ``tart simulate --troubled`` and a random
set of troubles, each with a calm time after it. An alert is right if a trouble that explains it was
going on, or its window still contains the trouble; a trouble is found if one of the figures that it
is about raised an alert, of its node if it has one, in time.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition, Rule
from tart.simulate.model.troubles import TROUBLES, Trouble
from tart.simulate.model.world import IMPLEMENTATIONS
from tart.units import MINUTE_US, SECOND_US

# Before the first trouble: figures that compare with the last hour need one.
WARM_UP_US = 65 * MINUTE_US
LENGTH_US = 8 * MINUTE_US
# Between the end of a trouble and the next: windows of ten minutes are calm again.
CALM_US = 13 * MINUTE_US


@dataclass(frozen=True)
class Signature:
    """The figures of one kind of trouble.

    Attributes:
        shows: One of these must raise an alert.
        explains: These may, too: consequences, such as missed slots while no block is made.
    """

    shows: tuple[str, ...]
    explains: tuple[str, ...] = ()


_FINDINGS = ("node_new_findings", "new_findings_nodes")
SIGNATURES: Mapping[str, Signature] = {
    "finality-stalls": Signature(("finality_lag_slots", "finalized_block_age_seconds")),
    "blocks-stall": Signature(
        ("best_block_age_seconds",), ("finalized_block_age_seconds", "missed_slots_share")
    ),
    "missed-slots": Signature(("missed_slots_share",), ("finality_lag_slots",)),
    "forks": Signature(("forks_share",)),
    "late-assurances": Signature(("late_assurances_share",)),
    "late-guarantees": Signature(("late_guarantees_share",)),
    "failing-guarantees": Signature(("step_failure_share",)),
    "failing-assurances": Signature(("step_failure_share",)),
    "failing-shards": Signature(("step_failure_share",)),
    "node-silent": Signature(("node_silent_seconds",)),
    "node-disconnected": Signature(
        ("node_silent_seconds", "node_disconnected_seconds"), ("nodes_disconnected_share",)
    ),
    "node-behind": Signature(("node_behind_slots",)),
    "node-clock": Signature(("node_clock_offset_seconds",), _FINDINGS),
    "node-drops": Signature(("node_dropped_events",), _FINDINGS),
    "node-undecodable": Signature(("node_undecodable_events",), _FINDINGS),
    "node-finding": Signature(_FINDINGS),
    "version-appears": Signature(("version_appeared_nodes",)),
    "version-vanishes": Signature(("version_vanished_nodes",)),
}
# Changes that last: two of them in one network would hide each other.
_ONCE = ("version-appears", "version-vanishes", "node-finding", "node-undecodable")


@dataclass(frozen=True)
class Fired:
    """An alert that began to fire.

    Attributes:
        at_us: Microseconds after the beginning of the network.
        node: Peer id of its node in hex; ``None`` if it is about another subject.
        is_inhibited: Whether its messages were held back because another alert explains it.
    """

    rule: str
    figure: str
    at_us: int
    node: str | None = None
    is_inhibited: bool = False


@dataclass(frozen=True)
class Score:
    """The outcome of one network.

    Attributes:
        found: Trouble and the time from its beginning to its first alert, with the alert.
        missed: Troubles that no alert was about.
        false: Alerts that no trouble explains, and that would have sent messages.
    """

    found: Sequence[tuple[Trouble, int, Fired]]
    missed: Sequence[Trouble]
    false: Sequence[Fired]


@dataclass
class Row:
    """A row of the table: one figure's rules, or one kind of trouble."""

    planted: int = 0
    missed: int = 0
    false: int = 0
    delays_us: list[int] = field(default_factory=list)


def choose_troubles(seed: int, nodes: int, number: int) -> list[Trouble]:
    """Return random troubles, one after the other; equal seeds give equal ones."""
    rng = random.Random(f"troubles {seed}")
    names = sorted(SIGNATURES)
    chosen: list[Trouble] = []
    start = WARM_UP_US
    while len(chosen) < number:
        name = rng.choice(names)
        if name in _ONCE and any(each.name == name for each in chosen):
            continue
        index = rng.randrange(nodes)
        if name == "version-vanishes":
            # Of two nodes or more: the rule leaves the only one of its version to NodeSilent.
            index %= max(1, nodes - len(IMPLEMENTATIONS))
        subject = (index,) if TROUBLES[name].of_nodes else ()
        begin = start + rng.randrange(0, 60) * SECOND_US
        chosen.append(Trouble(name, begin, LENGTH_US, subject))
        start = begin + LENGTH_US + CALM_US
    return chosen


def score(
    troubles: Sequence[Trouble],
    fired: Sequence[Fired],
    peers: Mapping[int, str],
    rules: Iterable[Rule],
) -> Score:
    """Return what was found, missed and false.

    Args:
        troubles: That were planted.
        fired: All alerts that began to fire, in order of time.
        peers: Peer ids of the nodes in hex, by index.
        rules: The rules in force.
    """
    tails = _tails(rules)
    shown: list[tuple[Trouble, int, Fired]] = []
    missed: list[Trouble] = []
    for trouble in troubles:
        first = next(
            (each for each in fired if _shows(trouble, each, peers, tails)),
            None,
        )
        if first is None:
            missed.append(trouble)
        else:
            shown.append((trouble, first.at_us - trouble.start, first))
    false = [
        each
        for each in fired
        if not each.is_inhibited
        and not any(_explains(trouble, each, peers, tails) for trouble in troubles)
    ]
    return Score(shown, missed, false)


def table(scores: Iterable[Score], rules: Sequence[Rule]) -> list[str]:
    """Return the table of documents/alerts, line by line in Markdown."""
    scores = list(scores)
    rows = _rows(scores)
    lines = [
        "| trouble | rules | planted | found | missed | median delay |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        figures = SIGNATURES[name].shows
        names = ", ".join(f"`{rule.alert}`" for rule in rules if _figure(rule) in figures) or "–"
        delay = f"{median(row.delays_us) / SECOND_US:.0f} s" if row.delays_us else "–"
        number = row.planted - row.missed
        lines.append(f"| {name} | {names} | {row.planted} | {number} | {row.missed} | {delay} |")
    false = defaultdict(int)
    for outcome in scores:
        for alert in outcome.false:
            false[alert.rule] += 1
    planted = sum(row.planted for row in rows.values())
    counts = ", ".join(f"`{name}` {count}" for name, count in sorted(false.items())) or "none"
    lines += ["", f"{len(scores)} networks with {planted} troubles. False alerts: {counts}."]
    return lines


def _rows(scores: Sequence[Score]) -> dict[str, Row]:
    rows = {name: Row() for name in SIGNATURES}
    for outcome in scores:
        for trouble, delay_us, _ in outcome.found:
            rows[trouble.name].planted += 1
            rows[trouble.name].delays_us.append(delay_us)
        for trouble in outcome.missed:
            rows[trouble.name].planted += 1
            rows[trouble.name].missed += 1
    return rows


def _tails(rules: Iterable[Rule]) -> dict[str, int]:
    """Return, by rule, the time after a trouble for which its window still contains it."""
    tails = {}
    for rule in rules:
        condition = rule.condition
        if isinstance(condition, FigureCondition):
            figure = FIGURES[condition.figure]
            window_us = condition.window_us or figure.window_us or 0
            # A window of a day is for how long a node is remembered, not for what is counted.
            counted = window_us if condition.figure not in _REMEMBERED else 0
            tails[rule.alert] = counted + rule.for_us + 2 * MINUTE_US
    return tails


_REMEMBERED = ("node_silent_seconds", "node_disconnected_seconds", "nodes_disconnected_share")


def _shows(
    trouble: Trouble, fired: Fired, peers: Mapping[int, str], tails: Mapping[str, int]
) -> bool:
    return fired.figure in SIGNATURES[trouble.name].shows and _is_during(
        trouble, fired, peers, tails
    )


def _explains(
    trouble: Trouble, fired: Fired, peers: Mapping[int, str], tails: Mapping[str, int]
) -> bool:
    signature = SIGNATURES[trouble.name]
    return fired.figure in (*signature.shows, *signature.explains) and _is_during(
        trouble, fired, peers, tails
    )


def _is_during(
    trouble: Trouble, fired: Fired, peers: Mapping[int, str], tails: Mapping[str, int]
) -> bool:
    end_us = trouble.end + tails.get(fired.rule, 0)
    if not trouble.start <= fired.at_us <= end_us:
        return False
    # A change of version is of all nodes that had it.
    is_of_node = fired.node is None or not trouble.nodes
    return is_of_node or fired.node in {peers[index] for index in trouble.nodes}


def _figure(rule: Rule) -> str:
    return rule.condition.figure if isinstance(rule.condition, FigureCondition) else ""
