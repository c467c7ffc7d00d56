"""A decoded batch as live streams need it: the input of filters, and the JSON of its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tart.aggregate.core.event_batch import Contexts
from tart.aggregate.core.isolation import Failure, Isolation
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.references import Context
from tart.query.core.event_ids import event_api_id
from tart.query.core.filters import FilterRows
from tart.query.core.live_event import latency_ms_of, live_event_of
from tart.query.core.query import Rendering
from tart.shard.decode.batch_decoder import DecodedBatch
from tart.shard.encoding.event_json import to_json
from tart.shard.encoding.json_bytes import dumps_event
from tart.shard.state.nodes import SessionOwner
from tart.storage.core.log_columns import LogRow
from tart.units import JCE_US

STAGE = "live"


class LiveBatch:
    """The events of one batch.

    Args:
        decoded: The batch.
        directory: Its directory.
        owners: The owner of each connection.
        contexts: The chain of each event, by index.
        isolation: Records events that cannot be written as JSON; they are left out.
    """

    def __init__(
        self,
        decoded: DecodedBatch,
        directory: int,
        owners: Mapping[tuple[int, int], SessionOwner],
        contexts: Contexts,
        isolation: Isolation,
    ) -> None:
        self._decoded = decoded
        self._directory = directory
        self._owners = owners
        self._contexts = contexts
        self._isolation = isolation
        # Events as objects: made once for all renderings.
        self._events: dict[int, dict[str, Any]] = {}

    @cached_property
    def ids(self) -> list[int]:
        """The API id of each event."""
        return [event_api_id(self._directory, seq) for seq in self._decoded.log.seq.tolist()]

    @cached_property
    def rows(self) -> FilterRows:
        """The events as filters read them."""
        log, contents = self._decoded.log, self._decoded.events.contents
        node_ids = [
            self._owners[self._directory, session.number].node_id
            for session in self._decoded.owners
        ]
        return FilterRows(
            node_ids=[node_ids[number] for number in self._decoded.owner_of.tolist()],
            event_types=log.type.tolist(),
            slots=_optional(log.slot, log.has_slot),
            cores=_optional(log.core, log.has_core),
            payload=lambda index: contents[index][HEADER_BYTES:],
            about=self._chain_hash,
        )

    def encode(self, indexes: Sequence[int], rendering: Rendering) -> dict[int, bytes]:
        """Return events as JSON for clients; see ``live_streams.Encode``."""
        missing = [index for index in indexes if index not in self._events]
        log = self._decoded.log.take(np.array(missing, np.intp))
        rows = dict(zip(missing, log.rows(), strict=True))
        texts: dict[int, bytes] = {}
        isolation = self._isolation
        for index in indexes:
            # Not ``isolation.guard``, which takes a tenth of the time of an event.
            try:
                if index in rows:
                    self._events[index] = self._event(index, rows[index])
                text = dumps_event(self._events[index], rendering)
                isolation.enter(STAGE)
            except Exception as error:
                isolation.record(Failure(STAGE, error, 1, self._session(index)))
            else:
                texts[index] = text
        return texts

    def _event(self, index: int, row: LogRow) -> dict[str, Any]:
        known = self._contexts.get(index)
        context = None if known is None else Context(*known)
        owner = self._owners[self._directory, row.session]
        return live_event_of(
            to_json(row, self._directory, owner, context),
            latency_ms_of(row.received_at, row.timestamp + JCE_US),
        )

    def _session(self, index: int) -> int:
        return self._decoded.owners[int(self._decoded.owner_of[index])].number

    def _chain_hash(self, index: int) -> bytes | None:
        known = self._contexts.get(index)
        return None if known is None else known[1]


def _optional(values: Any, present: Any) -> list[int | None]:
    return [
        value if there else None
        for value, there in zip(values.tolist(), present.tolist(), strict=True)
    ]
