"""Node ids in requests: whole ones and prefixes."""

from __future__ import annotations

from typing import Any

import pytest

from tart.errors import Ambiguous, BadQuery
from tart.query.core.node_ids import (
    MAX_CANDIDATES,
    filter_nodes,
    matching_node,
    node_prefix,
    resolve_filter,
    unknown_node,
)

A, B = "abcd" * 16, "abce" * 16


@pytest.mark.parametrize(
    ("text", "prefix"),
    [(A, A), ("0x" + A.upper(), A), ("ABCD", "abcd"), ("0Xabcde", "abcde")],
)
def test_an_id_or_a_prefix_is_read(text: str, prefix: str) -> None:
    assert node_prefix(text) == prefix


@pytest.mark.parametrize(
    "text", ["", "abc", "0xabc", A + "0", "abcg", "abcd\n", None, 5, "0x0xabcd"]
)
def test_other_texts_are_refused(text: Any) -> None:
    with pytest.raises(BadQuery) as refused:
        node_prefix(text, "id")
    assert refused.value.parameter == "id"


def test_a_prefix_matches_the_one_node_that_has_it() -> None:
    assert matching_node("abcd", [A, B], "id") == A
    assert matching_node(A, [A, B], "id") == A
    assert matching_node("ffff", [A, B], "id") is None


def test_an_ambiguous_prefix_is_refused_with_its_candidates() -> None:
    with pytest.raises(
        Ambiguous, match="2 nodes have ids that begin with abc; add digits"
    ) as error:
        matching_node("abc", [B, A], "node_id")
    assert error.value.candidates == [{"node_id": A}, {"node_id": B}]
    assert (error.value.status, error.value.parameter) == (409, "node_id")
    many = [f"{number:064x}" for number in range(50)]
    with pytest.raises(Ambiguous, match="50 nodes") as error:
        matching_node("0000", many, "node_id")
    assert len(error.value.candidates) == MAX_CANDIDATES


def test_an_unknown_node_gets_the_most_similar_id() -> None:
    typed = "abcdf" + "0" * 59
    assert f"no node {typed} has ever connected; did you mean {A}?" in str(
        unknown_node(typed, [A, B], "id")
    )
    assert "whose id begins with ffff has ever connected; /api/nodes lists" in str(
        unknown_node("ffff", [A, B], "id")
    )
    assert unknown_node("ffff", [], "node_id").parameter == "node_id"


def test_the_nodes_of_a_filter_are_replaced_wherever_they_stand() -> None:
    document = {
        "type": "Both",
        "filters": [
            {"type": "Any", "filters": [{"type": "Node", "node_id": "0xABCD"}, {"type": "All"}]},
            {"type": "Node", "node_id": B},
        ],
    }
    assert filter_nodes(document) == ["0xABCD", B]
    resolved = resolve_filter(document, {"0xABCD": A})
    assert filter_nodes(resolved) == [A, B]
    assert filter_nodes(document) == ["0xABCD", B]
