"""Sampling of the event log while a shard cannot keep up.

Pure; time is an argument. Off unless ``storage.sample_after_seconds`` is set. Backpressure makes
nodes wait, and nodes that wait for long drop events without a choice. Sampling chooses: of the
exchanges between validators, which are most of a full network's events, the event log gets one in
n; aggregates and live events get all.

An event that begins an exchange and the events that refer to it are stored or left out together.
What explains trouble is always stored: blocks, statuses, connections, failures, events that deviate
from the specification, and frames that cannot be decoded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tart.aggregate.core.event_columns import BoolArray, EventColumns
from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.config.schema import StorageConfig
from tart.errors import BadQuery
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.references import REFERENCED_TYPES
from tart.suggestions import did_you_mean

# The share of the buffer below which a shard keeps up again.
CALM_SHARE = 0.25
# Sampling ends after this time of calm: load that goes on would only fill the buffer again.
CALM_SECONDS = 60.0
# Types before this one are about the node, its connections and blocks.
_FIRST_SAMPLED = 80
_FAILED = frozenset(FAILURES) | frozenset(FAILED_REASONS)
PROTECTED = frozenset(kind for kind in EventKind if kind < _FIRST_SAMPLED or kind in _FAILED)
# Generation of tickets and the way of a work-package are few events, and each matters.
_FEW = (
    *(EventKind.GENERATING_TICKETS, EventKind.TICKETS_GENERATED),
    *(kind for kind in EventKind if 90 <= kind <= 105),
    EventKind.GUARANTEES_DISTRIBUTED,
    EventKind.DISTRIBUTING_ASSURANCE,
    EventKind.ASSURANCE_DISTRIBUTED,
)
# Exchanges between validators, some 95 % of a full network's events.
DEFAULT_TYPES = frozenset(kind for kind in EventKind if kind not in PROTECTED and kind not in _FEW)
_BEGINS = np.zeros(256, np.bool_)
_BEGINS[sorted(REFERENCED_TYPES)] = True
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class SamplingSettings:
    """The settings of ``[storage]``.

    Attributes:
        after_seconds: The time for which a shard may not keep up; 0 never samples.
        one_in: One in this number of exchanges is stored.
        types: The types that are sampled.
    """

    after_seconds: float
    one_in: int
    types: frozenset[int] = DEFAULT_TYPES


def sampled_types(names: Iterable[str]) -> frozenset[int]:
    """Return the types with these names or numbers; ``DEFAULT_TYPES`` for none.

    Raises:
        BadQuery: A name is not that of a type, or of one that is always stored.
    """
    numbers = {kind.variant.lower(): int(kind) for kind in EventKind}
    chosen: set[int] = set()
    for name in names:
        number = int(name) if name.isdecimal() else numbers.get(name.lower())
        if number is None or number not in EVENTS:
            known = [kind.variant for kind in EventKind]
            raise BadQuery(f"{name!r} is no type of event{did_you_mean(name, known)}", "types")
        if number in PROTECTED:
            raise BadQuery(
                f"{EVENTS[number].variant} is always stored: only exchanges between validators "
                f"can be sampled, such as AssuranceReceived",
                "types",
            )
        chosen.add(number)
    return frozenset(chosen) or DEFAULT_TYPES


def settings_of(storage: StorageConfig) -> SamplingSettings:
    """Return the settings of sampling; see ``sampled_types``."""
    return SamplingSettings(
        storage.sample_after_seconds, storage.sample_one_in, sampled_types(storage.sample_types)
    )


class Sampling:
    """Decides when the event log is sampled, and which events it gets.

    Args:
        settings: See there.
        limit_bytes: The size of the buffer of events that wait for the writer.

    Attributes:
        active: Whether the log is sampled now.
        episodes: How often sampling has begun.
        left_out: Events that were not stored.
    """

    def __init__(self, settings: SamplingSettings, limit_bytes: int) -> None:
        self._settings = settings
        self._limit_bytes = limit_bytes
        self._types = np.zeros(256, np.bool_)
        self._types[sorted(settings.types)] = True
        self._behind_since: float | None = None
        self._calm_since: float | None = None
        self.active = False
        self.episodes = 0
        self.left_out = 0

    def update(self, waiting_bytes: int, now: float) -> bool:
        """Take the state of the buffer; return whether ``active`` has changed.

        Args:
            waiting_bytes: Bytes that wait for the writer.
            now: Seconds of a monotonic clock.
        """
        if not self._settings.after_seconds:
            return False
        if waiting_bytes >= self._limit_bytes:
            self._calm_since = None
            if self._behind_since is None:
                self._behind_since = now
        elif waiting_bytes <= self._limit_bytes * CALM_SHARE:
            self._behind_since = None
            if self._calm_since is None:
                self._calm_since = now
        was_active = self.active
        if self._behind_since is not None:
            self.active |= now - self._behind_since >= self._settings.after_seconds
        elif self._calm_since is not None:
            self.active &= now - self._calm_since < CALM_SECONDS
        self.episodes += self.active and not was_active
        return self.active != was_active

    def stored(self, events: EventColumns, clean: BoolArray) -> BoolArray | None:
        """Return which events the log gets; ``None`` for all.

        Args:
            events: Decoded events.
            clean: Whether each is exactly as specified.
        """
        if not self.active:
            return None
        candidates = self._types[events.type] & clean
        # An exchange is named by the event that begins it.
        refers = events.has_ref & ~_BEGINS[events.type]
        begins = np.where(refers, events.ref, events.event_id).astype(np.uint64)
        mixed = (begins + (events.session.astype(np.uint64) << np.uint64(40))) * _MULTIPLIER
        chosen = (mixed >> np.uint64(32)) % np.uint64(self._settings.one_in) == 0
        stored: BoolArray = ~candidates | chosen
        return None if stored.all() else stored
