"""``tart/storage/core/batch.py``: what is in a batch and when it is due."""

import pytest

from tart.aggregate.flush import Flush, FlushState
from tart.storage.core.batch import Batch
from tart.storage.core.log_columns import LogColumns
from tests.storage.running import event, opened, unreadable


def test_a_new_batch_is_empty():
    assert not Batch()
    assert Batch().rows == 0


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (Batch(log=[LogColumns.from_rows([event(0), event(1)])]), 2),
        (Batch(undecodable=[unreadable(0)]), 1),
        (Batch(log=[LogColumns.from_rows([event(0)])], undecodable=[unreadable(1)]), 2),
        (Batch(sessions=[opened(0)]), 0),
        (Batch(nodes=[(0, bytes(32))]), 0),
    ],
)
def test_a_batch_with_any_row_is_not_empty_and_frames_count_as_rows(content, rows):
    assert content
    assert content.has_rows
    assert content.rows == rows


def test_aggregates_alone_are_something_to_hand_over_but_no_rows():
    state = FlushState(flush=1, next_seq=0, replay_from_seq=0, taken_at=0)
    batch = Batch(flush=Flush(state, {}, [], {}))
    assert batch
    assert not batch.has_rows


def test_the_first_arrival_sets_the_age_and_period_of_a_batch():
    batch = Batch()
    batch.touch(1.0, 100)
    batch.log.append(LogColumns.from_rows([event(0)]))
    batch.touch(2.0, 200)
    assert (batch.opened_at, batch.received_at) == (1.0, 100)


def test_batches_share_no_lists():
    Batch().log.append(LogColumns.from_rows([event(0)]))
    assert not Batch()
