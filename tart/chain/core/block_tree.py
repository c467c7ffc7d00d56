"""The blocks that are in memory, by hash, and what their links say.

Pure. Slots fall from a block to its parent, so walks end. A block is *attached* if its line of
parents leads to the followed chain, or to where that chain begins. The tree is a window of the
chain: the store has older blocks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tart.query.chain_queries.chain import BlockStatus
from tart.rpc.model import BlockDescriptor, Statistics, ValidatorRecord

# Figures of validators that are in memory, by block; 0.2 MB each in a full network.
MAX_ACCUMULATORS = 64


@dataclass(slots=True, eq=False)
class Node:
    """A block.

    Attributes:
        slot: As most endpoints have it that name it, the lowest of equally many.
        parent: None if it is not known.
        is_root: True if no endpoint has its parent, or it was not searched.
        attached: See the module.
        depth: The number of parents between it and the head whose walk led to it.
        stored: True if it was handed to the store.
        statistics: Until it is stored.
        no_statistics: True if no endpoint has its statistics.
        undecodable: True if statistics of it came that could not be read.
        votes: Endpoint to the parent that it names, until one is chosen.
        claims: Endpoint to the slot that it gives the block, until it is stored.
    """

    hash: bytes
    slot: int
    seen_at: int
    parent: bytes | None = None
    is_root: bool = False
    attached: bool = False
    status: BlockStatus = "fork"
    depth: int = 0
    stored: bool = False
    statistics: Statistics | None = None
    no_statistics: bool = False
    undecodable: bool = False
    votes: dict[int, BlockDescriptor] = field(default_factory=dict)
    claims: dict[int, int] = field(default_factory=dict)

    @property
    def on_chain(self) -> bool:
        """True if it is on the followed chain."""
        return self.status != "fork"


class BlockTree:
    """Blocks by hash.

    Args:
        limit: The most blocks.

    Attributes:
        nodes: By hash.
    """

    def __init__(self, limit: int) -> None:
        self.nodes: dict[bytes, Node] = {}
        self._limit = limit
        self._children: dict[bytes, set[bytes]] = {}
        self._accumulators: OrderedDict[bytes, tuple[ValidatorRecord, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def is_full(self) -> bool:
        """True if no block can be added."""
        return len(self.nodes) >= self._limit

    def get(self, key: bytes | None) -> Node | None:
        """Return a block, None if it is not in memory."""
        return None if key is None else self.nodes.get(key)

    def add(self, node: Node) -> None:
        """Add a block; its parent may be known."""
        self.nodes[node.hash] = node
        if node.parent is not None:
            self._children.setdefault(node.parent, set()).add(node.hash)

    def remove(self, node: Node) -> None:
        """Forget a block."""
        del self.nodes[node.hash]
        self._accumulators.pop(node.hash, None)
        self.unlink(node)

    def unlink(self, node: Node) -> None:
        """Forget the parent of a block."""
        if node.parent is not None and (siblings := self._children.get(node.parent)):
            siblings.discard(node.hash)
            if not siblings:
                del self._children[node.parent]
        node.parent = None

    def link(self, node: Node, parent: Node) -> None:
        """Record the parent of a block."""
        node.parent = parent.hash
        self._children.setdefault(parent.hash, set()).add(node.hash)

    def parent(self, node: Node) -> Node | None:
        """Return the parent of a block, None if it is not known or not in memory."""
        return self.get(node.parent)

    def children(self, node: Node) -> list[Node]:
        """Return the known children of a block."""
        keys = self._children.get(node.hash, ())
        return [self.nodes[key] for key in keys if key in self.nodes]

    def line(self, node: Node | None) -> Iterator[Node]:
        """Yield a block, its parent, and so on, as far as they are in memory."""
        while node is not None:
            yield node
            node = self.get(node.parent)

    def ancestor_at(self, node: Node, slot: int) -> Node:
        """Return the first block of a line whose slot is at most ``slot``, else the last one."""
        last = node
        for last in self.line(node):
            if last.slot <= slot:
                break
        return last

    def lowest(self, node: Node) -> Node:
        """Return the last block of a line that is in memory."""
        return self.ancestor_at(node, -1)

    def descends(self, node: Node, ancestor: Node) -> bool:
        """Return whether a block is ``ancestor`` or a descendant of it."""
        return self.ancestor_at(node, ancestor.slot) is ancestor

    def attach(self, node: Node) -> list[Node]:
        """Mark a block and its descendants as attached; return those that were not before."""
        newly = []
        waiting = [node]
        while waiting:
            current = waiting.pop()
            if not current.attached:
                current.attached = True
                newly.append(current)
                waiting += self.children(current)
        return newly

    def common(self, one: Node, other: Node) -> Node | None:
        """Return the last common block of two lines, None if memory does not have it."""
        first: Node | None = one
        second: Node | None = other
        while first is not None and second is not None and first is not second:
            if first.slot >= second.slot:
                first = self.parent(first)
            else:
                second = self.parent(second)
        return first if first is second else None

    def put_accumulators(self, key: bytes, validators: tuple[ValidatorRecord, ...]) -> None:
        """Keep the figures of validators after a block, for its children."""
        self._accumulators[key] = validators
        self._accumulators.move_to_end(key)
        if len(self._accumulators) > MAX_ACCUMULATORS:
            self._accumulators.popitem(last=False)

    def accumulators(self, key: bytes) -> tuple[ValidatorRecord, ...] | None:
        """Return the figures of validators after a block, None if they are not in memory."""
        return self._accumulators.get(key)
