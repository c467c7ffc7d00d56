"""The list of the contract (``api.md``), by the declarations."""

from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.protocol.events import EVENTS


def test_every_failure_of_the_specification_has_a_reason_field():
    for number in FAILURES:
        assert "reason" in dict(EVENTS[number].fields.fields), EVENTS[number].variant


def test_whatever_is_called_failed_is_in_the_list():
    named = {number for number, event in EVENTS.items() if event.variant.endswith("Failed")}
    assert named == FAILURES


def test_some_reasons_of_discarding_are_no_failures():
    assert "PackageReportedOnChain" not in FAILED_REASONS[113]
    assert "ProvidedOnChain" not in FAILED_REASONS[192] | FAILED_REASONS[199]
    for number, reasons in FAILED_REASONS.items():
        assert reasons < set(dict(EVENTS[number].fields.fields)["reason"].names)
