"""Ids, Dropped and references, whatever a host and a connection do."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.client.core.emitter_core import DROPPED_BYTES, Dropped, EmitterCore, EventId
from tart.errors import EncodeError
from tart.protocol.framing import FrameBuffer
from tests.client.hosting import HASH, Given, check_received, information, received
from tests.protocol.strategies import anything

LIMIT = 400
BEST, CONNECTING, FAILED = 11, 21, 22
ADDRESS = {"ipv6": "::1", "port": 1}


def core(given: Given | None = None, **options) -> EmitterCore:
    options = {"buffer_bytes": LIMIT, **options}
    return EmitterCore(information(), (given or Given()).clock, **options)


def fill(core: EmitterCore, given: Given) -> None:
    """Emit until an event is dropped."""
    while given.keep(core.emit(BEST, (given.last, HASH))).sent:
        pass


operations = st.lists(
    st.one_of(
        st.tuples(st.just("root")),
        st.tuples(st.just("refer"), st.integers(0, 30), st.integers(0, 130)),
        st.tuples(st.just("connect")),
        st.tuples(st.just("take")),
        st.tuples(st.just("end")),
        st.tuples(st.just("switch")),
    ),
    max_size=80,
)


class Played:
    """A core, what it was asked, and what a server would have got on each connection."""

    def __init__(self) -> None:
        self.given = Given()
        self.core = core(self.given)
        self.up = False
        self.got: dict[int, bytearray] = defaultdict(bytearray)
        self.link = 0
        self.told: list[Dropped] = []

    def root(self) -> None:
        self.given.keep(self.core.emit(CONNECTING, (ADDRESS,)))

    def refer(self, back: int, length: int) -> None:
        handles = list(self.given.ids.values())
        if handles:
            reference = handles[-1 - back % len(handles)]
            before = self.core.statistics()
            event_id = self.given.keep(self.core.emit(FAILED, (reference, "r" * length)))
            current = reference.sent and reference.connection == self.core.connection
            right = reference.event_type == CONNECTING
            if self.core.enabled:
                assert bool(event_id.connection) == (current and right)
                after = self.core.statistics()
                assert after.refused - before.refused == (not current)
                assert after.invalid - before.invalid == (current and not right)

    def connect(self) -> None:
        if not self.up:
            self.up = True
            self.link += 1
            self.got[self.link] += self.core.connection_made()

    def take(self) -> None:
        if self.up:
            self.got[self.link] += self.core.data_to_send()
            assert not self.core.has_data
            self.told += self.core.take_dropped()

    def end(self) -> None:
        if self.up:
            self.up = False
            self.core.connection_lost()
            self.told += self.core.take_dropped()

    def switch(self) -> None:
        self.core.enabled = not self.core.enabled


@given(operations)
def test_a_server_derives_the_ids_that_were_returned(steps):
    played = Played()
    for name, *arguments in steps:
        getattr(played, name)(*arguments)
        statistics = played.core.statistics()
        assert statistics.waiting_bytes <= LIMIT + DROPPED_BYTES
        assert len(played.given.ids) == (
            statistics.sent + statistics.dropped + statistics.lost + statistics.waiting
        )
        assert statistics.connected == played.up
    counted = [check_received(played.given, received(each)) for each in played.got.values()]
    statistics = played.core.statistics()
    assert sum(map(len, played.got.values())) == statistics.bytes_sent
    assert statistics.sent <= sum(counted) <= statistics.sent + statistics.dropped
    assert sum(each.num for each in played.told) <= statistics.dropped
    if not played.core.has_data:
        assert sum(each.num for each in played.told) == statistics.dropped


def test_ids_start_at_0_on_each_connection():
    each = core()
    first = [each.emit(BEST, (1, HASH)) for _ in range(2)]
    each.connection_made()
    each.data_to_send()
    each.connection_lost()
    second = each.emit(BEST, (1, HASH))
    assert [*first, second] == [
        EventId(1, 0, BEST, True),
        EventId(1, 1, BEST, True),
        EventId(2, 0, BEST, True),
    ]


def test_events_that_were_not_handed_out_wait_for_the_next_connection():
    given = Given()
    each = core(given)
    given.keep(each.emit(BEST, (1, HASH)))
    each.connection_made()
    assert each.connection_lost() == 0
    given.keep(each.emit(BEST, (2, HASH)))
    assert check_received(given, received(bytes(each.connection_made() + each.data_to_send()))) == 2


def test_events_waiting_when_their_connection_ends_are_counted_as_lost():
    each = core()
    each.connection_made()
    each.emit(BEST, (1, HASH))
    each.data_to_send()
    for _ in range(3):
        each.emit(BEST, (1, HASH))
    assert each.connection_lost() == 3
    assert not each.has_data
    assert (each.statistics().sent, each.statistics().lost) == (1, 3)


def test_events_that_do_not_fit_become_one_dropped_event_in_their_place():
    given = Given()
    each = core(given)
    fill(each, given)
    first = given.last
    for _ in range(9):
        given.keep(each.emit(BEST, (0, HASH)))
    last = given.last
    data = each.connection_made() + each.data_to_send()
    given.keep(each.emit(BEST, (0, HASH)))
    events = received(bytes(data + each.data_to_send()))
    assert check_received(given, events) == len(given.ids)
    numbers = [event.number for event in events]
    assert numbers == [BEST] * (len(numbers) - 2) + [0, BEST]
    expected = Dropped(1, given.ids[first].number, first, last, 10)
    assert each.take_dropped() == [expected]
    assert each.take_dropped() == []


def test_a_smaller_event_ends_a_series_only_if_its_dropped_event_fits_too():
    given = Given()
    small, large = (13, (True,)), (BEST, (1, HASH))
    each = core(given, buffer_bytes=14 + DROPPED_BYTES + 14)
    sent = [given.keep(each.emit(*one)).sent for one in (small, large, small, small)]
    assert sent == [True, False, True, False]
    assert check_received(given, received(bytes(each.connection_made() + each.data_to_send()))) == 4


def test_an_event_longer_than_the_buffer_is_dropped_alone():
    given = Given()
    each = core(given, buffer_bytes=60)
    assert not given.keep(each.emit(82, (each.emit(80, (1,)), [HASH] * 9))).sent
    assert given.ids[given.last].number == 1


@pytest.mark.parametrize("state", ["dropped", "earlier connection", "refused", "off"])
def test_an_event_that_refers_to_an_unsent_event_is_refused(state):
    given = Given()
    each = core(given)
    if state == "dropped":
        fill(each, given)
    if state == "off":
        each.enabled = False
    root = each.emit(CONNECTING, (ADDRESS,))
    each.enabled = True
    if state == "earlier connection":
        each.connection_made()
        each.data_to_send()
        each.connection_lost()
    if state == "refused":
        root = each.emit(FAILED, (EventId(0, 0, CONNECTING, False), ""))
    each.data_to_send()
    before = each.statistics().refused
    answer = each.emit(23, (root, HASH))
    assert not answer.sent
    assert not each.emit(23, (answer, HASH)).sent  # link by link
    assert each.statistics().refused == before + 2
    assert each.data_to_send() == b""


def test_a_reference_of_the_wrong_type_is_an_invalid_argument():
    each = core()
    best = each.emit(BEST, (1, HASH))
    assert not each.emit(FAILED, (best, "")).sent
    assert each.statistics().invalid == 1


@pytest.mark.no_cover
@given(st.sampled_from([BEST, CONNECTING, FAILED, 10, 27, 43, 82, 94]), st.lists(anything))
def test_wrong_arguments_are_counted_and_never_raise(number, arguments):
    each = core()
    event_id = each.emit(number, tuple(arguments))
    statistics = each.statistics()
    assert statistics.invalid + statistics.waiting + statistics.dropped == 1
    if not event_id.sent:
        assert not each.data_to_send() or statistics.dropped
    assert each.emit(BEST, (1, HASH)).sent


def test_an_invalid_event_takes_no_id():
    each = core()
    each.emit(BEST, (1, HASH))
    each.emit(BEST, (1, b""))
    assert each.emit(BEST, (1, HASH)).number == 1


@pytest.mark.parametrize("arguments", [(1, b""), (2**32, HASH), (1,)])
def test_strict_mode_names_the_invalid_argument(arguments):
    with pytest.raises(EncodeError):
        core(strict=True).emit(BEST, arguments)


def test_events_emitted_while_switched_off_are_discarded():
    each = core()
    each.enabled = False
    assert each.emit(BEST, (1, HASH)) == EventId(0, 0, BEST, False)
    assert (each.statistics().discarded, each.has_data) == (1, False)


def test_bytes_sent_are_all_bytes_of_the_connection():
    each = core()
    data = each.connection_made()
    each.emit(BEST, (1, HASH))
    data += each.data_to_send()
    each.connection_failed()
    counted = asdict(each.statistics())
    assert counted["bytes_sent"] == len(data)
    assert (counted["connections"], counted["failures"]) == (1, 1)
    assert len(FrameBuffer().receive_data(bytes(data))) == 2
