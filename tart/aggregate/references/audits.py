"""Durations of recovering a bundle: from the first request of an audit to the bundle.

Pure. JIP-3 has no event yet that an ``audit_id`` names, so the events of an audit do not refer to
one another: they belong together because they have the same ``audit_id`` on one connection. A
bundle that several audits of one id recover counts from the first request of that id.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from tart.aggregate.columnar.counters import AUDIT_STEPS, STEP_INDEX
from tart.aggregate.core.event_batch import EventBatch, kind_mask
from tart.aggregate.references.durations import Durations
from tart.protocol.events import EventKind

# Audits that are remembered, the newest.
MAX_AUDITS = 16_384
_KINDS = kind_mask({kind for step in AUDIT_STEPS for kind in step})
_REQUESTED, _RECONSTRUCTED = (STEP_INDEX[step] for step in AUDIT_STEPS)


class _Audit:
    """Times of an audit by the node's clock, JCE microseconds."""

    __slots__ = ("reconstructing", "requested")

    def __init__(self) -> None:
        self.requested: int | None = None
        self.reconstructing: int | None = None


class Audits:
    """The audits of all connections.

    Args:
        max_audits: Maximum number remembered; the oldest is forgotten first.
    """

    def __init__(self, max_audits: int = MAX_AUDITS) -> None:
        self._max_audits = max_audits
        # Ordered: of a plain dictionary the first key is found after all places freed before it.
        self._audits: OrderedDict[tuple[int, int], _Audit] = OrderedDict()

    def add(self, batch: EventBatch) -> Durations:
        """Follow the audits of a batch; return the durations that ended in it."""
        events = batch.columns
        indices = np.flatnonzero(_KINDS[events.type])
        ended: list[tuple[int, int, int]] = []
        for index, kind, session, audit_id, timestamp in zip(
            indices.tolist(),
            events.type[indices].tolist(),
            events.session[indices].tolist(),
            events.ref[indices].tolist(),
            events.timestamp[indices].tolist(),
            strict=True,
        ):
            audit = self._audit(session, audit_id)
            if kind == EventKind.SENDING_BUNDLE_SHARD_REQUEST:
                audit.requested = timestamp if audit.requested is None else audit.requested
            elif kind == EventKind.RECONSTRUCTING_BUNDLE:
                audit.reconstructing = timestamp
            else:
                if audit.requested is not None:
                    ended.append((index, _REQUESTED, timestamp - audit.requested))
                if audit.reconstructing is not None:
                    ended.append((index, _RECONSTRUCTED, timestamp - audit.reconstructing))
                audit.reconstructing = None
        return Durations.of(ended)

    def _audit(self, session: int, audit_id: int) -> _Audit:
        audit = self._audits.get((session, audit_id))
        if audit is None:
            if len(self._audits) >= self._max_audits:
                self._audits.popitem(last=False)
            audit = self._audits[session, audit_id] = _Audit()
        return audit
