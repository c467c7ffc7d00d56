"""Which events cannot both be said of one thing: what succeeded did not fail.

Pure, a table. An event that says how something ended excludes those that say otherwise, and
itself again, about the same event id. What may come in either order, or again, is not here:
of blocks and work-packages only a failure ends everything, and nothing is said of steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_FIRST, _SECOND = 1, 2
_BOTH = _FIRST | _SECOND


class Outcome(NamedTuple):
    """What an event says of the one it refers to, as bits.

    Attributes:
        excluded_by: of these none may have been said before.
        says: these are said now.
    """

    excluded_by: int
    says: int


# Requests, connections, tickets: each of a group ends the same thing, which ends once.
_ENDS = (
    *((22, 23), (25, 26), (81, 82), (107, 108), (111, 112), (122, 125), (129,), (142, 145)),
    *((150, 153), (164, 167), (169, 170), (175, 178), (195, 198)),
)
_BLOCKS = {
    41: Outcome(_FIRST, _BOTH),
    42: Outcome(_FIRST, _FIRST),
    44: Outcome(_FIRST, _BOTH),
    45: Outcome(_FIRST, _FIRST),
    46: Outcome(_SECOND, _SECOND),
    47: Outcome(_SECOND, _SECOND),
}
_PACKAGES = {
    92: Outcome(_FIRST, _BOTH),
    93: Outcome(_FIRST, _BOTH),
    103: Outcome(_SECOND, _SECOND),
    109: Outcome(_SECOND, _SECOND),
}
# Blocks may come one after another before a request for them fails.
_REQUESTS = {65: Outcome(_FIRST, _FIRST), 68: Outcome(_FIRST, 0)}

OUTCOMES: Mapping[int, Outcome] = MappingProxyType(
    {
        **{number: Outcome(_FIRST, _FIRST) for group in _ENDS for number in group},
        **_BLOCKS,
        **_PACKAGES,
        **_REQUESTS,
    }
)
