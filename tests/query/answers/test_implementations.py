"""``tart/query/answers/implementations.py``: figures have the members and values it declares."""

from __future__ import annotations

from tart.query.topics.implementations import implementations
from tests.query.answers.checking import check
from tests.query.topics.test_implementations import rows, span
from tests.query.topics.test_node_summary import A, node, summary_input


def test_implementations() -> None:
    check("Implementations", implementations(rows()))
    check("Implementations", implementations(rows(span("bb" * 32, None, 0, 1))))
    imports = [{"node": A, "bin": 3, "count": 1}]
    answer = implementations(
        rows(span(A, "1", 0, 1), imports=imports, summary=summary_input(node(A)))
    )
    check("Implementations", answer)
