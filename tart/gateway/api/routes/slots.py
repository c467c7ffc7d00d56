"""Routes about ranges of slots, and about the propagation of one slot's blocks.

Pure; part of ``api.contract``.
"""

from __future__ import annotations

from tart.gateway.api.common import MAX_SLOT
from tart.gateway.api.parameters import Choice, Integer, Parameter
from tart.gateway.api.route import SHARD_ERRORS, Cache, Route
from tart.gateway.api.routes.metrics import SLOT
from tart.query.answers import slots as answers

# An hour. At 1,023 nodes that is 600,000 times of nodes.
MAX_SLOTS = 600
_HAD = (
    "A node has a block from its first Authored, Importing or Best block changed event about it. "
    "Times are since the author's Authored event, or since the first node had the block if the "
    "author sends no telemetry to this server. "
)
_CLOCK = Parameter(
    "clock",
    Choice(("server", "node")),
    "The clock of all times. server: this server's on receipt, the same for all nodes and out of "
    "their reach, but with the delay of each node's telemetry. node: the nodes' own, each "
    "corrected by its offset to the server's in that minute; nodes whose offset is not known are "
    "left out.",
    "server",
)

SLOT_ROUTES: tuple[Route, ...] = (
    Route(
        "slots",
        "/api/slots",
        "Get the newest slots: author, forks, missed slots, and how soon the nodes had the block",
        f"{_HAD}A slot without a block is missed if nodes were connected then, and unknown "
        "otherwise: the block may have been authored while no node was. The newest slot is the "
        "calendar's, or the newest with a block in a network that does not follow the calendar. "
        "Slots are listed oldest first.",
        parameters=(
            Parameter(
                "count",
                Integer(1, MAX_SLOTS, (True, True)),
                f"Number of slots; clamped to 1-{MAX_SLOTS}.",
                "60",
            ),
            Parameter(
                "before",
                Integer(1, MAX_SLOT + 1),
                "Return the slots before this one instead of the newest.",
            ),
            _CLOCK,
        ),
        answer=answers.Slots,
        errors=SHARD_ERRORS,
        cache=Cache.SLOTS,
    ),
    Route(
        "slot_propagation",
        "/api/slots/{slot}/propagation",
        "Get the way of a slot's blocks through the network: every stage of each node",
        f"{_HAD}The columns of stages have one row for each node that reported the block, and null "
        "where it did not report a stage. never lists the connected nodes that never had it.",
        parameters=(SLOT, _CLOCK),
        answer=answers.SlotPropagation,
        errors=SHARD_ERRORS,
        cache=Cache.SLOTS,
    ),
)
