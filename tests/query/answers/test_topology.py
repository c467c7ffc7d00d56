"""``tart/query/answers/topology.py``: figures have the members and values that it declares."""

from __future__ import annotations

from tart.protocol.events import EventKind
from tart.query.topics.topology import links, topology
from tests.query.answers.checking import check
from tests.query.topics.test_topology import NODES, A, B, C, link

TRANSFER = {"node": A, "blocks": 3, "slots": 2, "last_at": 5}
LINKS = [link(A, B, 0), link(A, B, 1, number=EventKind.TICKET_TRANSFERRED)]


def test_topology() -> None:
    check("Topology", topology([], [], {}, 0))
    check("Topology", topology(LINKS, [TRANSFER], {EventKind.BLOCK_ANNOUNCED: 1}, 1))


def test_links() -> None:
    check("Links", links("streams", [], [], [], limit=5))
    counts = {(C, 0): {A: 5}}
    answer = links("streams", [counts], NODES, [{"node": A, "num_peers": 1}], limit=5)
    check("Links", answer)
