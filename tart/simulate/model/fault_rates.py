"""Fault rates: every parameter of the simulated network.

Pure. A rate is the share of the opportunities named beside it, from 0 (never) to 1
(always). Occurrences have little variance, unlike independent coin tosses: a run of a few
simulated minutes then has each kind of failure, and a long run has it as often as its rate.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields

# Above this, spacing out occurrences no longer reaches the rate; tossing a coin does.
_OFTEN = 0.5


@dataclass(frozen=True)
class Rates:
    """Rates of a network with a few faults, so that every event type occurs.

    Raises:
        ValueError: A rate is not between 0 and 1.
    """

    # Of the slots.
    authoring: float = 0.04  # the author fails to make its block
    fork: float = 0.05  # a second author makes a competing block
    preimage: float = 0.5  # a new preimage appears
    # Of the blocks.
    invalid_seal: float = 0.03  # no node but the author can verify it
    invalid_execution: float = 0.03  # no node but the author can execute it
    # Of the slots of each node.
    disconnect: float = 0.02  # it loses a peer
    misbehave: float = 0.01  # a peer misbehaves towards it
    stream_closed: float = 0.01  # one of its block announcement streams closes
    lag: float = 0.006  # it falls out of sync for a few slots
    dropped: float = 0.012  # its telemetry loses a few events
    reconnect: float = 0.0  # its telemetry loses its connection
    # Of the attempts to connect.
    connection_refused: float = 0.06
    connection_failed: float = 0.06
    # Of the requests of each kind.
    block_request: float = 0.02
    shard_request: float = 0.01
    bundle_request: float = 0.05
    bundle_shard_request: float = 0.03
    segment_request: float = 0.15  # few: a guarantor often has the segments itself
    segment_shard_request: float = 0.06
    preimage_request: float = 0.04
    # Of the tickets' generations, one per node and epoch, and of their transfers.
    ticket_generation: float = 0.06
    ticket_transfer: float = 0.02
    # Of the slots of each core.
    work_package: float = 0.8  # a builder submits a work-package; blocks take about 0.9
    # Of the work-packages.
    submission: float = 0.03  # the builder's stream breaks
    authorization: float = 0.03
    duplicate: float = 0.03  # the builder submits it twice
    with_imports: float = 0.45  # it imports segments of an earlier one
    early_guarantee: float = 0.06  # guaranteed with two signatures, then again with three
    # Of the work-packages with imports.
    segment_recovery: float = 0.5  # from erasure shards, not from an earlier guarantor
    segment_reconstruction: float = 0.08
    segment_verification: float = 0.07
    # Of the transfers between guarantors, and of guarantees to each validator.
    sharing: float = 0.03
    guarantee_send: float = 0.01
    guarantee_receive: float = 0.01
    # Of the assurances to each validator.
    assurance_send: float = 0.002
    assurance_receive: float = 0.002
    # Of the reports that became available.
    audit: float = 1.0  # one of the nodes audits it
    bundle_recovery: float = 0.5  # of the audits: from erasure shards, not a guarantor
    # Of the preimage announcements.
    preimage_announcement: float = 0.04
    preimage_unwanted: float = 0.05  # its receiver has no request for it on its chain

    def __post_init__(self) -> None:
        for rate in fields(self):
            if not 0 <= getattr(self, rate.name) <= 1:
                raise ValueError(f"rate {rate.name} is not between 0 and 1")


# A network in which almost every fault occurs now and then, and which still works.
TROUBLED = Rates(
    authoring=0.12,
    fork=0.25,
    invalid_seal=0.08,
    invalid_execution=0.08,
    disconnect=0.06,
    misbehave=0.04,
    stream_closed=0.05,
    lag=0.03,
    dropped=0.08,
    reconnect=0.06,
    connection_refused=0.15,
    connection_failed=0.15,
    block_request=0.12,
    shard_request=0.1,
    bundle_request=0.2,
    bundle_shard_request=0.15,
    segment_request=0.3,
    segment_shard_request=0.15,
    preimage_request=0.15,
    ticket_generation=0.15,
    ticket_transfer=0.1,
    submission=0.08,
    authorization=0.08,
    duplicate=0.1,
    early_guarantee=0.2,
    segment_reconstruction=0.15,
    segment_verification=0.15,
    sharing=0.15,
    guarantee_send=0.1,
    guarantee_receive=0.1,
    assurance_send=0.05,
    assurance_receive=0.05,
    preimage_announcement=0.12,
    preimage_unwanted=0.12,
)


# Losing telemetry's connection is decided separately, so that it does not change the network.
TELEMETRY_KINDS = ("reconnect",)
NETWORK_KINDS = tuple(each.name for each in fields(Rates) if each.name not in TELEMETRY_KINDS)


class Chances:
    """Decides when faults happen, at the given rates.

    Each kind sums up the probabilities of its opportunities and happens each time the sum
    passes its next mark; marks are 0.5 to 1.5 apart.

    Args:
        rates: The rates.
        rng: The source of randomness.
        kinds: The kinds that are decided here.
    """

    def __init__(
        self, rates: Rates, rng: random.Random, kinds: Sequence[str] = NETWORK_KINDS
    ) -> None:
        self._random = rng.random
        self._usual = {each.name: float(getattr(rates, each.name)) for each in fields(rates)}
        self._rates = dict(self._usual)
        # From the start to the first mark: at most one, so that nothing is late to appear.
        self._left = {kind: rng.random() for kind in kinds}

    def happens(self, kind: str, share: float = 1.0) -> bool:
        """Return whether a fault happens at one opportunity; ``share`` scales its rate down."""
        probability = self._rates[kind] * share
        if probability > _OFTEN:
            return self._random() < probability
        left = self._left[kind] - probability
        happened = left < 0
        self._left[kind] = left + 0.5 + self._random() if happened else left
        return happened

    def force(self, kind: str, rate: float | None) -> None:
        """Let a fault happen at another rate from now on; ``None`` is its usual one."""
        self._rates[kind] = self._usual[kind] if rate is None else rate
