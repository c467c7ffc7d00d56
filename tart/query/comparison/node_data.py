"""The data of nodes that a comparison is made from: rows of the aggregates, by measure and group.

Pure. A node that changed its version has data in several groups, as if it were a node of each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log, pi
from statistics import median
from typing import TypeAlias

from tart.protocol.events import EventKind
from tart.protocol.rules import INFO, RULES
from tart.query.comparison.differences import NodeRate, NodeValue
from tart.query.comparison.groups import Group, Membership
from tart.query.core.failure_rates import PIPELINES
from tart.query.core.log_histogram import PER_OCTAVE, middle_us
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.windows import Window
from tart.query.shard_queries.deliveries import Delivery
from tart.query.shard_queries.log_moments import NodeMoments
from tart.query.topics.latency import step_name
from tart.query.topics.propagation import LATE_US
from tart.units import HOUR_US, SECOND_US

# Width of a bin of a histogram, in natural logarithms.
_BIN = log(2.0) / PER_OCTAVE
# Delays below this are those of the batches in which a shard reads.
_LEAST_DELAY_US = 1_000
# Arrivals of what began later than this before the present are still to come.
UNDERWAY_US = 30 * SECOND_US
_BLOCKS = ("block_authoring", "block_verification", "block_execution")
_PACKAGES = ("work_package", "sharing", "guarantee", "guarantee_receiving")
# Pipelines by the metric of their failures.
FAILURES: Mapping[str, Sequence[str]] = {
    "failure_share": tuple(PIPELINES),
    "block_failure_share": _BLOCKS,
    "package_failure_share": _PACKAGES,
    "request_failure_share": tuple(name for name in PIPELINES if name.endswith("_requests")),
}
_GRAVE = frozenset(code for code, rule in RULES.items() if rule.severity != INFO)
Member: TypeAlias = tuple[Group, str]
Assign: TypeAlias = Callable[[str | None, int], Group | None]
NodeGroups: TypeAlias = Mapping[str, Group]


class Durations:
    """Logarithms of one node's durations, in microseconds."""

    def __init__(self) -> None:
        self.bins: Counter[int] = Counter()
        self._exact: list[float] = []

    def add(self, duration_us: float) -> None:
        """Add a duration whose exact value is known."""
        value = max(1.0, duration_us)
        self._exact.append(log(value))
        self.bins[max(0, int(log(value) / _BIN))] += 1

    def value(self) -> NodeValue:
        """Return the mean of the logarithms."""
        if self._exact:
            pairs = [(value, 1) for value in self._exact]
            return _mean_value(pairs, 0.0)
        return _mean_value([(log(middle_us(number)), n) for number, n in self.bins.items()], _BIN)


def _mean_value(pairs: Sequence[tuple[float, int]], width: float) -> NodeValue:
    """Return the mean of logarithms, with the bias that bins of a width may cause.

    Durations that scatter by less than a bin may all be in one, at whose ends another node's are in
    the next. The bias of the mean falls quickly with their scatter (Sheppard's correction).
    """
    count = sum(n for _, n in pairs)
    mean = sum(value * n for value, n in pairs) / count
    scatter = sum((value - mean) ** 2 * n for value, n in pairs) / max(1, count - 1)
    bias = 0.0
    if width:
        within = max(0.0, scatter - width**2 / 12.0)
        bias = width / 2.0 * exp(-2.0 * pi**2 * within / width**2)
    return NodeValue(mean, count, scatter / count, bias)


@dataclass
class NodeData:
    """The data of all nodes by measure, group and node.

    Attributes:
        durations: Of steps and delays.
        values: Of amounts and offsets.
        rates: Of shares and rates; their exposures are the events of a share.
    """

    durations: defaultdict[str, dict[Member, Durations]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    values: defaultdict[str, dict[Member, NodeValue]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    rates: defaultdict[str, dict[Member, NodeRate]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _refined: defaultdict[Member, Counter[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    _events: Counter[Member] = field(default_factory=Counter)
    _connected_us: Counter[Member] = field(default_factory=Counter)
    _offsets: defaultdict[Member, list[int]] = field(default_factory=lambda: defaultdict(list))
    _moments: defaultdict[tuple[str, Member], list[float]] = field(
        default_factory=lambda: defaultdict(lambda: [0.0, 0.0, 0.0])
    )

    def add_latencies(self, rows: ByNode, groups: NodeGroups) -> None:
        """Add durations of steps.

        Args:
            rows: Each node's number of durations by parent, type and bin.
            groups: The group of each node.
        """
        for (parent, kind, number), nodes in rows.items():
            members = self.durations[step_name(parent, kind)]
            for node, count in nodes.items():
                if node in groups:
                    member = groups[node], node
                    if member not in members:
                        members[member] = Durations()
                    members[member].bins[number] += count

    def add_counts(
        self, rows: ByNode, groups: NodeGroups, membership: Membership, window: Window
    ) -> None:
        """Add failures, dropped events and rates of events.

        Args:
            rows: Each node's number of events by type.
            groups: The group of each node.
            membership: When nodes were connected.
            window: The window of the counts.
        """
        counts: defaultdict[Member, Counter[int]] = defaultdict(Counter)
        for (kind,), nodes in rows.items():
            for node, count in nodes.items():
                if node in groups:
                    counts[groups[node], node][kind] += count
        for member, by_type in counts.items():
            for metric, pipelines in FAILURES.items():
                failed, tried = _failures(by_type, pipelines)
                self.add_rate(metric, member, failed, tried)
            total = by_type.total()
            self.add_rate("dropped_share", member, by_type[EventKind.DROPPED], total)
            self._events[member] += total
        for node, group in groups.items():
            connected = membership.connected_us(node, window)
            self._connected_us[group, node] += connected
            restarts = membership.restarts(node, window)
            self.add_rate("restarts", (group, node), restarts, connected / HOUR_US)

    def add_rate(self, metric: str, member: Member, occurrences: float, exposure: float) -> None:
        """Add occurrences and exposure of a node."""
        known = self.rates[metric].get(member, NodeRate(0, 0))
        self.rates[metric][member] = NodeRate(
            known.occurrences + occurrences, known.exposure + exposure
        )

    def add_findings(self, rows: Iterable[Json], groups: NodeGroups) -> None:
        """Add breaches of rules that are no information, after the counts of events.

        Args:
            rows: Node, rule, count.
            groups: The group of each node.
        """
        breaches: Counter[str] = Counter()
        for row in rows:
            if row["rule"] in _GRAVE:
                breaches[row["node"]] += row["count"]
        for node, group in groups.items():
            self.add_rate("findings", (group, node), breaches[node], self._events[group, node])

    def add_clocks(self, rows: ByNode, groups: NodeGroups) -> None:
        """Add offsets of clocks.

        Args:
            rows: Each node's least offset in microseconds by bucket.
            groups: The group of each node.
        """
        for nodes in rows.values():
            for node, offset_us in nodes.items():
                if node in groups and offset_us is not None:
                    self._offsets[groups[node], node].append(offset_us)

    def add_refinements(self, rows: Iterable[Json], groups: NodeGroups) -> None:
        """Add gas and time of refinement: node, service, count, gas, elapsed_ns."""
        for row in rows:
            if row["node"] in groups:
                refined = self._refined[groups[row["node"]], row["node"]]
                for name in ("count", "gas", "elapsed_ns"):
                    refined[row["service"], name] += row[name]

    def add_moments(self, metric: str, rows: Iterable[NodeMoments], groups: NodeGroups) -> None:
        """Add logarithms of an amount."""
        for row in rows:
            if row.node is not None and row.node in groups:
                known = self._moments[metric, (groups[row.node], row.node)]
                for place, value in enumerate((row.rows, row.total, row.squares)):
                    known[place] += value

    def add_sightings(self, rows: Iterable[Json], group_at: Assign) -> None:
        """Add delays of blocks: hash, node, at, type of the first sight of each node."""
        by_block: defaultdict[str, list[Json]] = defaultdict(list)
        for row in rows:
            by_block[row["hash"]].append(row)
        for sightings in by_block.values():
            sightings.sort(key=lambda row: row["at"])
            first = sightings[0]
            delays = [
                (row["node"], row["at"], row["at"] - first["at"])
                for row in sightings[1:]
                if row["at"] - first["at"] <= LATE_US
            ]
            for node, seen_at, delay in delays:
                self._add_delay("propagation_received", node, group_at(node, seen_at), delay)
            if first["type"] == EventKind.AUTHORED and delays:
                # The delays of one block are one event: they have its size and its way in common.
                mean = sum(log(max(_LEAST_DELAY_US, delay)) for *_, delay in delays) / len(delays)
                group = group_at(first["node"], first["at"])
                self._add_delay("propagation_authored", first["node"], group, exp(mean))

    def add_deliveries(
        self,
        metrics: tuple[str, str],
        deliveries: Iterable[Delivery],
        until_us: int,
        group_at: Assign,
    ) -> None:
        """Add deliveries of assurances or guarantees.

        Args:
            metrics: Names of the delay and of the share that no node received.
            deliveries: The deliveries.
            until_us: Later ones are left out, since they may still be received.
            group_at: Returns the group of a node at a time.
        """
        delayed, unreceived = metrics
        for delivery in deliveries:
            start = delivery.start
            group = group_at(start.node, start.at_us)
            if group is None or start.node is None or start.at_us > until_us:
                continue
            self.add_rate(unreceived, (group, start.node), not delivery.arrivals, 1)
            delays = [
                (log(max(_LEAST_DELAY_US, arrivals.first_us - start.at_us + middle_us(number))), n)
                for arrivals in delivery.arrivals
                for number, n in zip(arrivals.bins[::2], arrivals.bins[1::2], strict=True)
            ]
            if delays:
                mean = sum(value * n for value, n in delays) / sum(n for _, n in delays)
                self._add_delay(delayed, start.node, group, exp(mean))

    def _add_delay(
        self, metric: str, node: str | None, group: Group | None, delay_us: float
    ) -> None:
        if group is not None and node is not None:
            members = self.durations[metric]
            if (group, node) not in members:
                members[group, node] = Durations()
            members[group, node].add(max(_LEAST_DELAY_US, delay_us))

    def finish(self) -> None:
        """Compute the values that need the rows of all nodes."""
        for metric, by_member in self.durations.items():
            self.values[metric] = {member: each.value() for member, each in by_member.items()}
        for member, offsets in self._offsets.items():
            middle = median(offsets) / 1_000
            self.values["clock_offset"][member] = NodeValue(middle, len(offsets))
            self.values["clock_error"][member] = NodeValue(abs(middle), len(offsets))
        for member, events in self._events.items():
            seconds = self._connected_us[member] / SECOND_US
            if seconds > 0:
                value = NodeValue(log(events / seconds), events)
                self.values["events_per_second"][member] = value
        for (metric, member), (count, total, squares) in self._moments.items():
            mean = total / count
            scatter = max(0.0, squares - count * mean * mean) / max(1.0, count - 1)
            self.values[metric][member] = NodeValue(mean, int(count), scatter / count)
        self._add_factors("refine_time_per_gas", "elapsed_ns", "gas")
        self._add_factors("refine_gas_per_item", "gas", "count")

    def _add_factors(self, metric: str, numerator: str, denominator: str) -> None:
        """Add each node's amount by what the average node has for the same services."""
        total: Counter[tuple[int, str]] = Counter()
        for refined in self._refined.values():
            total.update(refined)
        for member, refined in self._refined.items():
            services = {service for service, _ in refined}
            expected = sum(
                refined[service, denominator]
                * total[service, numerator]
                / total[service, denominator]
                for service in services
                if total[service, denominator]
            )
            amount = sum(refined[service, numerator] for service in services)
            items = sum(refined[service, "count"] for service in services)
            if amount > 0 and expected > 0:
                self.values[metric][member] = NodeValue(log(amount / expected), items)


def _failures(counts: Mapping[int, int], pipelines: Iterable[str]) -> tuple[int, int]:
    """Return failures and attempts of pipelines; no more failures than attempts."""
    failed = tried = 0
    for name in pipelines:
        pipeline = PIPELINES[name]
        attempts = sum(counts.get(kind, 0) for kind in pipeline.attempts)
        failed += min(attempts, sum(counts.get(kind, 0) for kind in pipeline.failures))
        tried += attempts
    return failed, tried
