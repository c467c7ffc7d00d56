"""``tart/query/answers/findings.py``: figures have the members and values that it declares."""

from __future__ import annotations

from tart.query.topics.findings import conformance_examples
from tests.query.answers.checking import check
from tests.query.topics.test_findings import NODES, A, B, broken, example, matrix


def test_the_matrix() -> None:
    check("ConformanceMatrix", matrix())
    check(
        "ConformanceMatrix", matrix(broken(A, "truncated"), broken(B, "of_old"), broken(None, "x"))
    )


def test_examples() -> None:
    check("ConformanceExamples", conformance_examples([], [], 1))
    rows = [example(), example(frame="", node_id=None, rule="of_old") | {"type": None, "id": None}]
    check("ConformanceExamples", conformance_examples(rows, NODES, 9))
