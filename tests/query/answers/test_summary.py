"""``tart/query/answers/summary.py``: the state has the members and values that it declares."""

from __future__ import annotations

from tart.query.answers.summary import SummaryNodes
from tart.query.topics.summary import NetworkSummary, NodeRow
from tests.query.answers.checking import check


def test_a_summary_without_nodes() -> None:
    check("Summary", NetworkSummary(5).changes(None, known=0, firing=None))


def test_nodes_have_a_column_for_each_figure_of_a_row() -> None:
    assert tuple(SummaryNodes.__annotations__) == ("number", *NodeRow._fields)
