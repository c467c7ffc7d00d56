"""The query about the blocks of a range of slots: when each node reached which stage with them.

Pure. Two times describe each moment: the server's clock on receipt, and the *lag* by which the
node's own clock was behind it, so that a figure can be computed by either clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import Struct

from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window

# The stage of a node that has a block: the first of its events Authored, Importing and Best block
# changed about the block.
HAD = "had"


class NodeTimes(NamedTuple):
    """The first time at which each of some nodes reached a stage with a block.

    Attributes:
        stage: ``HAD``, or a stage of ``query.topics.slot_propagation``.
        first_us: Unix microseconds by the server's clock.
        nodes: Places in ``SlotBlocksPart.nodes``.
        after_us: Of each node, the time after ``first_us``.
        lag_us: Of each node, by how much its clock was behind the server's on receipt; ``None``
            beyond 64 bits.
    """

    hash: str
    slot: int
    stage: str
    first_us: int
    nodes: list[int]
    after_us: list[int]
    lag_us: list[int | None]


class BlockAuthor(NamedTuple):
    """The node that authored a block, and the block's parent if its Authoring event is stored."""

    hash: str
    node: int
    parent: str | None


class BlockFailure(NamedTuple):
    """A block that a node could not author, verify or execute.

    Attributes:
        hash: Of the header; ``None`` if authoring failed.
        type: The event type.
        at_us: Unix microseconds by the server's clock.
    """

    hash: str | None
    slot: int
    node: int
    type: int
    reason: str
    at_us: int
    lag_us: int | None


class NodeHead(NamedTuple):
    """The newest best block of a node, and its highest finalized slot, in the range of slots.

    Attributes:
        at_us: Time of the report of the best block, Unix microseconds; 0 without one.
    """

    node: int
    hash: str | None
    at_us: int
    finalized: int | None


class SlotBlocksPart(Struct, frozen=True):
    """One shard's answer.

    Attributes:
        nodes: Ids.
        times: A block, stage and node may come more than once.
        outlines: Sizes and numbers by header hash.
        failures: Only with ``stages``.
        failed: Number of failures by slot and event type.
    """

    nodes: list[str]
    times: list[NodeTimes]
    outlines: dict[str, dict[str, int]]
    authors: list[BlockAuthor]
    heads: list[NodeHead]
    failed: list[tuple[int, int, int]]
    failures: list[BlockFailure] = []


class Moment(NamedTuple):
    """A time by the server's clock (Unix microseconds), and the lag of the node's clock."""

    at_us: int
    lag_us: int | None


class Head(NamedTuple):
    """See ``NodeHead``."""

    at_us: int
    hash: str


class Failed(NamedTuple):
    """See ``BlockFailure``; ``node`` is an id."""

    hash: str | None
    slot: int
    node: str
    type: int
    reason: str
    moment: Moment


@dataclass
class BlockFacts:
    """A block, merged over all shards.

    Attributes:
        times: By stage and node.
        slots: Number of nodes by the slot under which they reported the block.
    """

    hash: str
    times: defaultdict[str, dict[str, Moment]] = field(default_factory=lambda: defaultdict(dict))
    slots: Counter[int] = field(default_factory=Counter)
    outline: Mapping[str, int] | None = None
    author: str | None = None
    parent: str | None = None

    @property
    def slot(self) -> int:
        """The slot that most nodes report."""
        return min(self.slots, key=lambda slot: (-self.slots[slot], slot))

    @property
    def had(self) -> Mapping[str, Moment]:
        """By node, the time from which the node had the block."""
        return self.times[HAD]


@dataclass
class SlotFacts:
    """The blocks of a range of slots.

    Attributes:
        blocks: By header hash.
        heads: Of each node the newest report of a best block.
        finalized: Of each node the highest finalized slot.
        failed: Number of failures by slot and event type.
    """

    blocks: dict[str, BlockFacts] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    finalized: dict[str, int] = field(default_factory=dict)
    failed: Counter[tuple[int, int]] = field(default_factory=Counter)
    failures: list[Failed] = field(default_factory=list)


class SlotBlocks(Query[SlotBlocksPart, SlotFacts], frozen=True):
    """The blocks of slots ``first`` to ``last``, and the time from which each node had them.

    Attributes:
        window: The event log is searched in these files only.
        stages: Return every stage of each node, and failures with their reasons.
    """

    name = "slot_blocks"
    source = "log"
    first: int
    last: int
    window: Window = Window()
    stages: bool = False

    def merge(self, partials: Partials[SlotBlocksPart]) -> SlotFacts:
        """Return each block once, and of each node the first time."""
        facts = SlotFacts()
        for _, part in partials:
            _add_part(facts, part)
        return facts

    def window_on(self, shard: int) -> Window:
        """Return the window."""
        return self.window


def _add_part(facts: SlotFacts, part: SlotBlocksPart) -> None:
    blocks, nodes = facts.blocks, part.nodes
    for row in part.times:
        block = blocks.setdefault(row.hash, BlockFacts(row.hash))
        block.slots[row.slot] += len(row.nodes)
        moments = [
            Moment(row.first_us + after, lag)
            for after, lag in zip(row.after_us, row.lag_us, strict=True)
        ]
        _add_first(block.times[row.stage], [nodes[place] for place in row.nodes], moments)
    for digest, outline in part.outlines.items():
        if digest in blocks:
            blocks[digest].outline = outline
    for author in part.authors:
        block = blocks.setdefault(author.hash, BlockFacts(author.hash))
        block.author, block.parent = nodes[author.node], author.parent or block.parent
    for failure in part.failures:
        moment = Moment(failure.at_us, failure.lag_us)
        facts.failures.append(
            Failed(
                failure.hash,
                failure.slot,
                nodes[failure.node],
                failure.type,
                failure.reason,
                moment,
            )
        )
    for slot, number, count in part.failed:
        facts.failed[slot, number] += count
    _add_heads(facts, nodes, part.heads)


def _add_first(into: dict[str, Moment], nodes: Iterable[str], moments: Iterable[Moment]) -> None:
    """Add moments of nodes; of two of one node the first counts."""
    if not into:
        into.update(zip(nodes, moments, strict=True))
        return
    for node, moment in zip(nodes, moments, strict=True):
        known = into.get(node)
        if known is None or moment.at_us < known.at_us:
            into[node] = moment


def _add_heads(facts: SlotFacts, nodes: Sequence[str], heads: Iterable[NodeHead]) -> None:
    for head in heads:
        node = nodes[head.node]
        known = facts.heads.get(node)
        if head.hash is not None and (known is None or head.at_us > known.at_us):
            facts.heads[node] = Head(head.at_us, head.hash)
        if head.finalized is not None:
            facts.finalized[node] = max(head.finalized, facts.finalized.get(node, 0))
