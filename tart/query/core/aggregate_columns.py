"""Columns of the aggregates that are derived from JIP-3, for the tables and for queries. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tart.protocol.types import GUARANTEE_DISCARD_REASON

# Members of a block's outline that are columns of ``blocks``, under their names in JIP-3.
OUTLINE = (
    "size_bytes",
    "num_tickets",
    "num_preimages",
    "num_guarantees",
    "num_assurances",
    "num_dispute_verdicts",
)
# Columns of ``reports`` that count discarded guarantees, in the order of JIP-3's Guarantee Discard
# Reason.
DISCARD_REASONS = ("reported_on_chain", "replaced", "cannot_report", "too_many", "other")
# The same by the reason's name in events.
DISCARD_COLUMNS: Mapping[str, str] = MappingProxyType(
    dict(zip(GUARANTEE_DISCARD_REASON.names, DISCARD_REASONS, strict=True))
)
