"""The recovery of the followed chain from the files, after a restart.

Pure.
"""

from __future__ import annotations

from tart.chain.core.block_tree import Node
from tart.chain.core.changes import RecoveredChain
from tart.chain.core.follower_state import FollowerState


def recover_blocks(state: FollowerState, recovered: RecoveredChain) -> list[Node]:
    """Fill the state with the blocks of the files.

    Returns:
        Blocks whose parents a crash left out, as these were to be stored next: they are without a
        parent in the state, which is to be asked for.
    """
    for block in recovered.blocks:
        state.tree.add(
            Node(
                block.hash,
                block.slot,
                0,
                parent=block.parent,
                is_root=block.parent is None,
                attached=True,
                status=block.status,
                stored=True,
            )
        )
    on_chain = [node for node in state.tree.nodes.values() if node.on_chain]
    final = [node for node in on_chain if node.status == "final"]
    state.best = max(on_chain, key=lambda node: node.slot, default=None)
    state.final = max(final, key=lambda node: node.slot, default=None)
    return _unlink_incomplete(state)


def _unlink_incomplete(state: FollowerState) -> list[Node]:
    nodes = sorted(state.tree.nodes.values(), key=lambda node: node.slot)
    # Older blocks than those in memory are stored.
    candidates = nodes[1:] if len(nodes) >= state.limits.recovered else nodes
    incomplete = [
        node for node in candidates if node.parent is not None and state.tree.parent(node) is None
    ]
    for node in incomplete:
        state.tree.unlink(node)
    return incomplete
