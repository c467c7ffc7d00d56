"""``tart/tracing/export_queue.py``: batches within limits, and the oldest go when it is full."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tart.tracing.export_queue import EncodedTrace, ExportQueue, encode_trace, join
from tart.tracing.spans import Service, Span, assemble
from tests.tracing.otlp_messages import check_tree, read, spans_of


def trace(number, size=10, spans=1):
    return EncodedTrace((json.dumps([number]).ljust(size - 1).encode(),), spans, is_failed=False)


def numbers(batch):
    return [json.loads(each.resource_spans[0])[0] for each in batch]


def built(count, text="x"):
    root = Span(bytes([1] * 8), None, "root", None, 0, 9)
    spans = [
        replace(root, id=number.to_bytes(8, "big"), parent=root.id, attributes={"text": text})
        for number in range(1, count)
    ]
    services = {"n": Service("a", "1")}
    return assemble(bytes(range(16)), [root, *spans], services, is_failed=True)


def test_the_oldest_are_sent_first_within_the_limits():
    queue = ExportQueue(1_000)
    for number in range(5):
        queue.add(trace(number))
    assert (len(queue), queue.size) == (5, 50)
    assert numbers(queue.take(max_bytes=25)) == [0, 1]
    assert numbers(queue.take(max_spans=1)) == [2]
    assert numbers(queue.take()) == [3, 4]
    assert (queue.take(), len(queue), queue.size, queue.dropped) == ([], 0, 0, 0)


def test_one_that_is_larger_than_a_batch_is_sent_alone():
    queue = ExportQueue(1_000)
    queue.add(trace(1, size=100, spans=50))
    queue.add(trace(2))
    assert numbers(queue.take(max_bytes=20, max_spans=9)) == [1]


def test_a_full_queue_drops_the_oldest_and_counts_them():
    queue = ExportQueue(30)
    for number in range(5):
        queue.add(trace(number))
    assert (queue.dropped, queue.size) == (2, 30)
    batch = queue.take(max_bytes=20)
    assert numbers(batch) == [2, 3]
    queue.add(trace(5))
    queue.put_back(batch)
    assert numbers(queue.take()) == [3, 4, 5]
    assert queue.dropped == 3


def test_the_newest_stays_even_if_it_does_not_fit():
    queue = ExportQueue(5)
    queue.add(trace(1))
    queue.add(trace(2))
    assert numbers(queue.take()) == [2]


def test_several_traces_are_one_request():
    one, other = encode_trace(lambda: built(3)), encode_trace(lambda: built(4))
    assert (one.spans, one.is_failed) == (3, True)
    request = read(join([one, other]))
    assert len(spans_of(request)) == 7
    assert len(join([one, other])) <= one.size + other.size + len(b'{"resourceSpans":[]}')


def test_a_trace_that_is_larger_than_a_batch_has_fewer_spans():
    encoded = encode_trace(lambda: built(200, "y" * 200), max_bytes=20_000)
    assert encoded.size <= 20_000
    request = read(join([encoded]))
    check_tree(request)
    assert len(spans_of(request)) == encoded.spans == 25
    # Even one that cannot be made small enough has its root.
    assert encode_trace(lambda: built(200), max_bytes=1).spans == 1


@given(st.lists(st.tuples(st.sampled_from("atp"), st.integers(5, 40)), max_size=40))
def test_size_and_order_are_right_whatever_happens(steps):
    queue, model, batch = ExportQueue(100), [], []
    for number, (step, size) in enumerate(steps):
        if step == "a":
            queue.add(trace(number, size))
            model.append((number, trace(number, size).size))
        elif step == "t" and not batch:
            batch = queue.take(max_bytes=60)
            model = model[len(batch) :]
        elif step == "p":
            queue.put_back(batch)
            model = [(json.loads(each.resource_spans[0])[0], each.size) for each in batch] + model
            batch = []
        while sum(size for _, size in model) > 100 and len(model) > 1:
            model.pop(0)
        assert queue.size == sum(size for _, size in model)
        assert len(queue) == len(model)
    assert numbers(queue.take(10**9, 10**9)) == [number for number, _ in model]
