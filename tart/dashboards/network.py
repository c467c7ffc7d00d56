"""The dashboard of the network, from ``/metrics/network``.

One instance at a time: two servers that the same nodes report to see the same network, and their
sum would be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable

from tart.dashboards.model import RED, YELLOW, Dashboard, Panel, Query, Row, Variable
from tart.protocol.events import EventKind

_INSTANCE = 'instance="$instance"'
_RATE = "[$__rate_interval]"
_STEP = "tart_network_latency_seconds"
_BLOCK_STEPS = f'{{{_INSTANCE}, step=~"(Authoring|Importing)_.*"}}'


def _of(metric: str, *matchers: str) -> str:
    return f"tart_network_{metric}{{{', '.join((_INSTANCE, *matchers))}}}"


def _rate(metric: str, by: str, legend: str, *matchers: str) -> tuple[Query, ...]:
    return (Query(f"sum by ({by}) (rate({_of(metric, *matchers)}{_RATE}))", legend),)


def _events(*kinds: EventKind) -> tuple[Query, ...]:
    """Return the rates of events of some types, in one query."""
    names: Iterable[str] = (kind.variant for kind in kinds)
    return _rate("events_total", "event", "{{event}}", f'event=~"{"|".join(names)}"')


def _status(metric: str) -> tuple[Query, ...]:
    return (Query(_of(metric), "{{statistic}}"),)


_CHAIN = Row(
    "Chain",
    (
        Panel(
            "Best slot",
            "Slot that the best blocks of a third of the connected nodes have reached.",
            (Query(_of("best_slot")),),
            "stat",
            "none",
            4,
        ),
        Panel(
            "Finalized slot",
            "Slot that the finalized blocks of a third of the connected nodes have reached.",
            (Query(_of("finalized_slot")),),
            "stat",
            "none",
            4,
        ),
        Panel(
            "Finality lag",
            "Slots from the finalized block to the best block. It grows while finality stalls.",
            (Query(f"{_of('best_slot')} - {_of('finalized_slot')}"),),
            "stat",
            "none",
            4,
            thresholds=((10.0, YELLOW), (50.0, RED)),
        ),
        Panel(
            "Connected nodes",
            "Nodes with an open connection to tart.",
            (Query(_of("connected_nodes")),),
            "stat",
            "none",
            4,
        ),
        Panel(
            "Nodes behind",
            "Connected nodes whose best block is five or more slots behind, or unknown.",
            (Query(_of("nodes_behind")),),
            "stat",
            "none",
            4,
            thresholds=((1.0, YELLOW),),
            quiet=True,
        ),
        Panel(
            "Block interval (p50)",
            "Median seconds from one best block to the next. A slot takes six seconds.",
            (
                Query(
                    "histogram_quantile(0.5, sum by (le) (rate("
                    f"{_of('block_interval_seconds_bucket')}{_RATE})))"
                ),
            ),
            "stat",
            "s",
            4,
            thresholds=((7.0, YELLOW), (12.0, RED)),
        ),
        Panel(
            "Best and finalized slot",
            "Both rise by one every six seconds; a flat line is a stall.",
            (Query(_of("best_slot"), "best"), Query(_of("finalized_slot"), "finalized")),
            unit="none",
            from_zero=False,
        ),
        Panel(
            "Block interval",
            "Seconds between the first reports of successive best blocks. Multiples of six are "
            "slots without a block.",
            (
                Query(
                    f"sum by (le) (increase({_of('block_interval_seconds_bucket')}{_RATE}))",
                    "{{le}}",
                ),
            ),
            "heatmap",
            "short",
        ),
        Panel(
            "Blocks by outcome",
            "Blocks per second over all nodes: authored once, imported by every other node.",
            _rate("blocks_total", "role, outcome", "{{role}}: {{outcome}}"),
        ),
        Panel(
            "Reports of best and finalized blocks",
            "Events per second over all nodes.",
            _events(EventKind.BEST_BLOCK_CHANGED, EventKind.FINALIZED_BLOCK_CHANGED),
        ),
    ),
)
_NODES = Row(
    "Nodes",
    (
        Panel(
            "Nodes by implementation",
            "Connected nodes by the implementation that they state.",
            (
                Query(
                    "sum by (implementation) ("
                    + _of("nodes", 'implementation=~"$implementation"')
                    + ")",
                    "{{implementation}}",
                ),
            ),
            unit="none",
            stacked=True,
        ),
        Panel(
            "Versions",
            "Connected nodes by implementation and version. Beyond 32 pairs in a day: other.",
            (
                Query(
                    "sum by (implementation, version) ("
                    + _of("nodes", 'implementation=~"$implementation"')
                    + ")",
                    "nodes",
                ),
            ),
            "table",
            "none",
        ),
        Panel(
            "Sync status",
            "Connected nodes by the sync status that they last reported.",
            (Query(_of("sync_nodes"), "{{state}}"),),
            unit="none",
            stacked=True,
        ),
        Panel(
            "Nodes apart from the others",
            "behind: five or more slots. ahead: a best or finalized block beyond the network's, "
            "which may be an invention.",
            (Query(_of("nodes_behind"), "behind"), Query(_of("nodes_ahead"), "ahead")),
            unit="none",
            quiet=True,
        ),
        Panel(
            "Peers of a node",
            "Least, median and greatest number of peers, by the nodes' newest Status.",
            _status("node_peers"),
            unit="none",
            width=8,
        ),
        Panel(
            "Shards of a node",
            "Bytes of erasure-coded shards that a node stores, by the nodes' newest Status.",
            _status("node_shards_bytes"),
            unit="bytes",
            width=8,
        ),
        Panel(
            "Preimages of a node",
            "Bytes of preimages that a node has ready, by the nodes' newest Status.",
            _status("node_preimages_bytes"),
            unit="bytes",
            width=8,
        ),
    ),
)
_EVENTS = Row(
    "Events",
    (
        Panel(
            "Events by group",
            "Events per second over all nodes, by section of JIP-3.",
            _rate("events_total", "group", "{{group}}"),
            stacked=True,
        ),
        Panel(
            "Most frequent events",
            "The ten event types with most events now, per second.",
            (
                Query(
                    f"topk(10, sum by (event) (rate({_of('events_total')}{_RATE})))",
                    "{{event}}",
                ),
            ),
            "bargauge",
        ),
    ),
)
_LATENCY = Row(
    "Durations of steps, by the nodes' own clocks",
    (
        Panel(
            "Duration of the selected steps",
            "Seconds from an event to one that refers to it; choose the steps above. Buckets are "
            "powers of two, so a quantile is exact within a factor of two.",
            tuple(
                Query(
                    f"histogram_quantile({share}, sum by (step, le) (rate({_STEP}_bucket"
                    f'{{{_INSTANCE}, step=~"$step"}}{_RATE})))',
                    f"p{share * 100:.0f} {{{{step}}}}",
                )
                for share in (0.5, 0.99)
            ),
            unit="s",
        ),
        Panel(
            "Slowest steps (p99)",
            "The ten steps with the greatest 99th percentile now.",
            (
                Query(
                    f"topk(10, histogram_quantile(0.99, sum by (step, le) (rate({_STEP}_bucket"
                    f"{{{_INSTANCE}}}{_RATE}))))",
                    "{{step}}",
                ),
            ),
            "bargauge",
            "s",
        ),
        Panel(
            "Authoring and import",
            "Mean seconds of a block's steps.",
            (
                Query(
                    f"sum by (step) (rate({_STEP}_sum{_BLOCK_STEPS}{_RATE})) / "
                    f"(sum by (step) (rate({_STEP}_count{_BLOCK_STEPS}{_RATE})) > 0)",
                    "{{step}}",
                ),
            ),
            unit="s",
        ),
        Panel(
            "Steps completed",
            "Steps per second; a step that stops here is stuck.",
            (
                Query(
                    f'sum by (step) (rate({_STEP}_count{{{_INSTANCE}, step=~"$step"}}{_RATE}))',
                    "{{step}}",
                ),
            ),
        ),
    ),
)
_GUARANTEEING = Row(
    "Work-packages and availability",
    (
        Panel(
            "Work-packages by outcome",
            "Work-packages per second at each guarantor: the primary distributes a guarantee, the "
            "secondary signs.",
            _rate("work_packages_total", "role, outcome", "{{role}}: {{outcome}}"),
        ),
        Panel(
            "Where work-packages fail",
            "Failed and unfinished work-packages by the last step that they completed.",
            _rate(
                "work_packages_total",
                "outcome, last_step",
                "{{outcome}} after {{last_step}}",
                'outcome=~"failed|unfinished"',
            ),
            quiet=True,
        ),
        Panel(
            "Guarantees",
            "Guarantees per second: built by a guarantor, sent to and received by others.",
            _events(
                EventKind.GUARANTEE_BUILT,
                EventKind.GUARANTEE_SENT,
                EventKind.GUARANTEE_RECEIVED,
                EventKind.GUARANTEES_DISTRIBUTED,
            ),
        ),
        Panel(
            "Guarantees discarded",
            "Guarantees that guarantors discarded; reported_on_chain is the good end.",
            _rate("guarantees_discarded_total", "reason", "{{reason}}"),
        ),
        Panel(
            "Assurances",
            "Assurances per second: distributed by a validator, sent to and received by others.",
            _events(
                EventKind.DISTRIBUTING_ASSURANCE,
                EventKind.ASSURANCE_SENT,
                EventKind.ASSURANCE_RECEIVED,
            ),
        ),
        Panel(
            "Data availability",
            "Transfers per second of shards, bundle shards and segment shards.",
            _events(
                EventKind.SHARDS_TRANSFERRED,
                EventKind.BUNDLE_SHARD_TRANSFERRED,
                EventKind.SEGMENT_SHARDS_TRANSFERRED,
            ),
        ),
    ),
)
_FAILURES = Row(
    "Failures and conformance",
    (
        Panel(
            "Failure rate by pipeline",
            "Failures divided by attempts of the same pipeline.",
            (
                Query(
                    f"sum by (pipeline) (rate({_of('failures_total')}{_RATE})) / "
                    f"(sum by (pipeline) (rate({_of('attempts_total')}{_RATE})) > 0)",
                    "{{pipeline}}",
                ),
            ),
            unit="percentunit",
            thresholds=((0.1, RED),),
            quiet=True,
        ),
        Panel(
            "Failures by event",
            "Failures per second by the event that reports them.",
            (
                Query(
                    f"sum by (event) (rate({_of('failures_total')}{_RATE})) > 0",
                    "{{event}}",
                ),
            ),
            stacked=True,
            quiet=True,
        ),
        Panel(
            "Conformance findings",
            "Findings per second by rule; /api/conformance names the nodes.",
            (
                Query(
                    f"sum by (severity, rule) (rate({_of('findings_total')}{_RATE})) > 0",
                    "{{severity}}: {{rule}}",
                ),
            ),
            quiet=True,
        ),
        Panel(
            "What these metrics lack",
            "missing: shards that did not answer. folded: implementations counted as other. "
            "ignored: reports of best blocks left out of the intervals.",
            (
                Query(_of("shards", 'state="missing"'), "missing"),
                Query(f"increase({_of('implementations_folded_total')}{_RATE})", "folded"),
                Query(f"increase({_of('best_slots_ignored_total')}{_RATE})", "ignored"),
            ),
            quiet=True,
        ),
    ),
)
NETWORK = Dashboard(
    "tart-network",
    "tart: network",
    "The JAM network as its nodes report it: chain, nodes, events, durations, failures.",
    (
        Variable(
            "instance", "Instance", "label_values(tart_network_shards, instance)", several=False
        ),
        Variable(
            "implementation",
            "Implementation",
            f"label_values(tart_network_nodes{{{_INSTANCE}}}, implementation)",
        ),
        Variable("step", "Step", f"label_values({_STEP}_count{{{_INSTANCE}}}, step)"),
    ),
    (_CHAIN, _NODES, _EVENTS, _LATENCY, _GUARANTEEING, _FAILURES),
)
