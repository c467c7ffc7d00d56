"""The state of a node: well, warning, bad or no data, and the rule that says so.

Pure, and the only place with the thresholds. The first rule of ``RULES`` that holds decides; they
are in order of harm. Findings and failures are no part of the state: they are about what a node
sends, and have figures of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tart.query.answers.node_summary import Level, StateCode, StateRule
from tart.query.topics.conformance import CLOCK_US, SILENT_US
from tart.units import DAY_US, SECOND_US

# A node that disconnected before this time is no longer expected.
GONE_US = DAY_US
# Slots that the best block of a node is behind the network's.
BEHIND_SLOTS = 3
FAR_BEHIND_SLOTS = 10
# Slots that the finalized block of a node is behind the network's.
FINALITY_BEHIND_SLOTS = 10


@dataclass(frozen=True)
class NodeFacts:
    """Facts about one node by which its state is decided.

    Attributes:
        connected: Whether a connection is open.
        quiet_us: Time since its last message; ``None`` if it has sent none.
        best_lag: Slots that its best block is behind the network's; ``None`` if unknown.
        finalized_lag: Likewise of the finalized block.
        synced: Its sync status; ``None`` if it has not sent one.
        peers: Number of its peers; ``None`` if it has not sent a Status.
        clock_offset_us: The server's clock minus the node's; ``None`` if unknown.
        dropping: Whether it reported dropped events in the last minute.
    """

    connected: bool
    quiet_us: int | None = None
    best_lag: int | None = None
    finalized_lag: int | None = None
    synced: bool | None = None
    peers: int | None = None
    clock_offset_us: int | None = None
    dropping: bool = False


@dataclass(frozen=True)
class _Rule:
    level: Level
    meaning: str
    holds: Callable[[NodeFacts], bool]


def _seconds(time_us: int) -> int:
    return time_us // SECOND_US


def _at_least(value: int | None, threshold: int) -> bool:
    return value is not None and value >= threshold


_RULES: Mapping[StateCode, _Rule] = {
    "gone": _Rule(
        "no_data",
        f"Disconnected for more than {GONE_US // DAY_US * 24} hours.",
        lambda node: not node.connected and (node.quiet_us is None or node.quiet_us > GONE_US),
    ),
    "disconnected": _Rule(
        "bad",
        "No connection is open.",
        lambda node: not node.connected,
    ),
    "silent": _Rule(
        "bad",
        f"Connected, but no message for {_seconds(SILENT_US)} seconds; a Status is due every 2.",
        lambda node: _at_least(node.quiet_us, SILENT_US),
    ),
    "isolated": _Rule(
        "bad",
        "Reports that it has no peers.",
        lambda node: node.peers == 0,
    ),
    "far_behind": _Rule(
        "bad",
        f"Its best block is at least {FAR_BEHIND_SLOTS} slots behind the network's.",
        lambda node: _at_least(node.best_lag, FAR_BEHIND_SLOTS),
    ),
    "syncing": _Rule(
        "warning",
        "Reports that it is not in sync.",
        lambda node: node.synced is False,
    ),
    "behind": _Rule(
        "warning",
        f"Its best block is at least {BEHIND_SLOTS} slots behind the network's.",
        lambda node: _at_least(node.best_lag, BEHIND_SLOTS),
    ),
    "finality_behind": _Rule(
        "warning",
        f"Its finalized block is at least {FINALITY_BEHIND_SLOTS} slots behind the network's.",
        lambda node: _at_least(node.finalized_lag, FINALITY_BEHIND_SLOTS),
    ),
    "clock_off": _Rule(
        "warning",
        f"Its clock differs from the server's by at least {_seconds(CLOCK_US)} seconds.",
        lambda node: _at_least(
            None if node.clock_offset_us is None else abs(node.clock_offset_us), CLOCK_US
        ),
    ),
    "dropping": _Rule(
        "warning",
        "Reported in the last minute that it dropped events.",
        lambda node: node.dropping,
    ),
    "no_block": _Rule(
        "no_data",
        "Connected, but has not reported a best block.",
        lambda node: node.best_lag is None,
    ),
    "well": _Rule("well", "None of the other rules holds.", lambda node: True),
}
# Levels, the most harmful first.
LEVELS: tuple[Level, ...] = ("bad", "warning", "no_data", "well")
STATES: tuple[StateCode, ...] = tuple(_RULES)
RULES: tuple[StateRule, ...] = tuple(
    {"state": code, "level": rule.level, "meaning": rule.meaning} for code, rule in _RULES.items()
)


def state_of(facts: NodeFacts) -> StateCode:
    """Return the state of a node: the first rule that holds."""
    return next(code for code, rule in _RULES.items() if rule.holds(facts))


def level_of(code: StateCode) -> Level:
    """Return the level of a state."""
    return _RULES[code].level
