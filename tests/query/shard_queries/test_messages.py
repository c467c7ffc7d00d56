"""``tart/query/shard_queries/messages.py``: the answer of the shard that has the message."""

from __future__ import annotations

from tart.query.shard_queries.messages import FirstMessage, Message


def test_the_answer_is_that_of_the_shard_that_has_the_message():
    for query in (Message(7), FirstMessage(7)):
        assert query.merge([(0, None), (1, {"id": 7})]) == {"id": 7}
        assert query.merge([(0, None), (1, None)]) is None
