"""``tart/query/shard_queries/slots.py``: blocks of several shards as one."""

from __future__ import annotations

from tart.query.shard_queries.slots import (
    HAD,
    BlockAuthor,
    BlockFailure,
    Head,
    Moment,
    NodeHead,
    NodeTimes,
    SlotBlocks,
    SlotBlocksPart,
)

A, B, C = ("aa" * 32, "bb" * 32, "cc" * 32)


def part(nodes, *times, authors=(), heads=(), failed=(), failures=(), outlines=None):
    return SlotBlocksPart(
        nodes=list(nodes),
        times=list(times),
        outlines=outlines or {},
        authors=list(authors),
        heads=list(heads),
        failed=list(failed),
        failures=list(failures),
    )


def merged(*parts):
    return SlotBlocks(1, 9).merge(list(enumerate(parts)))


def test_the_first_time_of_a_node_on_two_shards_counts():
    first = part([A, B], NodeTimes("0a", 5, HAD, 100, [0, 1], [0, 30], [7, None]))
    second = part([B, C], NodeTimes("0a", 5, HAD, 110, [0, 1], [10, 0], [3, 4]))
    for parts in ((first, second), (second, first)):
        block = merged(*parts).blocks["0a"]
        assert block.had == {A: Moment(100, 7), B: Moment(120, 3), C: Moment(110, 4)}


def test_a_block_has_the_slot_that_most_nodes_report():
    facts = merged(
        part([A], NodeTimes("0a", 6, HAD, 100, [0], [0], [0])),
        part([B, C], NodeTimes("0a", 5, HAD, 100, [0, 1], [0, 0], [0, 0])),
    )
    assert facts.blocks["0a"].slot == 5


def test_stages_outline_author_and_parent_belong_to_the_block():
    facts = merged(
        part(
            [A],
            NodeTimes("0a", 5, "importing", 100, [0], [0], [0]),
            outlines={"0a": {"size_bytes": 9}},
        ),
        part(
            [B],
            NodeTimes("0a", 5, "authored", 90, [0], [0], [0]),
            authors=[BlockAuthor("0a", 0, "0b")],
        ),
    )
    block = facts.blocks["0a"]
    assert {stage: list(nodes) for stage, nodes in block.times.items()} == {
        "importing": [A],
        "authored": [B],
    }
    assert (block.author, block.parent, block.outline) == (B, "0b", {"size_bytes": 9})


def test_failures_add_up_and_name_their_nodes():
    failure = BlockFailure("0a", 5, 0, 44, "bad seal", 100, 3)
    facts = merged(
        part([A], failed=[(5, 44, 2)], failures=[failure]), part([B], failed=[(5, 44, 1)])
    )
    assert facts.failed == {(5, 44): 3}
    (shown,) = facts.failures
    assert (shown.node, shown.moment, shown.reason) == (A, Moment(100, 3), "bad seal")


def test_the_newest_head_of_a_node_counts_and_its_highest_finalized_slot():
    facts = merged(
        part([A], heads=[NodeHead(0, "0b", 200, 3)]),
        part([A, B], heads=[NodeHead(0, "0a", 100, 4), NodeHead(1, None, 0, None)]),
    )
    assert facts.heads == {A: Head(200, "0b")}
    assert facts.finalized == {A: 4}
