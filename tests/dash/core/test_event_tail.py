"""The tail of events: each event once, in order, with a count of what was left out."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tart.dash.core.event_tail import EventTail
from tests.cases import examples

START = datetime(2026, 11, 30, 12, tzinfo=UTC)


def event(seq, directory=0, second=None):
    moment = START + timedelta(seconds=seq if second is None else second)
    return {"id": seq * 256 + directory, "received_at": f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"}


def answer(events, limit):
    """What the server answers of all events: the newest."""
    newest = sorted(events, key=lambda it: (it["received_at"], it["id"]), reverse=True)
    return {"events": newest[:limit], "has_more": len(newest) > limit}


def poll(tail, events, limit=5):
    """One poll of a server that has these events."""
    (request, *_) = tail.requests()
    start = request.arguments.get("start_time")
    since = [
        it for it in events if start is None or datetime.fromisoformat(it["received_at"]) >= start
    ]
    return tail.collect({"events": answer(since, limit)})


def numbers(answers):
    return [it["id"] // 256 for it in answers["events"]["events"]]


def test_the_first_poll_has_the_newest_and_later_ones_add():
    tail = EventTail({}, limit=5)
    events = [event(seq) for seq in range(3)]
    assert numbers(poll(tail, events)) == [2, 1, 0]
    events += [event(3), event(4)]
    shown = poll(tail, events)
    assert numbers(shown) == [4, 3, 2, 1, 0]
    assert shown["tail"] == {"left_out": 0, "uncounted": False, "forgotten": 0, "limit": 5}


def test_an_event_that_a_slow_shard_commits_later_takes_its_place():
    tail = EventTail({}, limit=5)
    poll(tail, [event(10)])
    late = event(1, directory=1, second=9)
    assert [it["id"] for it in poll(tail, [event(10), late])["events"]["events"]] == [2560, 257]


def test_events_beyond_a_poll_are_counted():
    tail = EventTail({}, limit=5)
    poll(tail, [event(seq) for seq in range(5)])
    shown = poll(tail, [event(seq) for seq in range(105)])
    assert numbers(shown) == [104, 103, 102, 101, 100]
    assert shown["tail"]["left_out"] == 95
    assert shown["tail"]["forgotten"] == 5


def test_with_a_filter_what_is_left_out_cannot_be_counted():
    tail = EventTail({"core_index": 3}, limit=5)
    poll(tail, [event(seq) for seq in range(5)])
    shown = poll(tail, [event(seq) for seq in range(105)])
    assert (shown["tail"]["left_out"], shown["tail"]["uncounted"]) == (0, True)


def test_a_poll_that_overlaps_leaves_nothing_out():
    tail = EventTail({}, limit=5)
    events = [event(seq, second=1) for seq in range(9)]
    poll(tail, events)
    # The server has more than a poll of the overlap, all of which are older.
    assert poll(tail, events)["tail"]["left_out"] == 0


def test_the_filter_and_other_requests_pass():
    tail = EventTail({"slot": 7}, limit=5)
    (request,) = tail.requests()
    assert (request.method, dict(request.arguments)) == ("events", {"slot": 7, "limit": 5})
    assert tail.collect({"events": answer([], 5), "live": 1})["live"] == 1
    assert "start_time" not in tail.requests()[0].arguments


def test_while_the_page_is_paused_the_tail_counts_what_comes():
    tail = EventTail({}, limit=5)
    poll(tail, [event(0)])
    assert tail.waiting() == ""
    tail.hold()
    assert tail.waiting() == ""
    poll(tail, [event(0), event(1)])
    assert tail.waiting() == "1 new event"
    poll(tail, [event(seq) for seq in range(7)])
    assert tail.waiting() == "5 new events, about 1 more left out"
    tail.hold()
    assert tail.waiting() == ""


@given(st.integers(0, 2**32), st.lists(st.integers(0, 12), max_size=12))
@examples(0.5)
def test_read_and_left_out_are_all_events_of_one_directory(seed, arrivals):
    generator = random.Random(seed)
    tail = EventTail({}, limit=5)
    events = [event(0)]
    seen = set(numbers(poll(tail, events)))
    for count in arrivals:
        first = len(events)
        events += [
            event(first + index, second=first + index + generator.random() / 2)
            for index in range(count)
        ]
        seen |= set(numbers(poll(tail, events)))
    assert len(seen) + tail.left_out == len(events)
    assert tail.forgotten == max(0, len(seen) - 5)
