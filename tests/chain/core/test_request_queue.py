import pytest

from tart.chain.core.request_queue import (
    MAX_LOSSES,
    PER_ENDPOINT,
    RETRY_US,
    ROUNDS,
    SILENCE_US,
    RequestQueue,
)


@pytest.fixture
def queue():
    queue = RequestQueue(2)
    queue.connect(0)
    queue.connect(1)
    return queue


def sent(queue, now=0):
    return [(endpoint, request.key) for endpoint, request in queue.next_due(now).send]


def test_a_request_goes_to_one_endpoint_and_is_not_added_twice(queue):
    queue.add("parent", 5)
    queue.add("parent", 5)
    assert sent(queue) == [(0, 5)]
    assert sent(queue) == []
    assert (len(queue), queue.in_flight) == (1, 1)


def test_preferred_endpoints_and_urgent_requests_come_first(queue):
    queue.add("parent", 5)
    queue.add("parent", 6, preferred=[1], urgent=True)
    assert sent(queue) == [(1, 6), (0, 5)]


def test_an_answer_ends_the_request_and_comes_once(queue):
    queue.add("parent", 5)
    ((endpoint, request),) = queue.next_due(0).send
    number = request.number
    assert queue.resolve(number, 1 - endpoint) is None
    assert queue.resolve(number, endpoint) is request
    assert queue.resolve(number, endpoint) is None
    assert len(queue) == 0


def test_a_refusal_sends_it_to_the_next_and_then_gives_up_after_the_rounds(queue):
    queue.add("parent", 5)
    now = 0
    asked = []
    while True:
        due = queue.next_due(now)
        if due.given_up:
            break
        for endpoint, request in due.send:
            asked.append(endpoint)
            queue.fail(request.number, endpoint)
        now += 0 if due.send else RETRY_US
    assert asked == [0, 1, 0, 1]
    assert due.given_up[0].key == 5
    assert queue.failures == [2, 2]
    assert len(queue) == 0


def test_a_late_answer_of_an_earlier_attempt_has_no_effect(queue):
    queue.add("parent", 5)
    ((endpoint, request),) = queue.next_due(0).send
    late = request.number
    queue.fail(late, endpoint)
    assert sent(queue) == [(1, 5)]
    assert queue.resolve(late, endpoint) is None


def test_a_method_that_an_endpoint_lacks_is_not_asked_of_it_until_it_connects_again(queue):
    queue.add("parent", 5)
    ((endpoint, request),) = queue.next_due(0).send
    queue.fail(request.number, endpoint, unsupported=True)
    queue.add("parent", 6)
    assert sent(queue) == [(1, 5), (1, 6)]
    queue.connect(0)
    queue.add("parent", 7)
    assert sent(queue) == [(0, 7)]


def test_what_no_endpoint_can_answer_is_given_up_at_once(queue):
    queue.disconnect(1)
    queue.add("parent", 5)
    ((endpoint, request),) = queue.next_due(0).send
    queue.fail(request.number, endpoint, unsupported=True)
    queue.next_due(0)
    assert [each.key for each in queue.next_due(RETRY_US).given_up] == [5]


def test_a_lost_endpoint_leaves_its_requests_to_others_and_own_ones_end(queue):
    queue.add("parent", 5)
    queue.add("bestBlock", 0, only=0)
    queue.next_due(0)
    queue.disconnect(0)
    assert sent(queue) == [(1, 5)]
    assert len(queue) == 1


def test_a_request_that_ends_each_connection_is_not_asked_for_ever():
    queue = RequestQueue(1)
    queue.add("parent", 5)
    now = 0
    for _ in range(3 * MAX_LOSSES):
        queue.connect(0)
        if queue.next_due(now).given_up:
            break
        queue.disconnect(0)
        now += RETRY_US
    else:
        pytest.fail("it is asked for ever")


def test_an_endpoint_has_so_many_requests_at_a_time(queue):
    for key in range(3 * PER_ENDPOINT):
        queue.add("parent", key)
    assert len(sent(queue)) == 2 * PER_ENDPOINT
    assert sent(queue) == []


def test_a_busy_endpoint_does_not_hold_up_requests_to_another(queue):
    for key in range(PER_ENDPOINT + 3):
        queue.add("parent", key, only=0)
    queue.add("parent", 100, only=1)
    assert (1, 100) in sent(queue)


def test_a_discarded_request_is_neither_sent_nor_answered(queue):
    queue.add("parent", 5)
    queue.add("parent", 6)
    ((_, request), _) = queue.next_due(0).send
    queue.discard("parent", 5)
    assert queue.resolve(request.number, 0) is None
    queue.add("parent", 7)
    queue.discard("parent", 7)
    assert sent(queue) == []


def test_a_patient_request_is_given_up_only_if_an_endpoint_answered():
    queue = RequestQueue(1)
    queue.connect(0)
    queue.add("parent", b"x", patient=True)
    now = 0
    for _ in range(5):
        ((endpoint, request),) = queue.next_due(now).send
        queue.fail(request.number, endpoint, answered=False)
        assert queue.next_due(now) == ([], [])
        now += SILENCE_US
    for _ in range(ROUNDS):
        ((endpoint, request),) = queue.next_due(now).send
        queue.fail(request.number, endpoint)
        given_up = queue.next_due(now).given_up
        now += RETRY_US
    assert given_up == [request]


def in_flight(queue):
    """The one request that is due, its number and its endpoint."""
    ((endpoint, request),) = queue.next_due(0).send
    return request.number, endpoint


def test_a_request_that_was_forgotten_in_flight_does_not_come_back(queue):
    queue.add("parent", 5)
    number, endpoint = in_flight(queue)
    queue.discard("parent", 5)
    queue.fail(number, endpoint, unsupported=True)
    assert len(queue) == 0
    assert sent(queue) == []
    # The refusal counts nevertheless.
    assert queue.failures[endpoint] == 1
    queue.add("parent", 6)
    assert in_flight(queue)[1] != endpoint
    queue.fail(number, endpoint)
    assert queue.failures[endpoint] == 1


def test_an_answer_to_a_forgotten_request_does_not_end_a_later_one(queue):
    queue.add("parent", 5)
    old, endpoint = in_flight(queue)
    queue.discard("parent", 5)
    queue.add("parent", 5)
    new, other = in_flight(queue)
    assert queue.resolve(old, endpoint) is None
    request = queue.resolve(new, other)
    assert request is not None
    assert request.key == 5


def test_an_answer_that_makes_no_sense_is_asked_of_another(queue):
    queue.add("parent", 5)
    number, endpoint = in_flight(queue)
    request = queue.resolve(number, endpoint)
    queue.refuse(request, endpoint)
    assert queue.failures[endpoint] == 1
    assert in_flight(queue)[1] == 1 - endpoint
