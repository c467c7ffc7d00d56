"""``tart/query/shard_queries/ended_pipelines.py``: what several shards know of one is one."""

from __future__ import annotations

from tart.query.shard_queries.ended_pipelines import EndedPart, EndedPipeline, EndedPipelines

QUERY = EndedPipelines("packages", since_us=5, started_us=0)


def row(digest="aa", first=10, last=20, failed=False, node="01", session=1, root=0):
    return EndedPipeline(digest, first, last, failed, node, session, session << 8, root)


def merge(*parts):
    return QUERY.merge(list(enumerate(parts)))


def test_a_package_of_two_shards_is_one():
    found = merge(
        EndedPart([row(first=10, last=20, node="02")], False),
        EndedPart([row(first=7, last=15, failed=True)], False),
    )
    assert found.pipelines == [row(first=7, last=20, failed=True)]
    assert found.until_us is None


def test_attempts_without_a_hash_are_each_their_own_in_order_of_their_news():
    one, two = row(None, last=30), row(None, last=25, root=1)
    found = merge(EndedPart([one], False), EndedPart([two, row(last=26)], False))
    assert found.pipelines == [two, row(last=26), one]


def test_beyond_the_cut_of_any_shard_some_may_be_missing():
    assert merge(EndedPart([row(last=30)], True), EndedPart([row("bb")], True)).until_us == 20
    # Rows of unknown nodes alone.
    assert merge(EndedPart([], True)).until_us == 5
