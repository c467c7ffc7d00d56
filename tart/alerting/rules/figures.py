"""The catalogue of figures: what rules can compare, declared once.

Pure. The documentation (``/api/docs/figures``), the checks of the rule file, the built-in rules
and the functions of ``alerting.figures`` that compute the values derive from it or are checked
against it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tart.alerting.rules.model import Scope
from tart.units import DAY_US, HOUR_US, MINUTE_US

# Of a figure that is compared with an earlier window, the share that a lower one there counts as.
LOWEST_REFERENCE = 0.05


@dataclass(frozen=True)
class Window:
    """The lengths that the window of a figure may have, in microseconds.

    Attributes:
        default_us: Of a rule that names none.
        shortest_us: A shorter window would have too few values.
        longest_us: A longer one would read too much at each evaluation.
    """

    default_us: int
    shortest_us: int
    longest_us: int


@dataclass(frozen=True)
class Figure:
    """A figure.

    Attributes:
        name: In snake case with the unit at its end.
        unit: ``seconds``, ``slots``, ``share`` (0 to 1), ``events``, ``nodes`` …
        description: What it is, of what it is computed, and when it has no value.
        subject: Whether it is about the ``network`` or this ``server``; values by node are about
            the node (``scope``).
        by: The labels that a rule may ask for, of which the first is the default; empty for a
            figure with one value.
        details: Further labels of its values, for the texts of alerts: they follow from the
            first one.
        window: ``None`` for figures of the present.
        is_comparable: Whether it may be divided by its value of an earlier window.
        lowest: The lowest value that it can have: a threshold below it is a mistake.
        highest: The highest value.
        ends_with_window: Whether what is older than the window has no value: a figure of ages.
    """

    name: str
    unit: str
    description: str
    subject: Scope = "network"
    by: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    window: Window | None = None
    is_comparable: bool = False
    lowest: float = 0.0
    highest: float = math.inf
    ends_with_window: bool = False

    @property
    def window_us(self) -> int | None:
        """The default length of its window; ``None`` for figures of the present."""
        return None if self.window is None else self.window.default_us

    def label(self, by: str | None) -> str | None:
        """Return the label that distinguishes the values of a rule; ``None`` for one value.

        Args:
            by: As the rule has it.
        """
        return by if by is not None or not self.by else self.by[0]

    def scope(self, by: str | None) -> Scope:
        """Return what an alert of a rule with this figure is about.

        Args:
            by: As the rule has it.
        """
        return "member" if self.label(by) in _MEMBERS else self.subject


# Labels whose values are parts of the network; others, such as a version, are of all of it.
_MEMBERS = frozenset({"node", "core", "implementation"})
_MINUTES = Window(5 * MINUTE_US, MINUTE_US, DAY_US)
_SLOTS = Window(10 * MINUTE_US, MINUTE_US, 6 * HOUR_US)
# Longer ones would compare too many blocks of a large network at each evaluation.
_COMPARED = Window(HOUR_US, 10 * MINUTE_US, 6 * HOUR_US)
_HISTORY = Window(HOUR_US, 5 * MINUTE_US, 7 * DAY_US)

_NODES = (
    Figure(
        "node_silent_seconds",
        "seconds",
        "Time since the last message of a node, connected or not. In the first two minutes after "
        "the start of tart or of a shard, in which nodes connect again, it is not known of a node "
        "that has sent nothing since. A node that has been silent for longer than the window "
        "counts as retired and has no value; nor has one while a shard that may know more does "
        "not answer.",
        by=("node",),
        window=Window(DAY_US, 5 * MINUTE_US, 30 * DAY_US),
        ends_with_window=True,
    ),
    Figure(
        "node_disconnected_seconds",
        "seconds",
        "Time since the last message of a node without an open connection, 0 for connected nodes. "
        "The rest is as of node_silent_seconds.",
        by=("node",),
        window=Window(DAY_US, 5 * MINUTE_US, 30 * DAY_US),
        ends_with_window=True,
    ),
    Figure(
        "node_behind_slots",
        "slots",
        "Slots by which the best block of a connected node is behind that of the network, which a "
        "third of the connected nodes have reached. A node that connects again is where it was "
        "before until it names its best block; nodes that never named one have no value. It is not "
        "known of nodes that have sent nothing for half a minute.",
        by=("node",),
    ),
    Figure(
        "node_clock_offset_seconds",
        "seconds",
        "Difference between a node's clock and the server's, forwards or backwards: the smallest "
        "delay between the time in an event and its receipt, in the window. From three nodes on "
        "the median of the nodes is subtracted, so that a wrong clock of the server, and a capture "
        "that is played later, show in network_clock_offset_seconds alone.",
        by=("node",),
        window=Window(3 * MINUTE_US, 2 * MINUTE_US, DAY_US),
    ),
    Figure(
        "node_dropped_events",
        "events",
        "Events that a node reported to have dropped (Dropped) in the window.",
        by=("node",),
        window=Window(5 * MINUTE_US, MINUTE_US, HOUR_US),
    ),
    Figure(
        "node_undecodable_events",
        "events",
        "Events of a node in the window that cannot be decoded. Counted while tart watches: after "
        "a restart the window fills again.",
        by=("node",),
        window=Window(5 * MINUTE_US, MINUTE_US, HOUR_US),
    ),
    Figure(
        "node_new_findings",
        "findings",
        "Rules of conformance (warnings and errors) that a node broke in the window and not in the "
        "seven days before. Rules that it broke within a window after tart first saw it are not "
        "new; before that it has no value.",
        by=("node",),
        window=_HISTORY,
    ),
    Figure(
        "node_anomaly_score",
        "score",
        "How far a node is from the other nodes in the same minutes: the greatest distance of its "
        "figures from the median of all nodes, in units of their spread (median absolute "
        "deviation), in three of the last five minutes. No value while a minute is not scored "
        "because a shard did not answer.",
        by=("node",),
    ),
)
_CHAIN = (
    Figure(
        "finality_lag_slots",
        "slots",
        "Slots between the best block and the finalized block of the network, each the highest "
        "that a third of the connected nodes have reached. No value while nodes do not report "
        "finality.",
    ),
    Figure(
        "best_block_age_seconds",
        "seconds",
        "Time since the network reached its best block. No value without a node that names its "
        "best block on an open connection.",
    ),
    Figure(
        "finalized_block_age_seconds",
        "seconds",
        "Time since the network reached its finalized block. No value without a node that names "
        "its finalized block on an open connection.",
    ),
    Figure(
        "forks_share",
        "share",
        "Share of the slots in the window for which nodes named several best blocks, of the slots "
        "with a block. No value with fewer than 10 slots.",
        window=_SLOTS,
        is_comparable=True,
        highest=1.0,
    ),
    Figure(
        "missed_slots_share",
        "share",
        "Share of slots without a block, between the first and the last slot for which a block "
        "was first named in the window. No value with fewer than 10 slots.",
        window=_SLOTS,
        is_comparable=True,
        highest=1.0,
    ),
    Figure(
        "late_assurances_share",
        "share",
        "Share of the assurances received in the window that arrived more than a slot after the "
        "first assurer began to distribute those of their anchor, or began again since a slot had "
        "no block. No value with fewer than 20 assurances.",
        window=_MINUTES,
        is_comparable=True,
        highest=1.0,
    ),
    Figure(
        "late_guarantees_share",
        "share",
        "Share of the guarantees that were sent to a validator in the window whose sending began "
        "more than a slot after they were built, or took longer, by the guarantor's clock: more "
        "than seven seconds, as durations are stored. No value with fewer than 20.",
        window=_MINUTES,
        is_comparable=True,
        highest=1.0,
    ),
    Figure(
        "step_failure_share",
        "share",
        "Failures of a pipeline divided by its attempts, in the window. A pipeline with fewer than "
        "100 attempts (20 by node) has no value. Attempts to connect to a peer are not a step: see "
        "connection_failure_share. Compared with an earlier window, a share below 5 % there counts "
        "as 5 %.",
        by=("pipeline", "node", "implementation"),
        window=_MINUTES,
        is_comparable=True,
    ),
    Figure(
        "core_guarantees",
        "guarantees",
        "Guarantees built in the window for packages of a core. A core has a value if a guarantor "
        "received a package of it in the window: 0 if none of them was guaranteed.",
        by=("core",),
        window=_MINUTES,
    ),
    Figure(
        "core_failure_share",
        "share",
        "Work-packages of a core that failed at a guarantor, divided by those that ended there, in "
        "the window: failed, guaranteed, or signed for another guarantor. Packages that fail "
        "before their core is known do not count. A core with fewer than 20 has no value.",
        by=("core",),
        window=_MINUTES,
        is_comparable=True,
        highest=1.0,
    ),
    Figure(
        "connection_failure_share",
        "share",
        "Attempts of nodes to connect to each other that failed, divided by all attempts, in the "
        "window. It is high as long as a validator is not there, because the others try again. No "
        "value with fewer than 100 attempts.",
        window=_MINUTES,
        is_comparable=True,
    ),
)
_NETWORK = (
    Figure(
        "nodes_connected",
        "nodes",
        "Nodes with an open connection. It is low after a start of tart until they connect again: "
        "give a rule about it a time (for).",
    ),
    Figure(
        "nodes_disconnected_share",
        "share",
        "Share of nodes without an open connection, of those that were connected in the window. No "
        "value in the first two minutes after the start of tart or of a shard, in which nodes "
        "connect again.",
        window=Window(HOUR_US, 5 * MINUTE_US, DAY_US),
        highest=1.0,
    ),
    Figure(
        "network_clock_offset_seconds",
        "seconds",
        "Median over the nodes of the difference between their clocks and the server's, forwards "
        "or backwards: the server's clock is wrong, or events are played later. No value with "
        "fewer than three nodes.",
        window=Window(3 * MINUTE_US, 2 * MINUTE_US, DAY_US),
    ),
    Figure(
        "new_findings_nodes",
        "nodes",
        "Nodes that broke a rule of conformance (a warning or an error) in the window that no node "
        "broke in the seven days before. Rules that were broken within a window after tart first "
        "saw the network are not new; before that there is no value.",
        by=("rule",),
        window=_HISTORY,
    ),
    Figure(
        "version_appeared_nodes",
        "nodes",
        "Connected nodes with a version of an implementation that no node had in the seven days "
        "before the window. Versions that came within a window after tart first saw the network "
        "are not new; before that there is no value.",
        by=("version",),
        window=_HISTORY,
    ),
    Figure(
        "version_vanished_nodes",
        "nodes",
        "Nodes that had a version of an implementation in the window, if no node is connected with "
        "it any more.",
        by=("version",),
        window=_HISTORY,
    ),
    Figure(
        "network_anomaly_score",
        "score",
        "How unusual a figure of the network is against its own history: its deviation from an "
        "exponentially weighted mean, normalised by how often such deviations occurred before. No "
        "value until enough of its history is known.",
        by=("figure",),
    ),
    Figure(
        "failure_groups_new",
        "events",
        "Events in the window of a group of failures that was seen for the first time in it; not "
        "of groups that an operator resolved or ignored, nor of those that were there when the "
        "server started for the first time.",
        by=("fingerprint",),
        details=("event", "template"),
        window=_HISTORY,
    ),
    Figure(
        "failure_groups_regressed",
        "events",
        "Events of a group of failures since it came back, if that was in the window, after it "
        "was resolved; counted by whole minutes.",
        by=("fingerprint",),
        details=("event", "template", "version"),
        window=_HISTORY,
    ),
    Figure(
        "chain_unreported_blocks",
        "blocks",
        "Final blocks of a node of which its telemetry says nothing, though it is complete "
        "(/api/chain/reconcile). Of nodes whose validator index is known; without rpc.urls there "
        "is no value.",
        by=("node",),
        window=_COMPARED,
    ),
    Figure(
        "chain_unknown_blocks",
        "blocks",
        "Blocks that a node says to have authored, and that no endpoint and no other node knows, "
        "or that another validator made. The rest is as of chain_unreported_blocks.",
        by=("node",),
        window=_COMPARED,
    ),
    Figure(
        "chain_guarantee_findings",
        "cases",
        "Guarantees on chain of which a guarantor's telemetry says nothing, and guarantees that a "
        "node alone knows. The rest is as of chain_unreported_blocks.",
        by=("node",),
        window=_COMPARED,
    ),
    Figure(
        "chain_assurance_findings",
        "cases",
        "Assurances on chain of which a node says nothing, those that it says to have sent and no "
        "node received, and those that blocks lack beyond chance. The rest is as of "
        "chain_unreported_blocks.",
        by=("node",),
        window=_COMPARED,
    ),
    Figure(
        "chain_number_findings",
        "cases",
        "Blocks of which a node says other numbers than the chain has: members of the outline, "
        "gas. The rest is as of chain_unreported_blocks.",
        by=("node",),
        window=_COMPARED,
    ),
    Figure(
        "validators_without_telemetry",
        "validators",
        "Validators that are active on chain in the last whole epoch of the window, and of which "
        "no node is known. Without rpc.urls, and with less than two epochs, there is no value.",
        window=_COMPARED,
    ),
)
_SERVER = (
    Figure(
        "shards_missing",
        "shards",
        "Shards of tart that do not answer, or are starting.",
        subject="server",
    ),
    Figure(
        "disk_free_share",
        "share",
        "Free share of the disk that holds the data directory.",
        subject="server",
        highest=1.0,
    ),
    Figure(
        "disk_full_hours",
        "hours",
        "Time until the events to be stored need more than the disk has, at the present rate. No "
        "value if it suffices for the retention time, and in the first ten minutes.",
        subject="server",
    ),
    Figure(
        "memory_free_share",
        "share",
        "Available share of the memory of the host, or of what the service may use (MemoryMax) if "
        "that is less.",
        subject="server",
        highest=1.0,
    ),
    Figure(
        "write_latency_seconds",
        "seconds",
        "Time in which 99 of 100 commits to the event log ended, in the window, of the slowest "
        "shard. No value without a commit.",
        subject="server",
        window=Window(5 * MINUTE_US, MINUTE_US, HOUR_US),
    ),
    Figure(
        "ingest_pauses",
        "pauses",
        "Pauses of shards in the window, in which they read no node because of a full buffer, "
        "disk or memory. Pauses of single nodes by their rate do not count.",
        subject="server",
        window=Window(5 * MINUTE_US, MINUTE_US, HOUR_US),
    ),
    Figure(
        "derived_failures",
        "failures",
        "Failures of derived work of the shards in the window: events are stored, but figures lack "
        "them.",
        subject="server",
        window=Window(15 * MINUTE_US, MINUTE_US, HOUR_US),
    ),
    Figure(
        "certificate_expires_days",
        "days",
        "Time until the certificate of the API expires, negative after that. No value without "
        "api.tls_certificate.",
        subject="server",
        lowest=-math.inf,
    ),
    Figure(
        "backup_age_hours",
        "hours",
        "Time since the newest complete backup that tart backup made of this data directory. No "
        "value if there is none.",
        subject="server",
    ),
    Figure(
        "descriptors_used_share",
        "share",
        "Open file descriptors divided by their limit, of the process that is nearest to it.",
        subject="server",
        highest=1.0,
    ),
)

FIGURES: Mapping[str, Figure] = {
    figure.name: figure for figure in (*_NODES, *_CHAIN, *_NETWORK, *_SERVER)
}
