"""Which events say that something failed.

Pure. 20 (refused) and 28 (misbehaved) are no failures of the node that reports them and are
counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tart.protocol.types import (
    GUARANTEE_DISCARD_REASON,
    PREIMAGE_DISCARD_REASON,
    PREIMAGE_FORGET_REASON,
)

# Failures by their own word; those of 113, 192 and 199 depend on the reason.
FAILURES = frozenset(
    {22, 25, 41, 44, 46, 65, 81, 83, 92, 99, 107, 111, 122, 127, 130, 142, 150, 164, 169, 171}
    | {175, 190, 195}
)
# Reasons of 113, 192 and 199 that say that something went wrong.
FAILED_REASONS: Mapping[int, frozenset[str]] = MappingProxyType(
    {
        113: frozenset(GUARANTEE_DISCARD_REASON.names[2:]),
        192: frozenset(PREIMAGE_FORGET_REASON.names[2:]),
        199: frozenset(PREIMAGE_DISCARD_REASON.names[2:]),
    }
)
