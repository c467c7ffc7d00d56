"""``tart/aggregate/heard.py``: what is inherited, and arrays that grow."""

import numpy as np

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.heard import Later, grown
from tests.aggregate.hearing import heard, troubled, voices


def test_what_an_event_says_itself_is_not_overwritten():
    batch = heard(troubled(), 10_000)[0]
    own = int(np.flatnonzero(batch.has_slot)[0])
    none = int(np.flatnonzero(~batch.has_slot)[0])
    said = int(batch.slot[own])
    batch.learn_slot(own, said + 1)
    batch.learn_slot(none, 77)
    batch.learn_core(none, None)
    assert int(batch.slot[own]) == said
    assert (int(batch.slot[none]), bool(batch.has_slot[none])) == (77, True)
    assert not batch.has_core[none]


def test_an_array_grows_to_what_is_asked_and_keeps_what_it_had():
    array = np.arange(4).reshape(2, 2)
    assert grown(array, 2) is array
    more = grown(array, 9)
    assert len(more) == 9
    assert more[:2].tolist() == array.tolist()
    assert not more[2:].any()


def test_columns_for_later_are_made_once_and_only_if_looked_at():
    made = []

    def make():
        made.append(1)
        return {"node": [1, 2], "count": [3, 4]}

    later = Later(make)
    assert made == []
    assert (list(later), later["count"], len(later)) == (["node", "count"], [3, 4], 2)
    assert made == [1]


def test_a_flush_has_what_there_was_and_not_what_came_after():
    played = troubled()
    first, second = heard(played, 3_000)[:2]
    aggregates = Aggregates(voices(played).__getitem__)
    aggregates.add(first)
    found = aggregates.rows("counts", open_too=False)
    aggregates.clear()
    aggregates.add(second)
    assert sum(found["count"].tolist()) == len(first)
