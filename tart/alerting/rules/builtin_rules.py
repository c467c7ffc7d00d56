"""The rules that tart declares.

Pure. Those that are on cannot be wrong: their thresholds lie beyond what a healthy network shows,
whether it has six nodes or a thousand, and a share of few cases has no value
(``alerting.figures``). Those that depend on the network are off and say why (``off_because``).

A network alert is critical where the network may stop or stands still, a server's where events may
be lost or are no longer served. Nodes are warnings: a network lives with the loss of some.
"""

from __future__ import annotations

from typing import Any

from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition, Rule, Severity
from tart.units import HOUR_US, MINUTE_US, SECOND_US

_PAGE_OF_NODE = "#/nodes/{node}"


def _rule(
    alert: str,
    condition: FigureCondition,
    severity: Severity,
    summary: str,
    description: str,
    page: str,
    **members: Any,
) -> Rule:
    figure = FIGURES[condition.figure]
    return Rule(
        alert=alert,
        condition=condition,
        scope=figure.scope(condition.by),
        severity=severity,
        annotations={"summary": summary, "description": description},
        page=page,
        is_builtin=True,
        **members,
    )


def _figure(name: str, **condition: Any) -> FigureCondition:
    figure = FIGURES[name]
    return FigureCondition(
        name,
        **{"by": figure.label(None), "window_us": figure.window_us, **condition},
    )


_NETWORK = (
    _rule(
        "FinalityStalled",
        _figure("finality_lag_slots", above=20),
        "critical",
        "Finality is {{ $value }} slots behind the best block.",
        "Finality needs the votes of more than two thirds of the validators. See which nodes are "
        "missing or behind, and whether they agree on the best block.",
        "#/blocks",
        for_us=MINUTE_US,
    ),
    _rule(
        "BestBlockStalled",
        _figure("best_block_age_seconds", above=60),
        "critical",
        "The network has had no new best block for {{ $value | humanizeDuration }}.",
        "No author makes a block that the others accept. See the newest slots: whether authoring "
        "fails, or blocks are made and not imported.",
        "#/blocks",
        for_us=30 * SECOND_US,
    ),
    _rule(
        "ForksMany",
        _figure("forks_share", above=0.3),
        "warning",
        "{{ $value | humanizePercentage }} of the slots with a block have several best blocks.",
        "Authors do not see each other's blocks in time, or make several for a slot. See the "
        "propagation of blocks, and the slots with several.",
        "#/blocks",
        for_us=5 * MINUTE_US,
    ),
    _rule(
        "SlotsMissed",
        _figure("missed_slots_share", above=0.34),
        "warning",
        "{{ $value | humanizePercentage }} of the slots have no block.",
        "See which authors are missing: whether their nodes are silent, or authoring fails.",
        "#/blocks",
        for_us=5 * MINUTE_US,
    ),
    _rule(
        "NodesLost",
        _figure("nodes_disconnected_share", above=0.33),
        "critical",
        "{{ $value | humanizePercentage }} of the nodes of the last hour are not connected.",
        "Either the nodes have stopped, or they do not reach this server. With a third of the "
        "validators gone the network cannot finalize. A network that was stopped on purpose ends "
        "this alert after an hour.",
        "#/nodes",
        for_us=2 * MINUTE_US,
        on_missing="resolve",
    ),
    _rule(
        "AssurancesLate",
        _figure("late_assurances_share", above=0.1),
        "warning",
        "{{ $value | humanizePercentage }} of the assurances arrive more than a slot late.",
        "Late assurances miss the next block, and work-reports become available later or time out. "
        "See the times of distribution by node.",
        "#/availability",
        for_us=5 * MINUTE_US,
    ),
    _rule(
        "GuaranteesLate",
        _figure("late_guarantees_share", above=0.1),
        "warning",
        "{{ $value | humanizePercentage }} of the guarantees take longer than a slot to be sent.",
        "Late guarantees miss their block. See the guarantors' times, and whether their "
        "connections to other validators hold.",
        "#/work",
        for_us=5 * MINUTE_US,
    ),
    _rule(
        "StepFailures",
        _figure("step_failure_share", above=4, against_us=HOUR_US),
        "warning",
        "{{ $labels.pipeline }} fails {{ $value | humanize }} times as often as an hour ago.",
        "The threshold is 4 times the share of failures of an hour ago, of which less than 5 % "
        "counts as 5 %. See the reasons of the failures, and whether one implementation, version "
        "or node has them all.",
        "#/conformance",
        for_us=2 * MINUTE_US,
        jamtart_type="high_failure_rate",
    ),
    _rule(
        "VersionAppeared",
        _figure("version_appeared_nodes", above=0),
        "info",
        "{{ $value }} nodes have {{ $labels.version }}, which no node had in the last seven days.",
        "Compare the implementations: failures, times and findings of the new version.",
        "#/implementations",
    ),
    _rule(
        "VersionVanished",
        _figure("version_vanished_nodes", above=1),
        "info",
        "The last of {{ $value }} nodes with {{ $labels.version }} is gone or upgraded.",
        "If these nodes were not upgraded, they stopped together: see when they were last seen.",
        "#/implementations",
        for_us=10 * MINUTE_US,
        on_missing="resolve",
    ),
    _rule(
        "FindingsNew",
        _figure("new_findings_nodes", above=0),
        "info",
        "{{ $value }} nodes break the rule {{ $labels.rule }}, which none broke in seven days.",
        "See the examples of the finding, and which implementation and version it is of.",
        "#/conformance",
    ),
    _rule(
        "FailureGroupRegressed",
        _figure("failure_groups_regressed", above=0),
        "warning",
        "{{ $labels.event }}: {{ $labels.template }}: was resolved and came back in "
        "{{ $labels.version }}, {{ $value }} events.",
        "See in which version it was seen again, and the events before it.",
        "#/failures/{fingerprint}",
        on_missing="resolve",
    ),
)
_NODES = (
    _rule(
        "NodeSilent",
        _figure("node_silent_seconds", above=60),
        "warning",
        "Node {{ $labels.node | short }} has sent nothing for {{ $value | humanizeDuration }}.",
        "A node sends its status every two seconds. Either it has stopped, or it does not reach "
        "this server. A node that is silent for a day counts as retired.",
        _PAGE_OF_NODE,
        for_us=MINUTE_US,
        on_missing="resolve",
        jamtart_type="node_inactive",
    ),
    _rule(
        "NodeBehind",
        _figure("node_behind_slots", above=10),
        "warning",
        "Node {{ $labels.node | short }} is {{ $value }} slots behind the network.",
        "It does not import blocks in time. See whether it synchronises, its peers, and the times "
        "of its imports.",
        _PAGE_OF_NODE,
        for_us=MINUTE_US,
        on_missing="resolve",
        jamtart_type="node_behind",
    ),
    _rule(
        "NodeClockWrong",
        _figure("node_clock_offset_seconds", above=5),
        "warning",
        "The clock of node {{ $labels.node | short }} is wrong by {{ $value | humanizeDuration }}.",
        "Authors with a wrong clock make blocks that others refuse. See whether its time "
        "synchronisation runs.",
        _PAGE_OF_NODE,
        for_us=2 * MINUTE_US,
    ),
    _rule(
        "NodeDroppingEvents",
        _figure("node_dropped_events", above=100),
        "warning",
        "Node {{ $labels.node | short }} dropped {{ $value }} events within five minutes.",
        "The node made events faster than they were taken: see its rate of events, the pauses of "
        "its connection, and the link between it and this server.",
        _PAGE_OF_NODE,
        on_missing="resolve",
        jamtart_type="dropped_events",
    ),
    _rule(
        "NodeEventsUndecodable",
        _figure("node_undecodable_events", above=0),
        "warning",
        "{{ $value }} events of node {{ $labels.node | short }} within five minutes cannot be "
        "decoded.",
        "The node does not follow JIP-3, or another version of it. See the findings of the node: "
        "they name the field and the offset.",
        _PAGE_OF_NODE,
        on_missing="resolve",
        jamtart_type="undecodable_events",
    ),
)
_SERVER = (
    _rule(
        "ShardMissing",
        _figure("shards_missing", above=0),
        "critical",
        "{{ $value }} shards of this server do not answer.",
        "Events of their nodes are not received, and answers lack theirs. See 'tart status' and "
        "the server's log; a shard that recovers says how far it is.",
        "#/server",
        for_us=MINUTE_US,
    ),
    _rule(
        "DiskLow",
        _figure("disk_free_share", below=0.1),
        "warning",
        "{{ $value | humanizePercentage }} of the disk is free.",
        "Make room, or lower storage.retain_disk_share: tart itself uses no more than that share.",
        "#/server",
        for_us=5 * MINUTE_US,
    ),
    _rule(
        "DiskFull",
        _figure("disk_free_share", below=0.02),
        "critical",
        "{{ $value | humanizePercentage }} of the disk is free.",
        "Below storage.disk_reserve_bytes no node is read any more: make room now.",
        "#/server",
        for_us=MINUTE_US,
    ),
    _rule(
        "MemoryLow",
        _figure("memory_free_share", below=0.05),
        "warning",
        "{{ $value | humanizePercentage }} of the memory is available.",
        "See which process uses it; the kernel may end one of tart's.",
        "#/server",
        for_us=5 * MINUTE_US,
    ),
    _rule(
        "WritesSlow",
        _figure("write_latency_seconds", above=1),
        "warning",
        "One of 100 writes to the event log takes {{ $value | humanizeDuration }} or more.",
        "See what else uses the disk. Nothing is lost: nodes are read more slowly.",
        "#/server",
        for_us=5 * MINUTE_US,
    ),
    _rule(
        "IngestPaused",
        _figure("ingest_pauses", above=0),
        "warning",
        "Shards stopped reading nodes {{ $value }} times within five minutes.",
        "A buffer, the disk or the memory was full. Nodes whose events are not taken drop them. "
        "See the pauses by reason.",
        "#/server",
    ),
    _rule(
        "DerivedWorkFailing",
        _figure("derived_failures", above=0),
        "warning",
        "Derived work failed {{ $value }} times within a quarter of an hour.",
        "Events are stored, but figures lack some. See the server's log and its health, which "
        "name the stage that fails.",
        "#/server",
    ),
    _rule(
        "CertificateExpiresSoon",
        _figure("certificate_expires_days", below=7),
        "warning",
        "The certificate of the API expires in {{ $value | humanize }} days.",
        "Renew it and send tart SIGHUP, which loads it again.",
        "#/server",
    ),
    _rule(
        "CertificateExpires",
        _figure("certificate_expires_days", below=1),
        "critical",
        "The certificate of the API expires in {{ $value | humanize }} days.",
        "Renew it and send tart SIGHUP, which loads it again. Negative days have passed since.",
        "#/server",
    ),
    _rule(
        "BackupOld",
        _figure("backup_age_hours", above=50),
        "warning",
        "The newest backup is {{ $value | humanize }} hours old.",
        "See why the job that runs 'tart backup' does not. Servers that were never backed up have "
        "no such alert.",
        "#/server",
    ),
    _rule(
        "DescriptorsLow",
        _figure("descriptors_used_share", above=0.9),
        "warning",
        "A process of this server uses {{ $value | humanizePercentage }} of its file descriptors.",
        "Without descriptors no node can connect: raise LimitNOFILE, or lower "
        "telemetry.max_connections.",
        "#/server",
        for_us=2 * MINUTE_US,
    ),
)
_OFF = (
    _rule(
        "NodeDisconnected",
        _figure("node_disconnected_seconds", above=300),
        "warning",
        "Node {{ $labels.node | short }} has not been connected for "
        "{{ $value | humanizeDuration }}.",
        "Look at its process and its network; its page shows what it sent last.",
        _PAGE_OF_NODE,
        on_missing="resolve",
        off_because="NodeSilent says the same of nodes that are gone, and more.",
    ),
    _rule(
        "NodeFindingsNew",
        _figure("node_new_findings", above=0),
        "info",
        "Node {{ $labels.node | short }} breaks {{ $value }} rules that it did not break before.",
        "See which rules, and since which version.",
        _PAGE_OF_NODE,
        off_because=(
            "FindingsNew tells of rules that no node broke before; this one tells of each "
            "node, and of each again after an upgrade."
        ),
    ),
    _rule(
        "NodeAnomalous",
        _figure("node_anomaly_score", above=10),
        "info",
        "Node {{ $labels.node | short }} differs from the others: score {{ $value | humanize }}.",
        "See in which figures it differs from the others.",
        _PAGE_OF_NODE,
        for_us=10 * MINUTE_US,
        on_missing="resolve",
        off_because="a node may differ for good reasons: its place, its hardware, its role.",
    ),
    _rule(
        "NetworkAnomalous",
        _figure("network_anomaly_score", above=10),
        "info",
        "{{ $labels.figure }} of the network is unusual: score {{ $value | humanize }}.",
        "Compare it with what the network did then: blocks, work, versions.",
        "#/network",
        on_missing="resolve",
        off_because="what is unusual need not be wrong: a load test, a new kind of work.",
    ),
    _rule(
        "NetworkClockWrong",
        _figure("network_clock_offset_seconds", above=5),
        "warning",
        "The clocks of most nodes differ from this server's by {{ $value | humanizeDuration }}.",
        "The server's clock is wrong: see whether its time synchronisation runs.",
        "#/server",
        for_us=2 * MINUTE_US,
        off_because="a capture that is played later differs, too.",
    ),
    _rule(
        "StepFailuresMany",
        _figure("step_failure_share", above=0.5, window_us=15 * MINUTE_US),
        "warning",
        "{{ $value | humanizePercentage }} of {{ $labels.pipeline }} fail.",
        "Unlike StepFailures it holds as long as the failures do. See their reasons, and the "
        "nodes.",
        "#/conformance",
        for_us=5 * MINUTE_US,
        off_because="some networks live with a pipeline that fails.",
    ),
    _rule(
        "ConnectionsFailing",
        _figure("connection_failure_share", above=0.9, window_us=15 * MINUTE_US),
        "info",
        "{{ $value | humanizePercentage }} of the attempts of nodes to connect to peers fail.",
        "See which validators no node reaches.",
        "#/topology",
        for_us=5 * MINUTE_US,
        off_because="nodes try again and again to connect to a validator that is not there.",
    ),
    _rule(
        "FailureGroupNew",
        _figure("failure_groups_new", above=0),
        "info",
        "{{ $labels.event }}: {{ $labels.template }}: a new failure, {{ $value }} events.",
        "See the reason, the nodes, and the events before it.",
        "#/failures/{fingerprint}",
        on_missing="resolve",
        off_because="a young network has new failures all the time.",
    ),
    _rule(
        "RetentionShort",
        _figure("disk_full_hours", below=24),
        "info",
        "The disk suffices for {{ $value | humanize }} hours; then the oldest events go early.",
        "Lower storage.retain_hours, or give the server a larger disk.",
        "#/server",
        for_us=30 * MINUTE_US,
        off_because="it is an estimate from the mean rate since the start.",
    ),
)

BUILTIN_RULES: tuple[Rule, ...] = (*_NETWORK, *_NODES, *_SERVER, *_OFF)
