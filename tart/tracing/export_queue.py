"""Traces that wait to be sent: encoded, bounded in bytes; the oldest are dropped and counted.

Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tart import json_encoding
from tart.tracing.otlp import export_request
from tart.tracing.spans import Trace, cut_spans

# A batch has one trace at least, and a trace no more bytes than a batch.
MAX_BATCH_BYTES = 4 << 20
MAX_BATCH_SPANS = 8_000


class EncodedTrace(NamedTuple):
    """A trace as it is sent.

    Attributes:
        resource_spans: The elements of the member ``resourceSpans``.
        spans: Their number.
    """

    resource_spans: tuple[bytes, ...]
    spans: int
    is_failed: bool

    @property
    def size(self) -> int:
        """Bytes, commas included."""
        return sum(map(len, self.resource_spans)) + len(self.resource_spans)


def encode_trace(build: Callable[[], Trace], max_bytes: int = MAX_BATCH_BYTES) -> EncodedTrace:
    """Return a trace encoded, with fewer spans if it would be larger than a batch."""
    trace = build()
    while True:
        resources = export_request(trace)["resourceSpans"]
        encoded = EncodedTrace(
            tuple(json_encoding.dumps(resource) for resource in resources),
            len(trace.spans),
            trace.is_failed,
        )
        if encoded.size <= max_bytes or len(trace.spans) == 1:
            return encoded
        trace = cut_spans(trace, len(trace.spans) // 2)


def join(batch: Sequence[EncodedTrace]) -> bytes:
    """Return the body of a request with several traces."""
    resources = [json_encoding.fragment(each) for trace in batch for each in trace.resource_spans]
    return json_encoding.dumps({"resourceSpans": resources})


class ExportQueue:
    """The queue.

    Args:
        max_bytes: Of traces that wait, without those that are being sent.

    Attributes:
        dropped: Traces that were dropped because the queue was full.
        size: Bytes that wait.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._waiting: deque[EncodedTrace] = deque()
        self.dropped = 0
        self.size = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, trace: EncodedTrace) -> None:
        """Add a trace; the oldest make room for it."""
        self._waiting.append(trace)
        self.size += trace.size
        self._drop_oldest()

    def take(
        self, max_bytes: int = MAX_BATCH_BYTES, max_spans: int = MAX_BATCH_SPANS
    ) -> list[EncodedTrace]:
        """Remove and return the next batch: the oldest traces within the limits."""
        batch: list[EncodedTrace] = []
        size = spans = 0
        while self._waiting:
            size += self._waiting[0].size
            spans += self._waiting[0].spans
            if batch and (size > max_bytes or spans > max_spans):
                break
            batch.append(self._waiting.popleft())
        self.size -= sum(trace.size for trace in batch)
        return batch

    def put_back(self, batch: Sequence[EncodedTrace]) -> None:
        """Add a batch that could not be sent, as the oldest."""
        self._waiting.extendleft(reversed(batch))
        self.size += sum(trace.size for trace in batch)
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        while self.size > self._max_bytes and len(self._waiting) > 1:
            self.size -= self._waiting.popleft().size
            self.dropped += 1
