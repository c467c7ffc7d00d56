"""The protocol's seasons: values that are usual at one phase of an epoch and not at another.

Pure. Tickets are generated when an epoch begins, and each core's guarantors rotate, so that some
figures of a network go up and down with the epoch, and none with the hour of the day. The phase
is told from the time: a slot counts the slot periods since the JAM Common Era.
"""

from __future__ import annotations

from tart.alerting.anomalies.usual_values import Deviation, UsualValues
from tart.query.core.wall_clock import wall_clock_slot
from tart.units import MINUTE_US, SECOND_US

# Values at a phase before it has a mean of its own.
MIN_EPOCHS = 3
# Weight of a new value at a phase.
WEIGHT = 0.2
# The shortest epoch with phases, in minutes: a value is that of a minute.
MIN_PHASES = 10


def phase_of(minute_us: int, epoch_slots: int | None, slot_seconds: int | None) -> int | None:
    """Return the minute within the epoch; ``None`` if epochs are too short or not known.

    Args:
        minute_us: Start of the minute, Unix microseconds.
        epoch_slots: Slots of an epoch.
        slot_seconds: Seconds of a slot.
    """
    if not epoch_slots or not slot_seconds:
        return None
    slots_a_minute = MINUTE_US // SECOND_US // slot_seconds
    if not slots_a_minute or epoch_slots < MIN_PHASES * slots_a_minute:
        return None
    return wall_clock_slot(minute_us, slot_seconds) % epoch_slots // slots_a_minute


class SeasonalValues:
    """The usual values of one series, by the phase of the epoch where that is known.

    Args:
        unit: As of ``UsualValues``.
    """

    def __init__(self, unit: float = 1.0) -> None:
        self._values = UsualValues(unit)
        self._level = 0.0
        self._known = 0
        self._phases: dict[int, tuple[int, float]] = {}

    def add(self, value: float, phase: int | None) -> Deviation:
        """Take the next value; return how unusual it is.

        Args:
            value: The value.
            phase: The phase of the epoch, ``None`` if it is not known.
        """
        season = self._season(phase)
        deviation = self._values.add(value - season)
        self._learn(value, phase)
        return deviation._replace(value=value, usual=deviation.usual + season)

    def _season(self, phase: int | None) -> float:
        """Return by how much values at a phase differ from all."""
        count, mean = self._phases.get(-1 if phase is None else phase, (0, 0.0))
        return mean - self._level if count >= MIN_EPOCHS else 0.0

    def _learn(self, value: float, phase: int | None) -> None:
        self._known += 1
        self._level += max(0.01, 1 / self._known) * (value - self._level)
        if phase is not None:
            count, mean = self._phases.get(phase, (0, 0.0))
            weight = max(WEIGHT, 1 / (count + 1))
            self._phases[phase] = count + 1, mean + weight * (value - mean)
