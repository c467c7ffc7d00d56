"""``tart/alerting/engine/outbox.py``: what follows from an attempt, and what a message replaces."""

from __future__ import annotations

from dataclasses import replace

from tart.alerting.engine.model import MAX_ALERTS, State
from tart.alerting.engine.outbox import (
    GIVE_UP_US,
    MAX_DOUBTFUL_ATTEMPTS,
    Outcome,
    Verdict,
    channel_pause_us,
    next_step,
    supersede,
)
from tart.units import HOUR_US, MINUTE_US, SECOND_US
from tests.alerting.messages.examples import notification, view
from tests.cases import all_cases

NOW_US = GIVE_UP_US * 10


def step(verdict, attempts=1, age_us=0, retry_after_us=0, share=0.5, doubtful=0):
    outcome = Outcome(verdict, "no answer", retry_after_us)
    return next_step(outcome, NOW_US - age_us, attempts, doubtful, NOW_US, lambda: share)


@all_cases(
    ("verdict", "attempts", "age_us", "state"),
    [
        (Verdict.DELIVERED, 9, GIVE_UP_US, "delivered"),
        (Verdict.RETRY, 1, 0, "queued"),
        (Verdict.RETRY, 500, GIVE_UP_US - 1, "queued"),
        (Verdict.RETRY, 500, GIVE_UP_US, "dead"),
        (Verdict.REFUSED, 1, 0, "dead"),
    ],
)
def test_an_attempt_ends_a_message_or_is_repeated(verdict, attempts, age_us, state):
    assert step(verdict, attempts, age_us).state == state


def test_a_message_is_given_up_after_three_doubtful_attempts_in_a_row():
    last = MAX_DOUBTFUL_ATTEMPTS
    assert step(Verdict.DOUBTFUL, 9, doubtful=last - 1).state == "queued"
    assert step(Verdict.DOUBTFUL, 9, doubtful=last).state == "dead"


def test_delays_double_up_to_a_quarter_of_an_hour():
    delays = [step(Verdict.RETRY, attempts).next_us - NOW_US for attempts in range(1, 12)]
    assert delays[:4] == [5 * SECOND_US, 10 * SECOND_US, 20 * SECOND_US, 40 * SECOND_US]
    assert delays[-1] == 15 * MINUTE_US
    assert step(Verdict.RETRY, 10**6).next_us - NOW_US == 15 * MINUTE_US


def test_delays_are_spread_by_half():
    spread = [step(Verdict.RETRY, share=share).next_us - NOW_US for share in (0.0, 1.0)]
    assert spread == [2.5 * SECOND_US, 7.5 * SECOND_US]


@all_cases(
    ("asked_us", "delay_us"),
    [(0, 5 * SECOND_US), (MINUTE_US, MINUTE_US), (9 * HOUR_US, HOUR_US), (-1, 5 * SECOND_US)],
)
def test_a_receiver_s_time_is_respected_up_to_an_hour(asked_us, delay_us):
    assert step(Verdict.RETRY, retry_after_us=asked_us).next_us - NOW_US == delay_us
    outcome = Outcome(Verdict.RETRY, "", asked_us)
    assert channel_pause_us(outcome, 1, lambda: 0.5) == max(SECOND_US, min(asked_us, HOUR_US))


def test_a_channel_rests_for_a_minute_at_most_by_itself():
    outcome = Outcome(Verdict.RETRY)
    pauses = [channel_pause_us(outcome, failures, lambda: 0.5) for failures in range(1, 9)]
    assert pauses == [1e6, 2e6, 4e6, 8e6, 16e6, 32e6, 60e6, 60e6]


def test_the_newest_message_of_a_group_replaces_the_others_and_takes_their_ends_along():
    ended = view(1, state=State.RESOLVED)
    messages = [
        notification(ended, view(2), id="msg_1"),
        notification(view(2), id="msg_2"),
        notification(view(2, state=State.RESOLVED), view(3), id="msg_3"),
    ]
    newest = supersede(messages)
    other_end, firing = messages[2].alerts
    assert newest == replace(messages[2], alerts=(firing, other_end, ended), resolved=2)
    assert supersede(messages[:1]) == messages[0]


def test_an_end_is_not_taken_along_for_an_alert_that_fires_again():
    again = notification(view(1))
    assert supersede([notification(view(1, state=State.RESOLVED)), again]) == again


def test_both_ends_of_an_alert_that_ended_twice_are_taken_along():
    first = view(1, state=State.RESOLVED)
    second = replace(first, alert=replace(first.alert, id="of its second time"))
    newest = supersede([notification(first), notification(second)])
    assert newest.alerts == (second, first)
    assert newest.resolved == notification(second).resolved + 1


def test_an_alert_that_was_silenced_before_it_was_told_is_taken_along():
    silenced = view(1)
    ended = notification(view(2, state=State.RESOLVED), status="resolved", firing=0, resolved=1)
    newest = supersede([notification(silenced, view(2)), ended])
    assert newest.alerts == (silenced, *ended.alerts)
    assert (newest.status, newest.firing, newest.resolved) == ("firing", 1, 1)


def test_a_message_that_does_not_list_all_of_its_alerts_takes_nothing_along():
    newest = notification(*(view(i) for i in range(10)), truncated=5)
    assert supersede([notification(view(99, state=State.RESOLVED)), newest]) == newest


def test_a_message_has_no_more_alerts_than_fit():
    older = notification(*(view(i, state=State.RESOLVED) for i in range(10)))
    newest = supersede([older, notification(*(view(i) for i in range(20, 25)))])
    assert len(newest.alerts) == MAX_ALERTS
    assert newest.truncated == 5
    assert newest.resolved == 10
