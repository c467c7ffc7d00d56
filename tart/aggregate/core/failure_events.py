"""The event types that report a failure.

Pure. ``CONNECTION_REFUSED`` and ``PEER_MISBEHAVED`` are not failures of the node that
reports them and are counted separately.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tart.protocol.events import EventKind

FAILURES = frozenset(kind for kind in EventKind if kind.variant.endswith("Failed"))
# Types that report a failure for some reasons only, and those reasons.
FAILED_REASONS: Mapping[int, frozenset[str]] = MappingProxyType(
    {
        EventKind.GUARANTEE_DISCARDED: frozenset(
            {"CannotReportOnChain", "TooManyGuarantees", "Other"}
        ),
        EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN: frozenset(
            {"FailedToAcquire", "TooManyAnnounced", "BadLength", "Other"}
        ),
        EventKind.PREIMAGE_DISCARDED: frozenset({"TooManyPreimages", "Other"}),
    }
)
