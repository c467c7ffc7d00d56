"""State that the parts of the follower share: the blocks, the requests, and what is to be done.

Pure. Each part (``tart.chain.core.follower`` lists them) changes blocks, asks about them, and
leaves changes for the store and actions; the follower takes these after each event.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from tart.chain.core.actions import Action, LogLine, Write
from tart.chain.core.block_tree import BlockTree, Node
from tart.chain.core.changes import Change, SetStatus
from tart.chain.core.request_queue import Request, RequestQueue
from tart.query.chain_queries.chain import BlockStatus
from tart.rpc.parameters import ChainParameters
from tart.units import SECOND_US


@dataclass(frozen=True)
class Limits:
    """Limits of the follower.

    Attributes:
        depth: Parents that are followed from a head; older blocks are left out.
        blocks: Blocks in memory.
        recovered: Blocks that are read from the files at a start.
        final_slots: Final blocks of this many slots stay in memory.
        replace_us: For how long most endpoints must contradict the followed chain before theirs
            is followed.
    """

    depth: int = 2000
    blocks: int = 12_000
    recovered: int = 4000
    final_slots: int = 1000
    replace_us: int = 30 * SECOND_US


class FollowerState:
    """The blocks in memory, the requests about them, and the actions that are due.

    Args:
        endpoints: The number of endpoints.
        limits: Limits of the follower.
        parameters: Of the chain, as far as they are stored.

    Attributes:
        parameters: Of the chain, as the endpoints answer them.
        tree: The blocks in memory.
        best: The head of the best chain; None until a head is known.
        final: The last final block; None until one is known.
        requests: Those that wait or are in flight.
        counts: Irregularities by name, since the start.
    """

    def __init__(
        self,
        endpoints: int,
        limits: Limits | None = None,
        parameters: ChainParameters | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.parameters = parameters or ChainParameters()
        self.tree = BlockTree(self.limits.blocks)
        self.best: Node | None = None
        self.final: Node | None = None
        self.requests = RequestQueue(endpoints)
        self.counts: Counter[str] = Counter()
        self._changes: list[Change] = []
        self._actions: list[Action] = []

    # --- Actions ---------------------------------------------------------------------

    def store(self, change: Change) -> None:
        """Store a change, in one transaction with the others of the same event."""
        self._changes.append(change)

    def act(self, action: Action) -> None:
        """Add an action."""
        self._actions.append(action)

    def log(self, level: Literal["info", "warning"], text: str) -> None:
        """Write a line to the server log."""
        self.act(LogLine(level, text))

    def take_actions(self) -> list[Action]:
        """Return the actions since the last call; the last one stores all changes."""
        actions, self._actions = self._actions, []
        changes, self._changes = self._changes, []
        if changes:
            actions.append(Write(tuple(changes)))
        return actions

    # --- Requests --------------------------------------------------------------------

    def ask(
        self, method: str, node: Node, *, excluded: Collection[int] = (), patient: bool = False
    ) -> None:
        """Ask about a block, first the endpoints that name it.

        Args:
            method: ``parent`` or ``statistics``.
            node: The block.
            excluded: Endpoints that are not asked.
            patient: See ``Request``.
        """
        self.requests.add(
            method,
            node.hash,
            (b64encode(node.hash).decode(),),
            preferred=node.claims.keys(),
            urgent=node.depth == 0,
            excluded=excluded,
            patient=patient,
        )

    def subject(self, request: Request) -> Node | None:
        """Return the block that a request is about; None if it is not about a block."""
        return self.tree.get(request.key) if isinstance(request.key, bytes) else None

    # --- Status of blocks ------------------------------------------------------------

    def set_status(self, status: BlockStatus, nodes: Iterable[Node]) -> None:
        """Give blocks a status, also where they are stored."""
        stored = []
        for node in nodes:
            node.status = status
            if node.stored:
                stored.append(node.hash.hex())
        if stored:
            self.store(SetStatus(status, tuple(stored)))

    def mark_line(self, node: Node, status: BlockStatus) -> None:
        """Give a block and its parents a status, up to the first that has it or is final."""
        marked = []
        for block in self.tree.line(node):
            if block.status in ("final", status):
                break
            marked.append(block)
        self.set_status(status, marked)
