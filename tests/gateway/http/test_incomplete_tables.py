"""``tart/gateway/http/incomplete_tables.py``: tables that lack data do not end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tart.errors import Incomplete
from tart.gateway.fanout.queries import Coverage
from tart.gateway.http.incomplete_tables import cut_off_incomplete
from tart.gateway.http.responses import Answer, SharedBody

pytestmark = pytest.mark.anyio

WHOLE = Coverage(frozenset({0, 1}), 2)
PART = replace(WHOLE, shards=frozenset({0}))


async def test_a_complete_table_and_json_are_not_streamed() -> None:
    for answer in (
        Answer(b"n\r\n1\r\n", WHOLE, form="csv"),
        Answer(b"n\r\n1\r\n", form="csv"),
        Answer({"n": 1}, PART),
    ):
        assert await cut_off_incomplete(answer) is answer


@pytest.mark.parametrize("body", [b"n\r\n1\r\n", lambda: b"n\r\n1\r\n", SharedBody(b"n\r\n1\r\n")])
async def test_a_table_that_lacks_a_shard_ends_with_a_sentence_and_an_error(body: object) -> None:
    answer = await cut_off_incomplete(Answer(body, PART, form="csv"))
    assert answer.stream is not None
    part = await anext(answer.stream)
    with pytest.raises(Incomplete, match="shard 1 of 2 did not answer"):
        await anext(answer.stream)
    head, last = part.decode().split("\r\n1\r\n")
    assert head == "n"
    assert last.startswith('"# incomplete: shard 1 of 2 did not answer')
    # Each request sends its own.
    again = await cut_off_incomplete(Answer(body, PART, form="csv"))
    assert again.stream is not answer.stream
