"""``tart/tracing/span_ids.py``: ids that depend on nothing but what they are about."""

from hashlib import blake2b

from tart.tracing import span_ids
from tart.tracing.span_ids import attempt_key, root_span_id, span_id, trace_id

HASH = bytes(range(32))


def test_a_trace_id_is_the_beginning_of_the_hash_of_the_hash():
    assert trace_id(HASH) == blake2b(HASH, digest_size=32).digest()[:16]


def test_ids_of_different_parts_differ():
    key = attempt_key("aa" * 32, 1, 7)
    ids = [
        root_span_id(HASH),
        span_id(HASH),
        span_id(key),
        span_id(key, "refined"),
        span_id(key, "share", "bb" * 32),
        span_id(key, "share", "cc" * 32),
        span_id(attempt_key("aa" * 32, 1, 8)),
        span_id(attempt_key("aa" * 32, 11, 7)),
        span_id(attempt_key("ab" * 32, 1, 7)),
    ]
    assert len(set(ids)) == len(ids)
    assert {len(each) for each in ids} == {8}


def test_no_id_consists_of_zeros(monkeypatch):
    monkeypatch.setattr(span_ids, "_digest", lambda data: bytes(32))
    assert trace_id(HASH) == bytes(15) + b"\1"
    assert span_id(HASH) == root_span_id(HASH) == bytes(7) + b"\1"
