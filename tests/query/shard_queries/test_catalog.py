"""``tart/query/shard_queries/catalog.py``: all queries, and how they are written and read."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Raw

from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.core.query import Attached, Query, decode_partial
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum, SumRows
from tart.query.shard_queries.catalog import QUERIES
from tart.query.shard_queries.events import Backfill, Events, Export
from tart.query.shard_queries.packages import JourneyEvents
from tests.cases import all_cases


def test_each_query_is_in_the_catalog_under_its_name():
    def declared(kind):
        return {kind, *(each for sub in kind.__subclasses__() for each in declared(sub))}

    assert {
        kind for kind in declared(Query) if kind.__module__.startswith("tart.query.shard_queries.")
    } == set(QUERIES.values())
    assert all(name == query.name for name, query in QUERIES.items())


@all_cases("kind", QUERIES.values(), ids=QUERIES)
def test_each_query_has_a_description_and_a_type_of_answers(kind):
    assert kind.__doc__
    with pytest.raises(msgspec.ValidationError):
        decode_partial(msgspec.convert(PARAMETERS.get(kind.name, {}), kind), Raw(b"1"), b"")


PARAMETERS = {
    "aggregate_sum": {"table": "counts"},
    "aggregate_rows": {"table": "blocks"},
    "aggregate_by_node": {"table": "counts", "value": "count"},
    "first_seen_blocks": {"window": {}},
    "block_propagation": {"hashes": []},
    "transfers": {"window": {}},
    "ended_pipelines": {"table": "blocks", "since_us": 1, "started_us": 0},
    "events": {"cursor": {"until_us": 1}, "limit": 1},
    "backfill": {"filter": {}, "since_us": 0},
    "event": {"id": 1},
    "trace": {"id": 1},
    "slot": {"slot": 1},
    "export": {"format": "csv"},
    "sql": {"sql": "", "seconds": 1},
    "node_status": {"node": "aa"},
    "package_stages": {"window": {}},
    "package_counts": {"window": {}},
    "step_durations": {"window": {}},
    "stage_totals": {"window": {}},
    "log_moments": {"table": "blocks", "window": {}, "numerator": "gas"},
    "package_services": {"window": {}},
    "deliveries": {"window": {}, "kind": 105},
    "sessions": {"cursor": {"until_us": 1}, "limit": 1},
    "protocol_versions": {"window": {}, "now_us": 1},
    "version_spans": {"window": {}, "now_us": 1, "gap_us": 1},
    "slowest_steps": {"window": {}, "node": "aa", "parent": 43, "kind": 47, "limit": 1},
}


@pytest.mark.parametrize(
    "query",
    [
        Events(cursor=Cursor(5, Window(1, 2), 3, {4: 5}), limit=7, selection=Selection(types=(1,))),
        Backfill({"type": "All"}, 5, {0: 7}, byte_encoding="array"),
        Export("csv", {1: 2}, formulas=True),
        AggregateSum("counts", Window(1), by=["type"], where={"type": [11, 2**70]}, top=3),
        JourneyEvents(pipelines=[(1, 2, 3, 4)], reports=[("aa", 5, 6)]),
    ],
    ids=lambda query: query.name,
)
def test_a_query_is_read_as_it_was_written(query):
    read = msgspec.json.decode(msgspec.json.encode(query), type=type(query))
    assert msgspec.json.encode(read) == msgspec.json.encode(query)
    assert type(read) is type(query)


def test_unknown_parameters_are_refused():
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"slot":1,"more":2}', type=QUERIES["slot"])


def test_an_answer_is_of_the_declared_type_and_exact():
    partial = Raw(b'{"keys":[],"values":{"count":"sum"},"rows":[[1180591620717411303424]]}')
    assert decode_partial(AggregateSum("counts"), partial, b"") == SumRows(
        [], {"count": "sum"}, [[2**70]]
    )


def test_an_answer_with_an_attachment_has_both():
    found = decode_partial(Export("csv"), Raw(b'{"parts":{}}'), b"bytes")
    assert found == Attached({"parts": {}}, b"bytes")
