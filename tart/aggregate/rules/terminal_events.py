"""The event types that end an attempt, and the outcomes that exclude each other.

Pure; derived from the references in ``protocol.events``. An *attempt* (a connection attempt,
a request, a stream, a generation of tickets) ends once. An event that reports how something
ended excludes the events that report another end of the same event id, and itself a second
time. Events that may come in any order or repeatedly exclude nothing: of blocks and
work-packages only a failure excludes other outcomes, and steps exclude nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tart.aggregate.core.failure_events import FAILURES
from tart.aggregate.keyed.pipelines import PIPELINE_ROOTS
from tart.protocol.events import EventKind
from tart.protocol.references import PARENT_TYPES

# These begin or continue a pipeline, which is not an attempt.
_PIPELINE_KINDS = PIPELINE_ROOTS | {EventKind.GUARANTEE_BUILT}
# One attempt may have several of these: a transfer for each block requested, a failure for
# each recipient of an assurance.
_REPEATED = frozenset({EventKind.BLOCK_TRANSFERRED, EventKind.ASSURANCE_SEND_FAILED})


def _terminal_kinds() -> frozenset[int]:
    """Return each attempt's failure, and the last type of JIP-3 that refers to the attempt."""
    children: dict[int, list[int]] = {}
    for kind, parents in PARENT_TYPES.items():
        for parent in parents - _PIPELINE_KINDS:
            children.setdefault(parent, []).append(kind)
    return frozenset(
        kind
        for kinds in children.values()
        for kind in kinds
        if (kind in FAILURES or kind == max(kinds)) and kind not in _REPEATED
    )


# No event refers to an attempt after one of these.
TERMINAL_KINDS = _terminal_kinds()


class Outcome(NamedTuple):
    """An event's outcome bits for the event it refers to.

    Attributes:
        excluded_by: The event contradicts earlier ones if one of these bits is set.
        sets: The bits that the event sets.
    """

    excluded_by: int
    sets: int


_FIRST, _SECOND = 1, 2
_BOTH = _FIRST | _SECOND

OUTCOMES: Mapping[int, Outcome] = MappingProxyType(
    {
        # A stream that is closed twice is not reported.
        **dict.fromkeys(
            TERMINAL_KINDS - {EventKind.BLOCK_ANNOUNCEMENT_STREAM_CLOSED}, Outcome(_FIRST, _FIRST)
        ),
        # Blocks may be transferred one after another before the request for them fails.
        EventKind.BLOCK_TRANSFERRED: Outcome(_FIRST, 0),
        # A block: authored or verified, then executed.
        EventKind.AUTHORING_FAILED: Outcome(_FIRST, _BOTH),
        EventKind.AUTHORED: Outcome(_FIRST, _FIRST),
        EventKind.BLOCK_VERIFICATION_FAILED: Outcome(_FIRST, _BOTH),
        EventKind.BLOCK_VERIFIED: Outcome(_FIRST, _FIRST),
        EventKind.BLOCK_EXECUTION_FAILED: Outcome(_SECOND, _SECOND),
        EventKind.BLOCK_EXECUTED: Outcome(_SECOND, _SECOND),
        # A work-package: failed or duplicate, then signed or distributed.
        EventKind.WORK_PACKAGE_FAILED: Outcome(_FIRST, _BOTH),
        EventKind.DUPLICATE_WORK_PACKAGE: Outcome(_FIRST, _BOTH),
        EventKind.WORK_REPORT_SIGNATURE_SENT: Outcome(_SECOND, _SECOND),
        EventKind.GUARANTEES_DISTRIBUTED: Outcome(_SECOND, _SECOND),
    }
)
