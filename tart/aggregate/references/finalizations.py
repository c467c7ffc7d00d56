"""Durations of finality: from a node's best block to the same block as its finalized one.

Pure. The two events do not refer to one another: they belong together because they name the same
header hash on one connection. Of blocks that become final with a later block the node says nothing,
so the durations are of the blocks that nodes name. A block that is a node's best one more than once
counts from the first time.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from tart.aggregate.columnar.counters import FINALITY_STEP, STEP_INDEX
from tart.aggregate.core.event_batch import EventBatch, kind_mask
from tart.aggregate.references.durations import Durations
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.events import EventKind

# Blocks of all nodes that are remembered, the newest: of a thousand nodes a minute's, in eight
# shards eight times as long.
MAX_BLOCKS = 16_384
_SLOT_BYTES, _HASH_BYTES = 4, 32
_HASH_AT = HEADER_BYTES + _SLOT_BYTES
_KINDS = kind_mask(FINALITY_STEP)
_STEP = STEP_INDEX[FINALITY_STEP]


class Finalizations:
    """The best blocks of all connections that they have not named as finalized.

    Args:
        max_blocks: Maximum number remembered; the oldest is forgotten first.
    """

    def __init__(self, max_blocks: int = MAX_BLOCKS) -> None:
        self._max_blocks = max_blocks
        # By session and hash, the node's clock. Ordered: of a plain dictionary the first key is
        # found after all places freed before it.
        self._best: OrderedDict[tuple[int, bytes], int] = OrderedDict()

    def add(self, batch: EventBatch) -> Durations:
        """Follow the blocks of a batch; return the durations that ended in it.

        Events with another layout than the declared one are left out.
        """
        events = batch.columns
        indices = np.flatnonzero(_KINDS[events.type] & batch.clean)
        ended: list[tuple[int, int, int]] = []
        for index, number, session, timestamp in zip(
            indices.tolist(),
            events.type[indices].tolist(),
            events.session[indices].tolist(),
            events.timestamp[indices].tolist(),
            strict=True,
        ):
            block = session, bytes(batch.contents[index][_HASH_AT : _HASH_AT + _HASH_BYTES])
            if number == EventKind.BEST_BLOCK_CHANGED:
                self._remember(block, timestamp)
            elif (began := self._best.pop(block, None)) is not None:
                ended.append((index, _STEP, timestamp - began))
        return Durations.of(ended)

    def _remember(self, block: tuple[int, bytes], timestamp: int) -> None:
        if block in self._best:
            return
        if len(self._best) >= self._max_blocks:
            self._best.popitem(last=False)
        self._best[block] = timestamp
