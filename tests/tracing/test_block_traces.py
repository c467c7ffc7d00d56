"""``tart/tracing/block_traces.py``: a block at its author and at the nodes that import it."""

from __future__ import annotations

import pytest

from tart.query.core.aggregate_columns import OUTLINE
from tart.tracing.block_traces import (
    BLOCK_COLUMNS,
    SIGHT_COLUMNS,
    block_nodes,
    block_start_us,
    block_trace,
)
from tart.tracing.otlp import encode
from tart.tracing.span_ids import attempt_key, root_span_id, trace_id
from tart.tracing.spans import MAX_EVENTS, MAX_SPANS, Service
from tart.units import JCE_US
from tests.tracing.otlp_messages import attributes, check_tree, read, spans_of

NOON = 1_795_176_000_000_000
CLOCK = NOON - JCE_US
HASH, PARENT = "aa" * 32, "bb" * 32
REFERENCE = bytes.fromhex(HASH)
ONE, TWO = "01" * 32, "02" * 32


def row(node=ONE, kind=43, at=0, **steps):
    """A row of ``blocks`` that is imported, or with 40 authored; steps are microseconds."""
    times = ("authored", "verified", "executed", "failed")
    values = {name: CLOCK + value if name in times else value for name, value in steps.items()}
    return dict.fromkeys(BLOCK_COLUMNS) | {
        "started_at": NOON + at,
        "ended_at": NOON + at,
        "node": node,
        "session": 1,
        "root": 7,
        "kind": kind,
        "slot": 5,
        "hash": HASH,
        "outcome": "executed",
        "started": CLOCK + at,
        **values,
    }


def sight(node=ONE, at=0, kind=43):
    values = (NOON + at, node, HASH, 5, kind, CLOCK + at)
    return dict(zip(SIGHT_COLUMNS, values, strict=True))


def build(rows, sights=(), offsets=None, **more):
    trace = block_trace(REFERENCE, rows, sights, offsets or {}, {ONE: Service("a", "1")}, **more)
    request = read(encode(trace))
    check_tree(request)
    return trace, {span.name: span for span in spans_of(request)}


def test_a_block_is_authored_and_imported():
    sizes = {name: 3 for name in OUTLINE}
    author = row(kind=40, parent=PARENT, authored=300, executed=500, gas=9, **sizes)
    other = row(TWO, 43, at=600, verified=700, executed=950, gas=8, elapsed_ns=1_000)
    trace, spans = build([other, author], [sight(), sight(TWO, 550, 11), sight(TWO, 900, 12)])
    root = spans["block"]
    assert (trace.id, root.span_id) == (trace_id(REFERENCE), root_span_id(REFERENCE))
    assert not trace.is_failed
    known = attributes(root)
    assert known["jam.block.author"] == ONE
    assert (known["jam.slot"], known["jam.block.nodes"], known["jam.block.size_bytes"]) == (5, 2, 3)
    (link,) = root.links
    assert link.trace_id == trace_id(bytes.fromhex(PARENT))
    assert attributes(link)["jam.link.relation"] == "parent"
    assert root.start_time_unix_nano == NOON * 1_000
    assert root.end_time_unix_nano == (NOON + 950) * 1_000
    for name in ("author block", "import block", "propagation"):
        assert spans[name].parent_span_id == root.span_id
    assert spans["author"].parent_span_id == spans["author block"].span_id
    assert spans["verify"].parent_span_id == spans["import block"].span_id
    assert spans["verify"].end_time_unix_nano - spans["verify"].start_time_unix_nano == 100_000
    events = spans["propagation"].events
    moments = [(each.time_unix_nano // 1_000, attributes(each)) for each in events]
    assert moments == [
        (NOON, {"jam.node.id": ONE, "jam.event.type": 43}),
        (NOON + 550, {"jam.node.id": TWO, "jam.event.type": 11}),
    ]


def test_a_failure_has_the_status_error_where_it_happened():
    failing = {"outcome": "failed", "failed_type": 46, "failed": 900, "reason": "bad seal"}
    trace, spans = build([row(TWO, 43, verified=700, **failing), row(kind=40, authored=3)])
    assert trace.is_failed
    for name in ("block", "import block", "execute"):
        assert (spans[name].status.code, spans[name].status.message) == (2, "bad seal")
    assert spans["verify"].status.code == 0
    assert attributes(spans["block"])["jam.block.failures"] == 1


def test_authoring_that_failed_before_there_was_a_hash_has_a_trace():
    failing = {"outcome": "failed", "failed_type": 41, "failed": 90, "reason": "no ticket"}
    key = attempt_key(ONE, 1, 7)
    rows = [row(kind=40, hash=None, **failing)]
    trace = block_trace(key, rows, [], {}, {})
    check_tree(read(encode(trace)))
    assert (trace.id, trace.is_failed) == (trace_id(key), True)
    assert [span.name for span in trace.spans] == ["block", "author block", "author"]


def test_a_block_of_which_only_sights_are_known_has_a_trace():
    _, spans = build([], [sight(TWO, 5, 11)], {TWO: -2})
    assert set(spans) == {"block", "propagation"}
    assert spans["block"].start_time_unix_nano == (NOON + 3) * 1_000


@pytest.mark.no_cover
def test_of_a_thousand_nodes_all_are_there_and_the_steps_that_fit():
    nodes = [f"{number:064x}" for number in range(1_023)]
    rows = [row(node, 43, at, verified=at + 10, executed=at + 20) for at, node in enumerate(nodes)]
    trace, _ = build(rows, [sight(node, at) for at, node in enumerate(nodes)], missing_shards=1)
    assert len(trace.spans) == MAX_SPANS
    assert trace.cut == 1 + 1 + 1_023 * 3 - MAX_SPANS
    imports = {span.node for span in trace.spans if span.name == "import block"}
    assert imports == set(nodes)
    request = read(encode(trace))
    (propagation,) = [span for span in spans_of(request) if span.name == "propagation"]
    assert len(propagation.events) == MAX_EVENTS
    assert propagation.dropped_events_count == 1_023 - MAX_EVENTS
    root = check_tree(request)
    assert attributes(root)["jam.trace.cut_spans"] == trace.cut
    assert attributes(root)["jam.trace.missing_shards"] == 1


def test_the_nodes_and_the_start_are_those_of_rows_and_sights():
    assert block_nodes([row(TWO)], [sight(ONE)]) == [ONE, TWO]
    assert block_start_us([row(at=5)], [sight(at=3)]) == NOON + 3
