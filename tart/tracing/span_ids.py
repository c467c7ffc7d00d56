"""Ids of traces and spans: hashes of what they are about, so that a second export is the same.

Pure. OpenTelemetry wants 16 bytes for a trace and 8 for a span, not all of them zero.
"""

from __future__ import annotations

from hashlib import blake2b

_TRACE_BYTES, _SPAN_BYTES = 16, 8


def trace_id(reference: bytes) -> bytes:
    """Return the id of the trace of a package or a block.

    Args:
        reference: The hash of the work-package or of the header; of a package that failed before
            its hash was known, the id of its attempt (``attempt_key``).
    """
    return _not_zero(_digest(reference)[:_TRACE_BYTES])


def root_span_id(reference: bytes) -> bytes:
    """Return the id of the root span, by which other traces link to this one."""
    return _not_zero(_digest(b"root\0" + reference)[:_SPAN_BYTES])


def attempt_key(node: str, session: int, event_id: int) -> bytes:
    """Return what identifies an attempt of a node: itself, its connection and its first event."""
    return b"\0".join((node.encode(), str(session).encode(), str(event_id).encode()))


def span_id(key: bytes, *parts: str) -> bytes:
    """Return the id of a span: of an attempt, of one of its parts, or of a part of the whole.

    Args:
        key: Of ``attempt_key``, or the reference of the trace.
        parts: Names that tell the span from others with the same key.
    """
    return _not_zero(_digest(b"\0".join((key, *(part.encode() for part in parts))))[:_SPAN_BYTES])


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()


def _not_zero(value: bytes) -> bytes:
    return value if any(value) else value[:-1] + b"\1"
