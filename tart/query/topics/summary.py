"""The state behind the summarised live channel, and what changed in it since a client's state.

Pure. Shards report the nodes that changed (``query.shard_queries.summary``); ``NetworkSummary``
merges them by the rules of ``query.core.nodes`` and remembers in which state each node's row
changed last. So the changes since any earlier state are known, however many clients there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from tart.query.answers.network import LiveWindow
from tart.query.answers.summary import Summary
from tart.query.core import chain_stats, merge, wall_clock
from tart.query.core.merge import Claim
from tart.query.core.nodes import choose_statement
from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.summary import ChangedNode, ShardSummary, Stated
from tart.units import SECOND_US

# Events per second by node.
Rates: TypeAlias = defaultdict[str, float]

_STATEMENTS = ("best", "finalized", "synced", "peers")


class NodeRow(NamedTuple):
    """A node's figures; the members of ``SummaryNodes`` without the number."""

    is_connected: bool
    best_slot: int | None
    finalized_slot: int | None
    synced: bool | None
    peers: int | None
    last_seen_ms: int | None
    event_count: int
    events_per_second: float | None
    dropped_count: int
    undecodable: int


class NodeSample(NamedTuple):
    """A node as alerts compare it.

    Attributes:
        best_slot: Of the best block that it named on a connection that is open; ``None`` if none.
        last_seen_ms: Unix milliseconds.
        best_at_us: When it named its best block, Unix microseconds; ``None`` without one.
        finalized_slot: As ``best_slot``.
        finalized_at_us: As ``best_at_us``.
        shards: Those that know it.
        last_slot: Of the best block that it named last, also on a connection that has ended.
    """

    node_id: str
    is_connected: bool
    best_slot: int | None
    last_seen_ms: int | None
    dropped_count: int
    undecodable: int
    best_at_us: int | None = None
    finalized_slot: int | None = None
    finalized_at_us: int | None = None
    shards: Collection[int] = ()
    last_slot: int | None = None


@dataclass(frozen=True)
class ShardAnswers:
    """The answers of the shards at one time.

    Attributes:
        values: Shard and answer.
        total: The number of shards.
        down: Shards without a connection: all connections of their nodes have ended.
        now_us: Unix microseconds.
    """

    values: Sequence[tuple[int, ShardSummary]]
    total: int
    down: Collection[int]
    now_us: int


class NetworkSummary:
    """The newest state of the network.

    Args:
        sequence: The number of the state before the first.

    Attributes:
        sequence: The number of the newest state.
        since_us: ``Summary.since_us`` of the next query.
    """

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence
        # States before this one have other numbers of nodes.
        self._first = sequence + 1
        self._parts: dict[str, dict[int, ChangedNode]] = {}
        self._processes: dict[int, str] = {}
        self._answered_us: dict[int, int] = {}
        self._problems: dict[int, tuple[int, int]] = {}
        self._failures = 0
        self._findings = 0
        self._ids: list[str] = []
        self._numbers: dict[str, int] = {}
        self._rows: list[NodeRow] = []
        self._added_in: list[int] = []
        self._changed_in: list[int] = []
        # Nodes whose row may change although no shard reports them.
        self._restless: set[str] = set()
        self._answers = ShardAnswers((), 0, (), 0)
        self._chain = chain_stats.chain_figures({})

    @property
    def since_us(self) -> int | None:
        """The time since which changes are not known; ``None`` before the first answer."""
        return min(self._answered_us.values(), default=None)

    @property
    def processes(self) -> tuple[str, ...]:
        """The processes whose nodes are known."""
        return tuple(self._processes.values())

    @property
    def best_block(self) -> int | None:
        """The best block of the network."""
        return self._chain["best_block"]

    @property
    def answered(self) -> frozenset[int]:
        """The shards that answered last."""
        return frozenset(shard for shard, _ in self._answers.values)

    @property
    def node_ids(self) -> Set[str]:
        """All nodes."""
        return self._numbers.keys()

    @property
    def finalized_block(self) -> int | None:
        """The finalized block of the network."""
        return self._chain["finalized_block"]

    @property
    def now_us(self) -> int:
        """The time of the newest state, Unix microseconds."""
        return self._answers.now_us

    @property
    def total(self) -> int:
        """The number of shards."""
        return self._answers.total

    @property
    def watched_since_us(self) -> int | None:
        """The second in which the youngest process of the shards that answered started.

        Unix microseconds. Its nodes had to connect again.
        """
        # The first that was counted completely is the one after it: a node may have come and gone
        # in between.
        seconds = (answer["since"] - 1 for _, answer in self._answers.values)
        return max((second * SECOND_US for second in seconds), default=None)

    def nodes(self) -> Iterator[NodeSample]:
        """Yield all nodes, for alerts."""
        for node_id, number in self._numbers.items():
            row, parts = self._rows[number], self._parts[node_id]
            best = _open_statement(row.best_slot, (node.best for node in parts.values()))
            finalized = _open_statement(
                row.finalized_slot, (node.finalized for node in parts.values())
            )
            yield NodeSample(
                node_id=node_id,
                is_connected=row.is_connected,
                best_slot=best[0],
                last_seen_ms=row.last_seen_ms,
                dropped_count=row.dropped_count,
                undecodable=row.undecodable,
                best_at_us=best[1],
                finalized_slot=finalized[0],
                finalized_at_us=finalized[1],
                shards=parts.keys(),
                last_slot=row.best_slot,
            )

    def update(self, answers: ShardAnswers) -> None:
        """Make the next state."""
        self.sequence += 1
        self._answers = answers
        touched, self._restless = self._restless, set()
        rates: Rates = defaultdict(float)
        for shard, answer in answers.values:
            touched.update(self._merge_answer(shard, answer, rates))
        for shard in answers.down:
            touched.update(self._end_shard(shard))
        answered = {shard for shard, _ in answers.values}
        claims = self._claims(answered)
        self._chain = chain_stats.chain_figures(claims)
        self._forget_vanished()
        is_partial = len(answered) < answers.total
        agreed = wall_clock.agreement((self._claims(None) if is_partial else claims).values())
        for node_id in sorted(touched & self._parts.keys()):
            self._update_row(node_id, rates, answered, agreed)

    def changes(
        self, since: int | None, *, known: int, firing: Mapping[str, int] | None
    ) -> Summary:
        """Return the newest state, with the nodes that changed since an earlier one.

        Args:
            since: The number of the earlier state; the answer has all nodes if it is ``None``,
                or the number of no state whose changes are known.
            known: The number of nodes ever seen.
            firing: The number of alerts that fire by severity, ``None`` if it is not known.
        """
        if since is not None and not self._first <= since <= self.sequence:
            since = None
        limit = -1 if since is None else since
        numbers = [number for number, changed in enumerate(self._changed_in) if changed > limit]
        rows = [self._rows[number] for number in numbers]
        added = [
            node_id
            for node_id, state in zip(self._ids, self._added_in, strict=True)
            if state > limit
        ]
        answers = self._answers
        return {
            "sequence": self.sequence,
            "since": since,
            "timestamp": server_time(answers.now_us),
            "shards_answered": len(answers.values),
            "shards_total": answers.total,
            "last_second": self._window(1),
            "last_10s": self._window(chain_stats.LIVE_SECONDS),
            "events_by_type": self._events_by_type(),
            "best_block": self._chain["best_block"],
            "finalized_block": self._chain["finalized_block"],
            "nodes_ahead": len(self._chain["ahead"]),
            "nodes_connected": sum(row.is_connected for row in self._rows),
            "nodes_known": known,
            "events_total": sum(row.event_count for row in self._rows),
            "failures_total": self._failures,
            "findings_total": self._findings,
            "alerts": None if firing is None else sum(firing.values()),
            "alerts_by_severity": None if firing is None else dict(firing),
            "added": added,
            "nodes": {
                "number": numbers,
                "is_connected": [row.is_connected for row in rows],
                "best_slot": [row.best_slot for row in rows],
                "finalized_slot": [row.finalized_slot for row in rows],
                "synced": [row.synced for row in rows],
                "peers": [row.peers for row in rows],
                "last_seen_ms": [row.last_seen_ms for row in rows],
                "event_count": [row.event_count for row in rows],
                "events_per_second": [row.events_per_second for row in rows],
                "dropped_count": [row.dropped_count for row in rows],
                "undecodable": [row.undecodable for row in rows],
            },
        }

    def _merge_answer(self, shard: int, answer: ShardSummary, rates: Rates) -> Iterator[str]:
        """Record a shard's answer; yield the nodes that it is about."""
        began_us = self._answered_us.get(shard)
        seconds = 0.0 if began_us is None else (answer["now_us"] - began_us) / SECOND_US
        self._count_problems(shard, answer)
        if answer["complete"]:
            yield from self._forget_shard(shard, {node.node_id for node in answer["nodes"]})
        self._processes[shard] = answer["process"]
        self._answered_us[shard] = answer["now_us"]
        for node in answer["nodes"]:
            parts = self._parts.setdefault(node.node_id, {})
            before = parts.get(shard)
            if before is not None and seconds > 0:
                rates[node.node_id] += max(0, node.events - before.events) / seconds
            parts[shard] = node if answer["complete"] else _with_older(node, before)
            yield node.node_id

    def _count_problems(self, shard: int, answer: ShardSummary) -> None:
        """Add the failures and findings since the shard's answer before."""
        failures, findings = answer["failures"], answer["findings"]
        known = self._problems.get(shard, (0, 0))
        if self._processes.get(shard) != answer["process"]:
            known = (0, 0)
        self._failures += failures - known[0]
        self._findings += findings - known[1]
        self._problems[shard] = failures, findings

    def _forget_shard(self, shard: int, except_for: Collection[str]) -> list[str]:
        """Forget a shard's nodes that it no longer knows; return them."""
        gone = [
            node_id
            for node_id, parts in self._parts.items()
            if shard in parts and node_id not in except_for
        ]
        for node_id in gone:
            del self._parts[node_id][shard]
        return gone

    def _end_shard(self, shard: int) -> Iterator[str]:
        """End the connections of a shard's nodes; yield those that were connected."""
        # Whichever process comes next has to report all nodes.
        self._processes.pop(shard, None)
        for node_id, parts in self._parts.items():
            if shard in parts and parts[shard].is_connected:
                parts[shard] = _ended(parts[shard])
                yield node_id

    def _forget_vanished(self) -> None:
        """Forget nodes that no shard knows; the others get other numbers."""
        gone = {node_id for node_id, parts in self._parts.items() if not parts}
        if not gone:
            return
        left = [node_id for node_id in self._ids if node_id not in gone]
        self._rows = [self._rows[self._numbers[node_id]] for node_id in left]
        self._ids = left
        self._numbers = {node_id: number for number, node_id in enumerate(left)}
        self._first = self.sequence
        self._added_in = [self.sequence] * len(left)
        self._changed_in = [self.sequence] * len(left)
        self._parts = {node_id: parts for node_id, parts in self._parts.items() if parts}

    def _update_row(
        self,
        node_id: str,
        rates: Rates,
        answered: Set[int],
        agreed: wall_clock.Agreement,
    ) -> None:
        parts = self._parts[node_id]
        number = self._numbers.get(node_id)
        rate: float | None = None
        if number is not None and answered >= parts.keys():
            rate = round(rates[node_id], 1)
        row = _row([*parts.values()], rate, agreed)
        if rate != 0 or _is_ahead(parts.values()):
            self._restless.add(node_id)
        if number is None:
            self._numbers[node_id] = len(self._ids)
            self._ids.append(node_id)
            self._rows.append(row)
            self._added_in.append(self.sequence)
            self._changed_in.append(self.sequence)
        elif self._rows[number] != row:
            self._rows[number] = row
            self._changed_in[number] = self.sequence

    def _claims(self, shards: Collection[int] | None) -> dict[str, Claim]:
        """Return the slots that connected nodes stated to some shards, or to any."""
        return {
            node_id: claim
            for node_id, parts in self._parts.items()
            if (claim := _claim(parts, parts.keys() if shards is None else shards)) is not None
        }

    def _window(self, length: int) -> LiveWindow | None:
        answers = [answer for _, answer in self._answers.values]
        if not answers:
            return None
        return chain_stats.live_window(
            merge.seconds(answers),
            self._answers.now_us // SECOND_US,
            length,
            max(answer["since"] for answer in answers),
        )

    def _events_by_type(self) -> dict[str, int]:
        total: Counter[int] = Counter()
        for _, answer in self._answers.values:
            total.update(answer["by_type"])
        return {str(kind): total[kind] for kind in sorted(total)}


def _with_older(node: ChangedNode, before: ChangedNode | None) -> ChangedNode:
    """Return a node with the earlier statements in place of those that it did not make since."""
    if before is None:
        return node
    older = {name: getattr(before, name) for name in _STATEMENTS if getattr(node, name) is None}
    return node._replace(**older) if older else node


def _ended(node: ChangedNode) -> ChangedNode:
    """Return a node whose connections have ended."""
    closed = {
        name: stated._replace(is_open=False)
        for name in _STATEMENTS
        if (stated := getattr(node, name)) is not None
    }
    return node._replace(is_connected=False, **closed)


def _chosen(statements: Iterable[Stated | None]) -> Stated | None:
    """Return the statement that counts."""
    chosen = choose_statement(
        (stated, stated.is_open) for stated in statements if stated is not None
    )
    return None if chosen is None else chosen[0]


def _open_statement(
    slot: int | None, statements: Iterable[Stated | None]
) -> tuple[int | None, int | None]:
    """Return a slot and when it was stated, if that was on a connection that is open."""
    if slot is None:
        return None, None
    made = [stated for stated in statements if stated is not None]
    # Nearly every node is known to one shard.
    chosen = made[0] if len(made) == 1 else _chosen(made)
    return (None, None) if chosen is None or not chosen.is_open else (slot, chosen.received_at)


def _slot(stated: Stated | None) -> int | None:
    if stated is None:
        return None
    return wall_clock.AheadSlot(stated.value) if stated.is_ahead else stated.value


def _claim(parts: dict[int, ChangedNode], shards: Collection[int]) -> Claim | None:
    """Return the slots that a node stated to some shards; ``None`` if it is not connected."""
    if len(parts) == 1:
        # Nearly every node.
        ((shard, node),) = parts.items()
        if shard not in shards or not node.is_connected:
            return None
        return _slot(node.best), _slot(node.finalized)
    nodes = [node for shard, node in parts.items() if shard in shards]
    if not any(node.is_connected for node in nodes):
        return None
    best = _chosen(node.best for node in nodes)
    return _slot(best), _slot(_chosen(node.finalized for node in nodes))


def _is_ahead(parts: Iterable[ChangedNode]) -> bool:
    return any(
        stated is not None and stated.is_ahead
        for node in parts
        for stated in (node.best, node.finalized)
    )


def _row(parts: Sequence[ChangedNode], rate: float | None, agreed: wall_clock.Agreement) -> NodeRow:
    node = parts[0] if len(parts) == 1 else _merged(parts)
    return NodeRow(
        is_connected=node.is_connected,
        best_slot=_shown(_slot(node.best), is_agreed=agreed.best),
        finalized_slot=_shown(_slot(node.finalized), is_agreed=agreed.finalized),
        synced=None if node.synced is None else bool(node.synced.value),
        peers=None if node.peers is None else node.peers.value,
        last_seen_ms=None if node.last_seen is None else node.last_seen // 1000,
        event_count=node.events,
        events_per_second=rate,
        dropped_count=node.dropped,
        undecodable=node.undecodable,
    )


def _merged(parts: Sequence[ChangedNode]) -> ChangedNode:
    """Return a node that several shards know."""
    seen = [node.last_seen for node in parts if node.last_seen is not None]
    return ChangedNode(
        node_id=parts[0].node_id,
        is_connected=any(node.is_connected for node in parts),
        last_seen=max(seen, default=None),
        events=sum(node.events for node in parts),
        dropped=sum(node.dropped for node in parts),
        undecodable=sum(node.undecodable for node in parts),
        best=_chosen(node.best for node in parts),
        finalized=_chosen(node.finalized for node in parts),
        synced=_chosen(node.synced for node in parts),
        peers=_chosen(node.peers for node in parts),
    )


def _shown(slot: int | None, *, is_agreed: bool) -> int | None:
    """Return a slot; ``None`` if it is ahead of the wall clock and the network does not agree."""
    if isinstance(slot, wall_clock.AheadSlot):
        return int(slot) if is_agreed else None
    return slot
