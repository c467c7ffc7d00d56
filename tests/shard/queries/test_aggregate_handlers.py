"""``tart/shard/queries/aggregate_handlers.py``: a handler for each query of one subject."""

from __future__ import annotations

from tart.query.shard_queries.catalog import QUERIES
from tart.shard.queries.aggregate_handlers import HANDLERS

# Answered by ``AggregateQueries`` itself, about any table or with the nodes of sessions.
OF_ANY_TABLE = {
    *("aggregate_sum", "aggregate_rows", "aggregate_by_node"),
    *("sessions", "version_spans"),
}


def test_every_query_to_the_aggregates_has_a_handler():
    aggregated = {name for name, query in QUERIES.items() if query.source == "aggregates"}
    assert {query.name for query in HANDLERS} == aggregated - OF_ANY_TABLE
