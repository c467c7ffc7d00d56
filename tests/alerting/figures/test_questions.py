"""Questions to the shards."""

from __future__ import annotations

import pytest

from tart.aggregate.core.tables import TABLES
from tart.alerting.figures import questions
from tart.alerting.figures.inputs import Question
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum

KINDS = [
    kind
    for kind in vars(questions).values()
    if isinstance(kind, type) and issubclass(kind, Question) and kind is not Question
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_question_is_a_query_about_its_window(kind):
    assert kind(10, 20) == kind(10, 20)
    assert len({kind(10, 20), kind(10, 20), kind(10, 30)}) == 2
    query = kind(10, 20).query()
    assert query.window == Window(10, 20)
    if isinstance(query, AggregateSum):
        columns = TABLES[query.table]
        named = {*query.by, *(query.values or ()), *(query.where or ())}
        assert named <= columns.keys()
