"""``tart/query/answers/comparison.py``: figures have the members and values it declares."""

from __future__ import annotations

from tart.query.comparison.comparison import Request, compare
from tart.query.comparison.groups import Membership
from tart.query.comparison.measures import select_measures
from tart.query.comparison.node_data import NodeData
from tests.query.answers.checking import check
from tests.query.comparison.test_comparison import MEMBERS, latencies


def test_comparison() -> None:
    everything = Request(select_measures(None, None))
    check("ImplementationComparison", compare(everything, NodeData(), Membership({})))
    check("ImplementationComparison", compare(everything, latencies({}), MEMBERS))
    named = Request(select_measures(["Importing_to_BlockVerified"], ["restarts", "clock_error"]))
    check("ImplementationComparison", compare(named, latencies({}), MEMBERS))
