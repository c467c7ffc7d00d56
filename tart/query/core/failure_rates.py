"""How much of what was tried failed, pipeline by pipeline.

Pure. A rate divides failures by attempts of the same pipeline, and attempts are what began
or, where nothing says that, what ended either way. 113, 192 and 199 are not here: whether
they are failures depends on their reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tart.query.core.merge import Json


class Pipeline(NamedTuple):
    """Event types of attempts, and of failures."""

    attempts: tuple[int, ...]
    failures: tuple[int, ...]


PIPELINES: Mapping[str, Pipeline] = MappingProxyType(
    {
        "connections": Pipeline((21, 24), (22, 25)),
        "block_authoring": Pipeline((40,), (41,)),
        "block_verification": Pipeline((43,), (44,)),
        "block_execution": Pipeline((42, 45), (46,)),
        "block_requests": Pipeline((63, 64), (65,)),
        "ticket_generation": Pipeline((80,), (81,)),
        "ticket_transfers": Pipeline((83, 84), (83,)),
        "work_package": Pipeline((90, 91), (92,)),
        "sharing": Pipeline((98,), (99,)),
        "guarantee": Pipeline((106,), (107,)),
        "guarantee_receiving": Pipeline((110,), (111,)),
        "shard_requests": Pipeline((120, 121), (122,)),
        "assurance_sending": Pipeline((127, 128), (127,)),
        "assurance_receiving": Pipeline((130, 131), (130,)),
        "bundle_shard_requests": Pipeline((140, 141), (142,)),
        "bundle_requests": Pipeline((148, 149), (150,)),
        "segment_shard_requests": Pipeline((162, 163), (164,)),
        "segment_reconstruction": Pipeline((168,), (169,)),
        "segment_verification": Pipeline((171, 172), (171,)),
        "segment_requests": Pipeline((173, 174), (175,)),
        "preimage_announcements": Pipeline((190, 191), (190,)),
        "preimage_requests": Pipeline((193, 194), (195,)),
    }
)


def rates(counts: Mapping[int, int]) -> list[Json]:
    """Attempts, failures and their rate of every pipeline in which something was tried."""
    found = []
    for name, pipeline in PIPELINES.items():
        attempts = sum(counts.get(number, 0) for number in pipeline.attempts)
        failures = sum(counts.get(number, 0) for number in pipeline.failures)
        if attempts:
            rate = failures / attempts
            found.append(
                {"pipeline": name, "attempts": attempts, "failures": failures, "rate": rate}
            )
    return found


def overall(counts: Mapping[int, int]) -> float | None:
    """Failures of all pipelines by their attempts; ``None`` if nothing was tried."""
    every = rates(counts)
    attempts = sum(each["attempts"] for each in every)
    return sum(each["failures"] for each in every) / attempts if attempts else None
