"""``tart/query/core/nodes.py``: the same answer wherever connections are."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.nodes import (
    STATEMENTS,
    end_connections,
    merge_node,
    newest_statement,
    rank,
    statement_source,
)
from tart.query.core.rfc3339 import rfc3339

NODE = "aa" * 32
VALUES = {"best": {"slot": 0, "hash": "0x"}, "finalized": {"slot": 0, "hash": "0x"}, "synced": True}


def part(
    number: int, *, is_open: bool, began: int, ended: int, said: dict[str, int]
) -> dict[str, Any]:
    """One connection; ``said``: when it made which statement, whose value is that time."""
    address = f"192.0.2.{number}:4"

    def made(at: int) -> dict[str, Any]:
        return statement_source(rfc3339(at) or "", number, address, is_open=is_open)

    found: dict[str, Any] = {
        "node_id": NODE,
        "is_connected": is_open,
        "node_info": {"flags": number},
        "implementation_name": f"name {number}",
        "implementation_version": str(number),
        "connected_at": rfc3339(began),
        "disconnected_at": None if is_open else rfc3339(ended),
        "first_seen_at": rfc3339(began),
        "last_seen_at": rfc3339(max([began, *said.values()])),
        "address": address,
        "event_count": number,
        "deviations": {"rule": number},
        "statements": {"node_info": made(began), **{name: made(at) for name, at in said.items()}},
        **{name: (number, at) for name, at in said.items()},
    }
    if is_open:
        found["connections"] = [
            {"session": number, "connected_at": rfc3339(began), "address": address}
        ]
    return found


MOMENTS = st.integers(0, 6)
CONNECTION = st.fixed_dictionaries(
    {
        "is_open": st.booleans(),
        "began": MOMENTS,
        "ended": MOMENTS,
        "said": st.dictionaries(st.sampled_from([*VALUES]), MOMENTS),
    }
)


@given(
    connections=st.lists(CONNECTION, min_size=1, max_size=6),
    data=st.data(),
    shards=st.integers(1, 5),
)
def test_connections_on_any_shards_merge_to_the_same_node(
    connections: list[dict[str, Any]], data: st.DataObject, shards: int
) -> None:
    parts = [part(number, **each) for number, each in enumerate(connections)]
    together = merge_node(parts)
    places = data.draw(
        st.lists(st.integers(0, shards - 1), min_size=len(parts), max_size=len(parts))
    )
    order = data.draw(st.permutations(range(len(parts))))
    each_shard = [
        [parts[at] for at in order if places[at] == shard]
        for shard in data.draw(st.permutations(range(shards)))
    ]
    assert merge_node([merge_node(some) for some in each_shard if some]) == together


@given(connections=st.lists(CONNECTION, min_size=1, max_size=6))
def test_statements_of_open_connections_precede_those_of_ended_ones(
    connections: list[dict[str, Any]],
) -> None:
    found = merge_node([part(number, **each) for number, each in enumerate(connections)])
    for name in VALUES:
        # By hand: when, where, and on an open connection before any other.
        made = [
            (each["is_open"], each["said"][name], number)
            for number, each in enumerate(connections)
            if name in each["said"]
        ]
        if not made:
            assert found[name] is found["statements"][name] is None
            continue
        some_open = any(is_open for is_open, _, _ in made)
        at = max(at for is_open, at, _ in made if is_open or not some_open)
        number, said_at = found[name]
        assert said_at == at
        assert (some_open, at, number) in made
        assert found["statements"][name]["is_open"] == some_open
    assert found["is_connected"] == any(each["is_open"] for each in connections)
    last = max(each["ended"] for each in connections)
    assert found["disconnected_at"] == (None if found["is_connected"] else rfc3339(last))
    assert found["event_count"] == sum(range(len(connections)))


def test_ties_of_statements_are_resolved_by_address() -> None:
    one, two = (part(number, is_open=True, began=1, ended=0, said={"best": 4}) for number in (1, 2))
    assert merge_node([one, two])["address"] == merge_node([two, one])["address"] == "192.0.2.2:4"


def test_a_node_of_a_dead_shard_has_no_open_connection() -> None:
    one = part(1, is_open=True, began=1, ended=0, said={"best": 4})
    gone = end_connections(one)
    assert (gone["is_connected"], gone["connections"]) == (False, [])
    assert gone["disconnected_at"] == rfc3339(4)
    two = part(2, is_open=True, began=2, ended=0, said={"best": 3})
    assert merge_node([gone, two])["best"] == (2, 3)
    assert merge_node([one, two])["best"] == (1, 4)
    assert end_connections(gone) is gone


def test_a_part_without_sources_counts_from_its_connection() -> None:
    kept = part(1, is_open=True, began=5, ended=0, said={"best": 5})
    del kept["statements"]
    newer = part(2, is_open=False, began=6, ended=7, said={"best": 6})
    assert merge_node([kept, newer])["best"] == (1, 5)
    assert merge_node([end_connections(kept), newer])["best"] == (2, 6)


def test_a_node_without_statements_has_null_values() -> None:
    assert newest_statement([]) is None
    node = merge_node([{"node_id": NODE}])
    assert {node[name] for members in STATEMENTS.values() for name in members} == {None}
    assert rank(statement_source("2026", None, None, is_open=False)) == (False, "2026", "")
