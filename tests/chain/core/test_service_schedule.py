from tart.chain.core import service_schedule as module
from tart.chain.core.service_schedule import AGAIN_SLOTS, ServiceSchedule


def test_a_service_is_read_once_and_again_after_some_slots():
    schedule = ServiceSchedule()
    schedule.record([1, 2, 1], 10)
    assert len(schedule) == 2
    assert [schedule.take(10), schedule.take(10), schedule.take(10)] == [1, 2, None]
    schedule.record([1], 11)
    assert schedule.take(11) is None
    schedule.record([1], 10 + AGAIN_SLOTS)
    assert schedule.take(10 + AGAIN_SLOTS) == 1


def test_the_number_of_services_is_limited():
    schedule = ServiceSchedule()
    schedule.record(range(module.MAX_SERVICES + 5), 1)
    assert len(schedule) == module.MAX_SERVICES
