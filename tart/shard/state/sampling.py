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

# The share of time with a full buffer from which on a shard does not keep up.
FULL_SHARE = 0.5
# Sampling ends after this time without a full buffer.
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

    A shard does not keep up while its buffer is full for half of the time: a burst fills it once,
    and a shard that only just suffices seldom.

    Args:
        settings: See there.

    Attributes:
        active: Whether the log is sampled now.
        episodes: How often sampling has begun.
        left_out: Events that were not stored.
    """

    def __init__(self, settings: SamplingSettings) -> None:
        self._settings = settings
        self._types = np.zeros(256, np.bool_)
        self._types[sorted(settings.types)] = True
        # The share of time with a full buffer, of which a half is left after ``after_seconds``.
        self._full_share = 0.0
        self._is_full = False
        self._updated_at: float | None = None
        self._calm_since: float | None = None
        self.active = False
        self.episodes = 0
        self.left_out = 0

    def update(self, is_full: bool, now: float) -> bool:
        """Take the state of the buffer; return whether ``active`` has changed.

        Args:
            is_full: Whether reading waits for the writer.
            now: Seconds of a monotonic clock.
        """
        if not self._settings.after_seconds:
            return False
        before = self.active
        self._follow(is_full, now)
        if is_full:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        if self._full_share >= FULL_SHARE:
            self.active = True
        elif self._calm_since is not None and now - self._calm_since >= CALM_SECONDS:
            self.active = False
        self.episodes += self.active and not before
        return self.active != before

    def _follow(self, is_full: bool, now: float) -> None:
        passed = 0.0 if self._updated_at is None else now - self._updated_at
        remaining = 0.5 ** (passed / self._settings.after_seconds)
        self._full_share = self._full_share * remaining + self._is_full * (1 - remaining)
        self._is_full, self._updated_at = is_full, now

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
