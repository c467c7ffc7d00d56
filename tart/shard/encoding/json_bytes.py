"""JSON of values that contain bytes, in the two ways the API offers.

Pure. Values stay bytes until they leave the process; then they become hex text or, for
readers of the peer's JSON, lists of integers.
"""

from __future__ import annotations

from typing import Any

from tart import json_encoding

RENDERINGS = ("hex", "array")


def _hex(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise TypeError


def _array(value: Any) -> list[int]:
    if isinstance(value, bytes):
        return list(value)
    raise TypeError


def to_bytes(value: Any, rendering: str) -> bytes:
    """JSON text of a value."""
    return json_encoding.dumps(value, default=_array if rendering == "array" else _hex)


def rendered(value: Any, rendering: str) -> Any:
    """The value with its bytes replaced, ready for any JSON encoder."""
    return json_encoding.unpack(json_encoding.pack(value, _array if rendering == "array" else _hex))
