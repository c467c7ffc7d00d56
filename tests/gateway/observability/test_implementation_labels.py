"""``tart/gateway/observability/implementation_labels.py``: few labels, whatever nodes say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.gateway.observability.implementation_labels import (
    MAX_LENGTH,
    OTHER,
    UNKNOWN,
    ImplementationLabels,
    label_value,
)


def test_text_of_nodes_is_printable_and_short() -> None:
    assert label_value("PolkaJam") == "PolkaJam"
    assert label_value("a\nb\x00c") == "a�b�c"
    assert label_value("x" * 100) == "x" * MAX_LENGTH
    assert [label_value(text) for text in (None, "", "  ")] == [UNKNOWN] * 3


@given(st.text())
def test_any_text_becomes_a_label(text: str) -> None:
    assert label_value(text).isprintable()
    assert 0 < len(label_value(text)) <= MAX_LENGTH


def test_the_most_frequent_get_labels_and_all_nodes_are_counted() -> None:
    labels = ImplementationLabels(max_labels=2)
    nodes = {("a", "1"): 1, ("b", "1"): 3, ("c", "1"): 2}
    assert labels.assign(nodes, 0) == {("b", "1"): 3, ("c", "1"): 2, (OTHER, OTHER): 1}
    assert labels.folded == 1
    labels.assign(nodes, 1)
    assert labels.folded == 1


def test_a_label_stays_until_a_day_after_its_last_node() -> None:
    labels = ImplementationLabels(max_labels=1, hold_seconds=10)
    labels.assign({("a", "1"): 1}, 0)
    assert labels.assign({("b", "1"): 9}, 10) == {(OTHER, OTHER): 9}
    assert labels.assign({("b", "1"): 9}, 11) == {("b", "1"): 9}


def test_a_node_that_calls_itself_other_makes_no_second_sample() -> None:
    labels = ImplementationLabels(max_labels=1)
    nodes = {(OTHER, OTHER): 2, ("b", "1"): 1}
    assert labels.assign(nodes, 0) == {(OTHER, OTHER): 3}
