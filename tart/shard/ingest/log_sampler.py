"""Sampling of the event log, applied to the batches of one shard; see ``shard.state.sampling``."""

from __future__ import annotations

import logging

import numpy as np

from tart.config.schema import StorageConfig
from tart.shard.decode.batch_decoder import DecodedBatch
from tart.shard.state.sampling import Sampling, settings_of
from tart.storage.core.batch import Batch
from tart.storage.core.schema import SampledRow

log = logging.getLogger(__name__)


class LogSampler:
    """Adds to batches what the event log gets.

    Args:
        config: The settings.

    Attributes:
        sampling: Whether the log is sampled, and what it has left out.
    """

    def __init__(self, config: StorageConfig) -> None:
        self._config = config
        self.sampling = Sampling(settings_of(config))

    def update(self, is_full: bool, now: float) -> None:
        """Begin or end sampling by the state of the buffer; both are logged.

        Args:
            is_full: Whether reading waits for the writer.
            now: Seconds of a monotonic clock.
        """
        if not self.sampling.update(is_full, now):
            return
        if self.sampling.active:
            log.warning(
                "the shard has not kept up for %g s: its event log gets one in %d exchanges "
                "between validators until it does; aggregates stay exact",
                self._config.sample_after_seconds,
                self._config.sample_one_in,
            )
        else:
            log.warning(
                "the shard keeps up: its event log gets all events again; %d were left out so far",
                self.sampling.left_out,
            )

    def add(self, decoded: DecodedBatch, batch: Batch) -> None:
        """Add a sample of decoded events to a batch, and record the others as left out."""
        events = decoded.log
        stored = self.sampling.stored(events, decoded.events.clean)
        if stored is None:
            batch.log.append(events)
            return
        if stored.any():
            batch.log.append(events.take(np.flatnonzero(stored)))
        absent = np.flatnonzero(~stored)
        times = events.received_at[absent]
        batch.sampled.append(
            SampledRow(
                first_seq=int(events.seq[absent[0]]),
                last_seq=int(events.seq[absent[-1]]),
                events=len(absent),
                first_at=int(times.min()),
                last_at=int(times.max()),
            )
        )
        self.sampling.left_out += len(absent)
