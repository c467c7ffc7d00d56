"""``tart/query/core/query.py``: declaring a query."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Raw

from tart.query.core.query import Partials, Query, decode_partial
from tart.query.core.windows import Window


class Doubled(Query[list[int], int], frozen=True):
    """Twice the sum."""

    name = "doubled"
    source = "memory"
    at_least: int = 0

    def merge(self, partials: Partials[list[int]]) -> int:
        """Return it."""
        return 2 * sum(each for _, part in partials for each in part if each >= self.at_least)


def test_a_query_is_its_parameters_and_its_merge() -> None:
    query = Doubled(at_least=2)
    assert msgspec.json.encode(query) == b'{"at_least":2}'
    assert query.merge([(0, [1, 2]), (1, [3])]) == 10
    assert (query.tables_read(), query.window_on(0)) == ((), Window())


def test_an_answer_is_decoded_as_the_type_argument_says() -> None:
    assert decode_partial(Doubled(), Raw(b"[1,2]"), b"") == [1, 2]
    with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
        decode_partial(Doubled(), Raw(b'["1"]'), b"")
