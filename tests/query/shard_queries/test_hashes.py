"""``tart/query/shard_queries/hashes.py``: what shards know of the same hash is one match."""

from __future__ import annotations

from tart.query.shard_queries.hashes import HashMatch, HashMatches


def test_a_hash_of_several_shards_is_one_match_newest_first():
    one = [HashMatch("package", "aa", 5, None, 1, "aa", "unfinished"), HashMatch("block", "bb", 9)]
    other = [HashMatch("package", "aa", 7, 12, None, "aa"), HashMatch("report", "aa", 1)]
    assert HashMatches("aa").merge([(0, one), (1, other)]) == [
        HashMatch("block", "bb", 9),
        HashMatch("package", "aa", 7, 12, 1, "aa", "unfinished"),
        HashMatch("report", "aa", 1),
    ]
