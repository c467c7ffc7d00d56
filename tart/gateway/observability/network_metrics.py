"""``/metrics/network`` in Prometheus' text format: the network as its nodes report it.

Pure; time is an argument. ``FAMILIES`` declares every metric; documents and dashboards are
checked against it. Counters are totals over all shards (``counter_totals``), without a label
``shard``. Every label has few values: names of JIP-3, of tart's rules and outcomes, and for nodes
what ``implementation_labels`` admits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from statistics import median_low
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.gateway.observability.block_intervals import BlockIntervals, merge_slots
from tart.gateway.observability.counter_totals import CounterTotals
from tart.gateway.observability.implementation_labels import ImplementationLabels, label_value
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.rules import RULES
from tart.query.answers.network import ChainFigures
from tart.query.core.aggregate_columns import DISCARD_REASONS
from tart.query.core.chain_stats import (
    BEST_KEY,
    FINALIZED_KEY,
    STATUS_KEY,
    SYNC_KEY,
    chain_figures,
)
from tart.query.core.failure_rates import PIPELINES
from tart.query.core.log_histogram import BINS, PER_OCTAVE
from tart.query.core.wall_clock import mark_ahead
from tart.query.shard_queries.network import LastStatement, NetworkFigures, NodeFigures
from tart.query.topics.latency import step_name
from tart.units import SECOND_US

# Exponents of the buckets of durations: 2^8 us (0.256 ms) to 2^26 us (67 s). Bins are quarters of
# an octave, so these bounds cut none.
OCTAVES = range(8, 27)
# Nodes whose best block is this far behind: half a minute.
BEHIND_SLOTS = 5

_ROLES = {
    EventKind.AUTHORING.number: ("blocks", "author"),
    EventKind.IMPORTING.number: ("blocks", "importer"),
    EventKind.WORK_PACKAGE_SUBMISSION.number: ("work_packages", "primary"),
    EventKind.WORK_PACKAGE_BEING_SHARED.number: ("work_packages", "secondary"),
}
_FAILURE_PIPELINES = {
    kind: name for name, pipeline in PIPELINES.items() for kind in pipeline.failures
}


class Family(NamedTuple):
    """A metric: its type, labels and description."""

    kind: str
    labels: tuple[str, ...]
    description: str


_STATISTIC = ("statistic",)
# Members of Status, the metrics that show them, and their descriptions.
_GAUGES: Mapping[str, tuple[str, str]] = {
    "num_peers": ("node_peers", "Peers of a node"),
    "num_val_peers": ("node_validator_peers", "Validators among the peers of a node"),
    "num_sync_peers": (
        "node_announcing_peers",
        "Peers with which a node has a block announcement stream",
    ),
    "num_shards": ("node_shards", "Erasure-coded shards that a node stores"),
    "shards_size": ("node_shards_bytes", "Bytes of the shards that a node stores"),
    "num_preimages": ("node_preimages", "Preimages that a node has ready for requests"),
    "preimages_size": ("node_preimages_bytes", "Bytes of the preimages that a node has ready"),
}
FAMILIES: Mapping[str, Family] = {
    "shards": Family("gauge", ("state",), "Shards of tart that answered the scrape, or did not."),
    "best_slot": Family(
        "gauge", (), "Slot that the best blocks of a third of connected nodes have reached."
    ),
    "finalized_slot": Family(
        "gauge",
        (),
        "Slot that the finalized blocks of a third of connected nodes have reached.",
    ),
    "block_interval_seconds": Family(
        "histogram",
        (),
        "Seconds between the first reports of successive best blocks, of the slots that a third of "
        "the connected nodes report.",
    ),
    "best_slots_ignored": Family(
        "counter", (), "Reports of best blocks left out of the intervals: too many slots of a node."
    ),
    "connected_nodes": Family("gauge", (), "Nodes with an open connection."),
    "known_nodes": Family("gauge", (), "Nodes that tart remembers, connected or not."),
    "nodes": Family(
        "gauge",
        ("implementation", "version"),
        "Connected nodes by the implementation and version that they state. Beyond 32 pairs in a "
        "day: other.",
    ),
    "implementations_folded": Family(
        "counter", (), "Pairs of implementation and version that began to be counted as other."
    ),
    "sync_nodes": Family(
        "gauge", ("state",), "Connected nodes by the sync status that they last reported."
    ),
    "nodes_ahead": Family(
        "gauge", (), "Connected nodes that report a best or finalized block beyond the network's."
    ),
    "nodes_behind": Family(
        "gauge", (), f"Connected nodes whose best block is {BEHIND_SLOTS} or more slots behind."
    ),
    **{
        name: Family("gauge", _STATISTIC, f"{text}, by its newest Status: min, median, max.")
        for name, text in _GAUGES.values()
    },
    "events": Family("counter", ("group", "event"), "Events of nodes by type."),
    "latency_seconds": Family(
        "histogram",
        ("step",),
        "Seconds from an event to one that refers to it, by the node's own clock.",
    ),
    "attempts": Family(
        "counter", ("pipeline",), "Attempts of pipelines; failures divided by these is their rate."
    ),
    "failures": Family(
        "counter",
        ("pipeline", "event"),
        "Failures by pipeline and by the event that reports them.",
    ),
    "blocks": Family(
        "counter",
        ("role", "outcome", "last_step"),
        "Blocks authored or imported, counted at each node: outcome, and last step completed.",
    ),
    "work_packages": Family(
        "counter",
        ("role", "outcome", "last_step"),
        "Work-packages at each guarantor: outcome, and last step completed.",
    ),
    "guarantees_discarded": Family("counter", ("reason",), "Guarantees that guarantors discarded."),
    "findings": Family(
        "counter", ("rule", "severity"), "Deviations from JIP-3 by conformance rule."
    ),
}
_MAKERS: Mapping[str, Callable[..., Any]] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
}

Key = tuple[Any, ...]


def full_name(name: str) -> str:
    """Return the name under which Prometheus stores a family of ``FAMILIES``."""
    return f"tart_network_{name}{'_total' * (FAMILIES[name].kind == 'counter')}"


class _Nodes:
    """The connected nodes, merged over the shards."""

    def __init__(self, answers: Iterable[Iterable[NodeFigures]]) -> None:
        handshakes: dict[str, LastStatement] = {}
        statements: dict[str, dict[str, LastStatement]] = {}
        for node in (node for answer in answers for node in answer):
            handshakes[node.node_id] = _newer(handshakes.get(node.node_id), node.handshake)
            own = statements.setdefault(node.node_id, {})
            for kind, statement in node.statements.items():
                own[kind] = _newer(own.get(kind), statement)
        self.handshakes = {
            node_id: handshake for node_id, handshake in handshakes.items() if handshake.is_open
        }
        self._statements = statements

    def __len__(self) -> int:
        return len(self.handshakes)

    def values(self, kind: str, member: str) -> dict[str, Any]:
        """Return a member of the newest statement of a type, by node; ``None`` if unknown."""
        return {
            node_id: known.value.get(member)
            if (known := self._statements[node_id].get(kind))
            else None
            for node_id in self.handshakes
        }

    def implementations(self) -> Counter[tuple[str, str]]:
        """Return the number of nodes by implementation and version."""
        return Counter(
            (
                label_value(handshake.value.get("implementation_name")),
                label_value(handshake.value.get("implementation_version")),
            )
            for handshake in self.handshakes.values()
        )

    def chain(self) -> ChainFigures:
        """Return the best and the finalized block."""
        return chain_figures(
            {
                node_id: (
                    self._slot(node_id, BEST_KEY),
                    self._slot(node_id, FINALIZED_KEY),
                )
                for node_id in self.handshakes
            }
        )

    def _slot(self, node_id: str, kind: str) -> int | None:
        """Return the slot of the newest statement of a type, marked if it is ahead."""
        known = self._statements[node_id].get(kind)
        return known and mark_ahead(known.value.get("slot"), known.received_at)


def _newer(one: LastStatement | None, other: LastStatement) -> LastStatement:
    return other if one is None or other.rank >= one.rank else one


class NetworkMetrics:
    """The metrics of the network: what outlives a scrape.

    Args:
        restarted: Whether this gateway replaces one that ended.
    """

    def __init__(self, *, restarted: bool) -> None:
        self._counters = CounterTotals[Key](restarted=restarted)
        self._intervals = BlockIntervals(restarted=restarted)
        self._labels = ImplementationLabels()

    def page(
        self,
        figures: Mapping[int, NetworkFigures],
        *,
        shards: int,
        known_nodes: int,
        now_us: int,
        monotonic: float,
    ) -> bytes:
        """Return the page of one scrape.

        Args:
            figures: Of each shard that answered.
            shards: How many there are.
            known_nodes: The number of nodes that the gateway remembers.
            now_us: Unix microseconds.
            monotonic: Monotonic seconds.
        """
        for shard, answer in figures.items():
            self._counters.update(shard, answer["process"], _flatten(answer))
        nodes = _Nodes(answer["nodes"] for answer in figures.values())
        slots = merge_slots(answer["best_slots"] for answer in figures.values())
        self._intervals.observe(slots, connected=len(nodes), now_us=now_us)
        page = _Page()
        page.add("shards", "answered", value=len(figures))
        page.add("shards", "missing", value=shards - len(figures))
        page.add("known_nodes", value=known_nodes)
        page.add("connected_nodes", value=len(nodes))
        for pair, count in self._labels.assign(nodes.implementations(), monotonic).items():
            page.add("nodes", *pair, value=count)
        page.add("implementations_folded", value=self._labels.folded)
        page.histogram(
            "block_interval_seconds", buckets=self._intervals.buckets(), total=self._intervals.sum
        )
        _add_chain(page, nodes)
        _add_status(page, nodes)
        _add_counters(page, self._counters.totals)
        return page.text()


class _Page(Collector):
    """The families of one scrape."""

    def __init__(self) -> None:
        self._families: dict[str, Any] = {
            name: _MAKERS[family.kind](
                f"tart_network_{name}", family.description, labels=family.labels
            )
            for name, family in FAMILIES.items()
        }

    def add(self, name: str, *labels: str, value: float) -> None:
        """Add a sample."""
        self._families[name].add_metric(labels, value)

    def histogram(
        self, name: str, *labels: str, buckets: Sequence[tuple[str, float]], total: float
    ) -> None:
        """Add a histogram; the buckets are cumulative."""
        self._families[name].add_metric(labels, buckets, total)

    def text(self) -> bytes:
        """Return the page in Prometheus' text format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def describe(self) -> Iterable[Metric]:
        """Return nothing: registration would collect all metrics for their names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        yield from self._families.values()


def _flatten(figures: NetworkFigures) -> dict[Key, int]:
    """Return the counts of a shard by key; the first element of a key is its family."""
    counts = figures["counts"]
    flat: dict[Key, int] = {("best_slots_ignored",): figures["best_slots_ignored"]}
    flat |= {("events", number): count for number, count in counts["events"]}
    flat |= {("failures", number): count for number, count in counts["failures"]}
    flat |= {("discards", reason): count for reason, count in counts["discards"].items()}
    flat |= {("findings", rule): count for rule, count in counts["findings"].items()}
    for *end, count in counts["pipelines"]:
        flat["pipelines", *end] = count
    for parent, number, total_us, bins in counts["durations"]:
        flat["total_us", parent, number] = total_us
        for index, count in bins:
            flat["bins", parent, number, index] = count
    return flat


def _add_chain(page: _Page, nodes: _Nodes) -> None:
    chain, best = nodes.chain(), nodes.values(BEST_KEY, "slot")
    if chain["best_block"] is not None:
        page.add("best_slot", value=chain["best_block"])
        behind = chain["best_block"] - BEHIND_SLOTS
        page.add(
            "nodes_behind", value=sum(slot is None or slot <= behind for slot in best.values())
        )
    if chain["finalized_block"] is not None:
        page.add("finalized_slot", value=chain["finalized_block"])
    page.add("nodes_ahead", value=len(chain["ahead"]))


def _add_status(page: _Page, nodes: _Nodes) -> None:
    synced = Counter(nodes.values(SYNC_KEY, "synced").values())
    for state, value in (("synced", True), ("syncing", False), ("unknown", None)):
        page.add("sync_nodes", state, value=synced[value])
    functions: Mapping[str, Callable[[list[int]], int]] = {
        "min": min,
        "median": median_low,
        "max": max,
    }
    for member, (name, _) in _GAUGES.items():
        values = [each for each in nodes.values(STATUS_KEY, member).values() if each is not None]
        for statistic, function in functions.items():
            if values:
                page.add(name, statistic, value=function(values))


def _add_counters(page: _Page, totals: Counter[Key]) -> None:
    # Where the labels are known, counters that are 0 are samples, too: Prometheus sees a rate
    # from the first increase on only if there was a sample before it.
    page.add("best_slots_ignored", value=totals["best_slots_ignored",])
    for number, event in EVENTS.items():
        page.add("events", event.group, event.variant, value=totals["events", number])
    for name, pipeline in PIPELINES.items():
        attempts = sum(totals["events", kind] for kind in pipeline.attempts)
        page.add("attempts", name, value=attempts)
    for number in sorted(FAILURES | FAILED_REASONS.keys()):
        event = EVENTS[number]
        pipeline_name = _FAILURE_PIPELINES.get(number, event.group)
        count = totals["failures", number]
        page.add("failures", pipeline_name, event.variant, value=count)
    for reason in DISCARD_REASONS:
        page.add("guarantees_discarded", reason, value=totals["discards", reason])
    for code, rule in RULES.items():
        page.add("findings", code, rule.severity, value=totals["findings", code])
    steps: dict[tuple[int, int], list[int]] = {}
    for (family, *key), count in totals.items():
        if family == "pipelines":
            kind, outcome, last_step = key
            page.add(*_ROLES[kind], outcome, last_step or "none", value=count)
        elif family == "bins":
            parent, number, index = key
            steps.setdefault((parent, number), [0] * BINS)[index] = count
    for step, counts in steps.items():
        _add_durations(page, step, counts, totals["total_us", *step])


def _add_durations(
    page: _Page, step: tuple[int, int], counts: Sequence[int], total_us: int
) -> None:
    below = [0, *accumulate(counts)]
    buckets = [
        (str((1 << octave) / SECOND_US), float(below[octave * PER_OCTAVE])) for octave in OCTAVES
    ]
    buckets.append(("+Inf", float(below[-1])))
    page.histogram("latency_seconds", step_name(*step), buckets=buckets, total=total_us / SECOND_US)
