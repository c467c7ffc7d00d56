"""``tart/aggregate/core/failure_events.py``: failure types, by the declarations."""

from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.protocol.events import EVENTS, EventKind


def test_every_failure_type_has_a_reason():
    for number in FAILURES:
        assert "reason" in dict(EVENTS[number].fields.fields), EVENTS[number].variant


def test_failure_types_are_those_of_the_specification():
    assert {22, 25, 41, 44, 46, 65, 81, 83, 92, 99, 107, 111, 122, 127, 130, 142} | {
        *(150, 164, 169, 171, 175, 190, 195),
    } == FAILURES


def test_some_discard_reasons_are_not_failures():
    assert "PackageReportedOnChain" not in FAILED_REASONS[EventKind.GUARANTEE_DISCARDED]
    for kind in (EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN, EventKind.PREIMAGE_DISCARDED):
        assert "ProvidedOnChain" not in FAILED_REASONS[kind]
    for number, reasons in FAILED_REASONS.items():
        assert reasons < set(dict(EVENTS[number].fields.fields)["reason"].names)
