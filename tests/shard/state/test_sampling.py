"""Sampling: when it begins and ends, and what it leaves out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.core.event_columns import EventColumns, array_types
from tart.aggregate.core.failure_events import FAILURES
from tart.config.schema import StorageConfig
from tart.errors import BadQuery
from tart.protocol.events import EventKind
from tart.shard.state.sampling import (
    CALM_SECONDS,
    DEFAULT_TYPES,
    PROTECTED,
    Sampling,
    SamplingSettings,
    sampled_types,
    settings_of,
)


def sampling(after: float = 5.0, one_in: int = 10) -> Sampling:
    return Sampling(SamplingSettings(after, one_in))


def active(one_in: int = 10) -> Sampling:
    sampled = sampling(one_in=one_in)
    sampled.update(True, 0)
    assert sampled.update(True, 5)
    return sampled


def events(*rows: tuple[int, int, int, int | None]) -> EventColumns:
    """Events of (session, event id, type, event id that it refers to)."""
    arrays = {name: np.zeros(len(rows), kind) for name, kind in array_types(EventColumns).items()}
    for place, (session, event_id, kind, ref) in enumerate(rows):
        arrays["session"][place] = session
        arrays["event_id"][place] = event_id
        arrays["type"][place] = kind
        arrays["has_ref"][place] = ref is not None
        arrays["ref"][place] = ref or 0
    return EventColumns(**arrays)


def kept(sampled: Sampling, columns: EventColumns, clean: bool = True) -> list[bool]:
    stored = sampled.stored(columns, np.full(len(columns), clean))
    return [True] * len(columns) if stored is None else stored.tolist()


def test_it_is_off_by_default() -> None:
    never = Sampling(settings_of(StorageConfig()))
    for now in range(1000):
        assert not never.update(True, now)
    assert not never.active


def test_it_begins_when_the_buffer_was_full_for_the_time() -> None:
    sampled = sampling()
    for now in range(5):
        assert not sampled.update(True, now)
    assert sampled.update(True, 5)
    assert (sampled.active, sampled.episodes) == (True, 1)


def test_it_begins_when_the_buffer_is_full_most_of_the_time() -> None:
    sampled = sampling()
    now = 0.0
    # The buffer is full, read to a half, and full again.
    while not sampled.active and now < 60:
        sampled.update(True, now)
        sampled.update(False, now + 0.7)
        now += 1
    assert 5 < now < 20


def test_bursts_that_are_worked_off_are_no_trouble() -> None:
    sampled = sampling()
    for now in range(0, 300, 3):
        sampled.update(True, now)
        sampled.update(False, now + 1)
    assert not sampled.active


def test_it_ends_by_itself_after_a_minute_of_calm() -> None:
    sampled = active()
    assert not sampled.update(False, 10)
    assert not sampled.update(False, 10 + CALM_SECONDS - 1)
    assert sampled.update(False, 10 + CALM_SECONDS)
    assert not sampled.active
    sampled.update(True, 100)
    assert sampled.update(True, 105)
    assert sampled.episodes == 2


def test_trouble_that_comes_back_begins_the_minute_again() -> None:
    sampled = active()
    sampled.update(False, 10)
    sampled.update(True, 40)
    sampled.update(False, 50)
    assert not sampled.update(False, 10 + CALM_SECONDS)
    assert sampled.active


def test_blocks_statuses_connections_and_failures_are_always_stored() -> None:
    assert {EventKind.STATUS, EventKind.AUTHORED, EventKind.BLOCK_TRANSFERRED} <= PROTECTED
    assert {*FAILURES, EventKind.GUARANTEE_DISCARDED, EventKind.DISCONNECTED} <= PROTECTED
    assert EventKind.ASSURANCE_RECEIVED in DEFAULT_TYPES
    assert not PROTECTED & DEFAULT_TYPES
    sampled = active(one_in=1_000_000)
    columns = events(*((1, number, kind, None) for number, kind in enumerate(sorted(PROTECTED))))
    assert all(kept(sampled, columns))
    assurances = events(*((1, number, EventKind.ASSURANCE_RECEIVED, None) for number in range(99)))
    assert not any(kept(sampled, assurances))
    # What deviates from the specification is a finding.
    assert all(kept(sampled, assurances, clean=False))


def test_about_one_in_n_is_stored() -> None:
    columns = events(
        *(
            (session, number, EventKind.ASSURANCE_RECEIVED, None)
            for session in range(50)
            for number in range(200)
        )
    )
    share = sum(kept(active(), columns)) / len(columns)
    assert 0.08 < share < 0.12
    assert all(kept(sampling(), columns))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**60)), min_size=1, max_size=40))
def test_an_exchange_is_stored_whole_or_not_at_all(begins: list[tuple[int, int]]) -> None:
    sampled = active(one_in=3)
    rows = []
    for session, event_id in begins:
        rows += [
            (session, event_id, EventKind.SENDING_SHARD_REQUEST, None),
            (session, event_id + 1, EventKind.SHARD_REQUEST_SENT, event_id),
            (session, event_id + 2, EventKind.SHARDS_TRANSFERRED, event_id),
            # A guarantee is sent about one that was built: an exchange of its own.
            (session, event_id + 3, EventKind.SENDING_GUARANTEE, 7),
            (session, event_id + 4, EventKind.GUARANTEE_SENT, event_id + 3),
        ]
    stored = kept(sampled, events(*rows))
    for place in range(0, len(rows), 5):
        assert len(set(stored[place : place + 3])) == 1
        assert len(set(stored[place + 3 : place + 5])) == 1
    # The choice is the same in whatever batches the events come.
    alone = [kept(sampled, events(row))[0] for row in rows]
    assert alone == stored


def test_types_are_named_and_those_that_are_always_stored_are_refused() -> None:
    assert sampled_types(()) == DEFAULT_TYPES
    assert sampled_types(("AssuranceReceived", "128")) == {131, 128}
    with pytest.raises(BadQuery, match=r"did you mean AssuranceReceived\?"):
        sampled_types(("AssuranceRecieved",))
    with pytest.raises(BadQuery, match="Status is always stored"):
        sampled_types(("status",))
    with pytest.raises(BadQuery, match="'255' is no type of event"):
        sampled_types(("255",))
