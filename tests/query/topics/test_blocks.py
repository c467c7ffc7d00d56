"""``tart/query/topics/blocks.py``: blocks, and who authored them."""

from tart.protocol.events import EventKind
from tart.query.topics.blocks import RECENT, blocks

A, B = "aa" * 32, "bb" * 32
CHAIN = {"best_block": 7, "finalized_block": None, "ahead": []}


def row(at, **changes):
    outline = ("size_bytes", "num_tickets", "num_preimages", "num_guarantees", "num_assurances")
    return {
        **dict.fromkeys((*outline, "num_dispute_verdicts", "parent", "reason"), None),
        **{"started_at": at, "node": A, "slot": 3, "hash": f"{at:064x}", "outcome": "authored"},
        **{"started": 1_000, "authored": 3_500},
        **changes,
    }


def test_a_block_that_two_nodes_authored_counts_once_and_for_each():
    rows = [{"hash": "01", "node": A}, {"hash": "01", "node": B}, {"hash": "02", "node": B}]
    found = blocks({EventKind.AUTHORED: 4}, CHAIN, [*rows, rows[0]], [])
    assert found["totals"]["blocks_authored"] == 2
    assert [each["blocks_authored"] for each in found["authoring_by_node"]] == [2, 1]
    assert (found["totals"]["authored"], found["totals"]["importing"]) == (4, 0)
    assert (found["chain"]["best_slot"], found["chain"]["finalized_slot"]) == (7, None)


def test_recent_blocks_are_newest_first_without_those_never_authored():
    rows = [row(at) for at in range(RECENT + 5)]
    rows += [row(900, hash=None), row(901, authored=None)]
    found = blocks({}, CHAIN, [], rows)["recent_authored"]
    assert [int(each["hash"], 16) for each in found] == list(range(RECENT + 4, 4, -1))
    assert found[0]["authoring_ms"] == 2.5


def test_a_clock_set_back_gives_a_negative_authoring_time():
    (found,) = blocks({}, CHAIN, [], [row(1, started=4_000)])["recent_authored"]
    assert found["authoring_ms"] == -0.5
