"""The choice among the heads that endpoints name: of the best chain, and of what is final.

Pure. Best is for display: the highest slot wins, and a block that several endpoints name wins over
another of that slot. Final is the truth: a block is final once more than half of the endpoints
agree on it, without those whose final block has not changed for some minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from tart.chain.core.block_tree import BlockTree, Node
from tart.query.core.wall_clock import wall_clock_slot
from tart.units import SECOND_US

# An endpoint whose final block has not changed for this long is not waited for.
STALE_US = 300 * SECOND_US
# A slot may be ahead of the clock by this many, as clocks differ.
AHEAD_SLOTS = 5

Relation = Literal["ahead", "behind", "off", "pending"]
Claims = Mapping[int, Node]


def plausible(claims: Claims, now_us: int, slot_seconds: int) -> dict[int, Node]:
    """Return claims without those ahead of the clock, unless all are: another time is then used.

    Args:
        claims: Endpoint to the head that it names.
        now_us: Unix microseconds.
        slot_seconds: The length of a slot.
    """
    last = wall_clock_slot(now_us, slot_seconds) + AHEAD_SLOTS
    near = {endpoint: node for endpoint, node in claims.items() if node.slot <= last}
    return near or dict(claims)


def choose_best(candidates: list[Node], best: Node | None) -> Node | None:
    """Return the head of the best chain: one candidate for each endpoint that names it.

    Of equal slots the present best block wins, then the one that most endpoints name, then the
    one with the lowest hash, so that the choice does not depend on the order of messages.
    """
    names = Counter(node.hash for node in candidates)
    return min(
        candidates,
        key=lambda node: (-node.slot, node is not best, -names[node.hash], node.hash),
        default=None,
    )


def is_beyond_gap(last: Node, final: Node) -> bool:
    """Return whether a line ends above the final block with a block that is followed."""
    return last.slot > final.slot and last.is_root and last.attached


def relate(tree: BlockTree, node: Node, final: Node | None) -> Relation:
    """Return where a finalized head that an endpoint names is, seen from the final block."""
    if final is None:
        if node.attached:
            return "ahead"
        # A line that ended elsewhere does not hold up the others.
        return "behind" if tree.lowest(node).is_root else "pending"
    if node.status == "final":
        return "behind"
    last = tree.ancestor_at(node, final.slot)
    # What is beyond a gap that was followed is ahead, too, or the chain would end at the gap.
    if last is final or is_beyond_gap(last, final):
        return "ahead"
    if last.slot > final.slot:
        return "pending"
    # A head below the final block may be its ancestor, as long as those are not known so far down.
    is_unknown = last is node and tree.ancestor_at(final, node.slot).slot > node.slot
    return "pending" if is_unknown else "off"


class FinalChoice(NamedTuple):
    """The result of comparing the finalized heads.

    Attributes:
        node: The new final block; None if there is none yet.
        off: Endpoints that contradict the present final block.
    """

    node: Node | None
    off: tuple[int, ...]


def choose_final(
    tree: BlockTree, claims: Claims, final: Node | None, stale: Collection[int] = ()
) -> FinalChoice:
    """Compare the finalized heads that endpoints name.

    Args:
        tree: The blocks.
        claims: Endpoint to the head that it names.
        final: The present final block.
        stale: Endpoints that are not waited for, unless all are stale.
    """
    voters = sum(endpoint not in stale for endpoint in claims) or len(claims)
    relations = {endpoint: relate(tree, node, final) for endpoint, node in claims.items()}
    off = tuple(endpoint for endpoint, relation in relations.items() if relation == "off")
    ahead = [claims[endpoint] for endpoint, relation in relations.items() if relation == "ahead"]
    opposed = len(off)
    if final is None:
        opposed += sum(relation == "pending" for relation in relations.values())
    chosen = None
    for node in sorted(set(ahead), key=lambda each: (-each.slot, each.hash)):
        support = sum(tree.descends(each, node) for each in ahead)
        against = opposed + sum(
            not tree.descends(each, node) and not tree.descends(node, each) for each in ahead
        )
        if support > against and 2 * support > voters:
            chosen = node
            break
    return FinalChoice(chosen, off)
