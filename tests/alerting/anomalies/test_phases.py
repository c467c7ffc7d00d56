"""The phases of epochs."""

from __future__ import annotations

from tart.alerting.anomalies.phases import SeasonalValues, phase_of
from tart.units import JCE_US, MINUTE_US


def test_a_minute_has_its_place_in_the_epoch() -> None:
    assert [phase_of(JCE_US + n * MINUTE_US, 600, 6) for n in (0, 1, 59, 60)] == [0, 1, 59, 0]
    # An epoch of the tiny network is little more than a minute.
    assert phase_of(JCE_US, 12, 6) is None
    assert phase_of(JCE_US, None, 6) is None
    assert phase_of(JCE_US, 600, None) is None
    assert phase_of(JCE_US, 600, 120) is None


def test_what_happens_each_epoch_is_usual_and_its_absence_is_not() -> None:
    seasonal, plain = SeasonalValues(), SeasonalValues()
    for minute in range(60 * 12):
        phase = minute % 60
        value = 1000.0 if phase == 0 else 10.0
        found = seasonal.add(value, phase)
        told = plain.add(value, None)
    assert found.score < 2
    begins = seasonal.add(1000.0, 0)
    assert begins.score < 2
    assert abs(begins.usual - 1000) < 5
    assert plain.add(1000.0, None).usual < 100
    assert told.known == 60 * 12 - 1
    # The burst stays out: unusual at this phase alone.
    for phase in range(1, 60):
        seasonal.add(10.0, phase)
    assert seasonal.add(10.0, 0).score > 3
