"""The parts of a follower, wired as the follower does it, and what they ask and store."""

from __future__ import annotations

from tart.chain.core.actions import Action, LogLine, Write
from tart.chain.core.answers import BEST, FINALIZED
from tart.chain.core.block_linker import BlockLinker
from tart.chain.core.block_recorder import BlockRecorder
from tart.chain.core.block_tree import Node
from tart.chain.core.block_window import BlockWindow
from tart.chain.core.chain_selector import ChainSelector
from tart.chain.core.changes import Change
from tart.chain.core.contradictions import ContradictionWatch
from tart.chain.core.endpoint_table import EndpointTable
from tart.chain.core.follower_state import FollowerState, Limits
from tart.chain.core.service_schedule import ServiceSchedule
from tart.rpc.model import BlockDescriptor
from tart.units import JCE_US

# The wall clock is ahead of all slots that tests use.
NOW = JCE_US + 1_000_000_000_000


class Parts:
    """The parts of a follower of connected endpoints, which are asked nothing yet."""

    def __init__(self, endpoints: int = 2, limits: Limits | None = None) -> None:
        self.state = state = FollowerState(endpoints, limits)
        self.schedule = ServiceSchedule()
        self.endpoints = EndpointTable([f"ws://node{i}" for i in range(endpoints)], state)
        self.window = BlockWindow(state, self.endpoints)
        self.recorder = BlockRecorder(state, self.schedule)
        self.linker = BlockLinker(state, self.endpoints, self.window, self.recorder)
        self.selector = ChainSelector(state, self.endpoints, self.window, self.linker)
        self.watch = ContradictionWatch(state, self.endpoints, self.linker)
        for index in range(endpoints):
            self.endpoints.connect(index, NOW)
            for method in ("parameters", BEST, FINALIZED):
                state.requests.discard(method, index)
        state.take_actions()

    def name(self, index: int, node: Node, kind: str = BEST) -> None:
        """Let an endpoint name a block that is in memory."""
        assert self.endpoints.admit_head(index, kind, BlockDescriptor(node.hash, node.slot), NOW)
        self.endpoints.set_head(index, kind, node, NOW)

    def asked(self, now: int = NOW) -> list[tuple[str, int]]:
        """Send what is due; return the method and the slot of each request about a block."""
        requests = [request for _, request in self.state.requests.next_due(now).send]
        subjects = [(request.method, self.state.subject(request)) for request in requests]
        return sorted((method, node.slot) for method, node in subjects if node is not None)

    def taken(self) -> tuple[list[Change], list[str]]:
        """Return the changes and the lines of the log since the last call."""
        actions: list[Action] = self.state.take_actions()
        changes = [
            each for action in actions if isinstance(action, Write) for each in action.changes
        ]
        return changes, [action.text for action in actions if isinstance(action, LogLine)]
